"""What each cell of a picture shows."""

import numpy as np
import pytest

from unilip.emoji.cells import FACTS, cells, coverage
from unilip.emoji.plans import NAMES, NONE, NOTHING, SHADES
from unilip.emoji.scenes import Scene, Thing

EDGE = 8
CAT = Thing("cat", "red", 64.0, 64.0, 100.0)
DOG = Thing("dog", None, 192.0, 192.0, 100.0)


def fact(scene: Scene, name: str, thing: Thing) -> int:
    """The fact at the cell under a thing's centre."""
    row, column = (int(place / 256 * EDGE) for place in (thing.y, thing.x))
    return int(cells(scene, EDGE)[name][row, column])


def test_a_cell_shows_the_thing_over_it():
    scene = Scene((CAT, DOG))
    assert [NAMES[fact(scene, "name", one)] for one in (CAT, DOG)] == ["cat", "dog"]
    assert SHADES[fact(scene, "color", CAT)] == "red"


def test_an_empty_cell_shows_nothing_and_has_no_other_fact():
    shown = cells(Scene((CAT, DOG)), EDGE)
    assert NAMES[shown["name"][0, -1]] == NOTHING
    assert all(shown[name][0, -1] == NONE for name in FACTS if name != "name")


def test_a_scene_without_things_shows_nothing_anywhere():
    shown = cells(Scene(()), EDGE)
    assert (shown["name"] == NAMES.index(NOTHING)).all()


def test_things_take_turns_from_left_to_right():
    for things in ((CAT, DOG), (DOG, CAT)):
        assert [fact(Scene(things), "turn", one) for one in (CAT, DOG)] == [0, 1]


def test_things_of_one_kind_share_a_turn_and_are_counted():
    other = Thing("cat", "red", 200.0, 64.0, 80.0)
    scene = Scene((other, CAT))
    assert [fact(scene, "turn", one) for one in (CAT, other)] == [0, 0]
    assert [fact(scene, "count", one) for one in (CAT, other)] == [2, 2]


def test_of_two_things_the_one_in_front_shows():
    behind, front = Thing("bus", None, 128.0, 128.0, 200.0), Thing("clock", None, 128.0, 128.0, 90.0)
    assert NAMES[fact(Scene((behind, front)), "name", front)] == "clock"


@pytest.mark.parametrize("style", ["grayscale", "sketch"])
def test_a_style_without_colours_leaves_them_open(style):
    assert fact(Scene((CAT,), style=style), "color", CAT) == NONE


def test_coverage_is_the_share_of_each_cell():
    shares = coverage(Scene((CAT,)), EDGE)
    left, top, right, bottom = 16, 25, 239, 240  # of the cat's art, 256 px wide
    assert shares.shape == (1, EDGE, EDGE)
    area = (right - left) * (bottom - top) * (100 / 256) ** 2 / (256 / EDGE) ** 2
    assert np.isclose(shares.sum(), area, rtol=1e-3)
