"""What counts as a right edit, and which pixels count as kept."""

from dataclasses import replace

import pytest

from unilip.emoji.edits import KINDS, Edit
from unilip.emoji.scenes import Scene, Thing, box, color_of, render
from unilip.evaluation.edits import check_edit, fresh_edit, kept_psnr
from unilip.evaluation.judge import NATURAL, Detection, Judgement
from unilip.evaluation.metrics import IDENTICAL

CAT = Thing("cat", "red", 70, 70, 80)
DOG = Thing("dog", "blue", 180, 180, 80)
BOTH = Scene((CAT, DOG), "white")


def see(scene: Scene) -> Judgement:
    """A judge that is always right."""
    found = [Detection(t.name, color_of(t) or NATURAL, color_of(t) or "gray", box(t), 0.9) for t in scene.things]
    return Judgement(tuple(found), scene.background, scene.style)


def edit(kind: str, target: Scene, instruction: str = "do it", source: Scene = BOTH) -> Edit:
    return Edit(kind, source, target, instruction)


@pytest.mark.parametrize("kind", KINDS)
def test_the_target_is_right_and_the_source_is_not(kind):
    for place in range(20):
        each = fresh_edit(3, kind, place)
        assert check_edit(each, see(each.target)) == (True, ""), each
        assert not check_edit(each, see(each.source))[0], each


def test_a_removed_neighbour_is_wrong():
    each = edit("remove", Scene((CAT,)))
    assert not check_edit(each, see(Scene((DOG,))))[0]
    assert not check_edit(each, see(Scene(())))[0]


def test_a_thing_that_stays_may_not_wander():
    each = edit("adjust", replace(BOTH, things=(replace(CAT, color="green"), DOG)))
    moved = replace(BOTH, things=(replace(CAT, color="green"), replace(DOG, x=60)))
    assert not check_edit(each, see(moved))[0]


def test_an_added_thing_may_stand_anywhere_unless_a_place_was_named():
    cup, elsewhere = Thing("cup", None, 180, 60, 60), Thing("cup", None, 60, 200, 60)
    target, other = replace(BOTH, things=(CAT, DOG, cup)), replace(BOTH, things=(CAT, DOG, elsewhere))
    assert check_edit(edit("add", target, "add a cup"), see(other))[0]
    assert not check_edit(edit("add", target, "add a cup in the top right"), see(other))[0]


def test_growing_must_show():
    target = replace(BOTH, things=(replace(CAT, size=116), DOG))
    assert not check_edit(edit("adjust", target, "make the cat bigger"), see(BOTH))[0]
    grown = replace(BOTH, things=(replace(CAT, size=108), DOG))
    assert check_edit(edit("adjust", target, "make the cat bigger"), see(grown))[0]


def test_one_of_several_may_be_any_of_them():
    first, second = Thing("cat", "red", 60, 60, 70), Thing("cat", "red", 180, 180, 70)
    source = Scene((first, second))
    each = edit("remove", Scene((first,)), "remove one of the cats", source)
    assert check_edit(each, see(Scene((second,))))[0]
    assert not check_edit(edit("remove", Scene((first,)), "remove the right cat", source), see(Scene((second,))))[0]


def test_background_and_style_must_be_the_ones_asked_for():
    assert not check_edit(edit("background", replace(BOTH, background="blue")), see(BOTH))[0]
    assert not check_edit(edit("style", replace(BOTH, style="sepia")), see(replace(BOTH, style="grayscale")))[0]


def test_kept_counts_only_what_was_not_to_change():
    each = edit("remove", Scene((CAT,)))
    source, target = render(each.source), render(each.target)
    assert kept_psnr(each, source, target) == IDENTICAL
    assert kept_psnr(each, source, render(Scene((DOG,)))) < 20  # the cat, which was to stay, is gone


def test_nothing_is_kept_where_the_style_changes():
    each = edit("style", replace(BOTH, style="sepia"))
    assert kept_psnr(each, render(each.source), render(each.target)) is None
