"""The plan of a scene: every fact is there, in an order that does not depend on how the scene was listed."""

from dataclasses import replace

import numpy as np

from unilip.emoji.plans import FACTS, NAMES, NONE, PLACES, SHADES, SLOTS, plan
from unilip.emoji.scenes import Scene, Thing, random_scene
from unilip.emoji.vocabulary import BACKGROUNDS

CAT = Thing("cat", "red", 10.0, 128.0, 60.0)
DOG = Thing("dog", None, 250.0, 30.0, 200.0)


def test_facts_of_each_thing_stand_in_one_slot():
    facts = plan(Scene((DOG, CAT), "blue"))
    assert facts["background"][0] == list(BACKGROUNDS).index("blue")
    names = [NAMES[i] for i in facts["name"][1:]]
    slot = 1 + names.index("cat")
    assert SHADES[facts["color"][slot]] == "red"
    assert (facts["x"][slot], facts["y"][slot]) == (0, PLACES // 2)
    assert names.count("nothing") == SLOTS - 3
    assert all(facts[fact][0] == NONE for fact in ("name", "color", "x"))


def test_the_order_of_things_does_not_matter():
    one, other = plan(Scene((DOG, CAT))), plan(Scene((CAT, DOG)))
    assert all(np.array_equal(one[fact], other[fact]) for fact in FACTS)


def test_alike_things_stand_from_left_to_right():
    facts = plan(Scene(tuple(replace(CAT, x=x) for x in (200.0, 40.0, 120.0))))
    assert list(facts["x"][1:4]) == sorted(facts["x"][1:4])


def test_values_stay_in_their_ranges():
    things = tuple(replace(CAT, x=-9.0 + 90 * i, y=300.0, size=500.0) for i in range(9))
    for scene in (Scene(things), *(random_scene(np.random.default_rng(seed)) for seed in range(50))):
        for fact, values in plan(scene).items():
            assert all(value == NONE or 0 <= value < FACTS[fact] for value in values)
