"""What counts as a right edit, and which pixels count as kept."""

from dataclasses import replace
from itertools import pairwise

import pytest

from unilip.emoji.edits import KINDS, Edit
from unilip.emoji.scenes import Scene, Thing, box, color_of, render
from unilip.evaluation.chains import check_chain
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


def test_one_of_several_may_be_any_of_them_beside_another_change():
    forks = [Thing("fork", None, x, 180, 60) for x in (40, 120, 200)]
    source = replace(BOTH, things=(CAT, *forks))
    painted = replace(CAT, color="green")
    target, other = (replace(source, things=(painted, *kept)) for kept in (forks[:2], forks[1:]))
    each = edit("compose", target, "make the cat green and remove one fork", source)
    assert check_edit(each, see(other))[0]
    assert not check_edit(each, see(replace(other, things=(CAT, *forks[1:]))))[0]
    for text in ("add one more cup and remove the right fork", "use a black one and then remove the right fork"):
        assert not check_edit(edit("compose", target, text, source), see(other))[0]


def test_the_place_of_the_other_change_is_not_that_of_an_added_thing():
    cup, elsewhere = Thing("cup", None, 180, 60, 60), Thing("cup", None, 60, 200, 60)
    target, other = (replace(BOTH, things=(CAT, replace(DOG, color="pink"), one)) for one in (cup, elsewhere))
    assert check_edit(edit("compose", target, "add a cup and make the right dog pink"), see(other))[0]
    assert not check_edit(edit("compose", target, "add a cup at the top and make the dog pink"), see(other))[0]


def test_background_and_style_must_be_the_ones_asked_for():
    assert not check_edit(edit("background", replace(BOTH, background="blue")), see(BOTH))[0]
    assert not check_edit(edit("style", replace(BOTH, style="sepia")), see(replace(BOTH, style="grayscale")))[0]


def test_kept_counts_only_what_was_not_to_change():
    each = edit("remove", Scene((CAT,)))
    source, target = render(each.source), render(each.target)
    assert kept_psnr(each, source, target, see(each.target)) == IDENTICAL
    gone = Scene((DOG,))  # instead of the cat, which was to stay
    assert kept_psnr(each, source, render(gone), see(gone)) < 20


def test_nothing_is_kept_where_the_style_changes():
    each = edit("style", replace(BOTH, style="sepia"))
    assert kept_psnr(each, render(each.source), render(each.target), see(each.target)) is None


def test_a_new_thing_where_no_place_was_named_is_no_damage_but_a_second_one_is():
    cup, elsewhere = Thing("cup", None, 190, 60, 60), Thing("cup", None, 60, 200, 70)
    each = edit("add", replace(BOTH, things=(CAT, DOG, cup)), "add a cup")
    other, both = (replace(BOTH, things=(CAT, DOG, *cups)) for cups in ((elsewhere,), (cup, elsewhere)))
    assert kept_psnr(each, render(BOTH), render(other), see(other)) == IDENTICAL
    assert kept_psnr(each, render(BOTH), render(both), see(both)) < 25


def test_a_removed_twin_is_no_damage_where_any_may_go():
    first, second = Thing("cat", "red", 60, 60, 70), Thing("cat", "red", 180, 180, 70)
    source, other = Scene((first, second)), Scene((second,))
    each = edit("remove", Scene((first,)), "remove one of the cats", source)
    assert kept_psnr(each, render(source), render(other), see(other)) == IDENTICAL


def test_a_chain_goes_on_from_where_a_thing_was_put():
    cup, elsewhere = Thing("cup", None, 190, 60, 60), Thing("cup", None, 60, 200, 70)
    scenes = [BOTH, *(replace(BOTH, things=(replace(CAT, color=color), DOG, cup)) for color in ("red", "green"))]
    scenes.append(replace(scenes[-1], things=(*scenes[-1].things[:2], replace(cup, color="pink"))))
    texts = ("add a cup", "make the cat green", "make the cup pink")
    edits = [Edit("add", *two, text) for two, text in zip(pairwise(scenes), texts, strict=True)]
    results = [
        replace(scene, things=(*scene.things[:2], replace(elsewhere, color=scene.things[2].color)))
        for scene in scenes[1:]
    ]
    assert [right for right, _ in check_chain(edits, [see(one) for one in results])] == [True, True, True]
    back = [see(results[0]), see(scenes[2]), see(scenes[3])]  # the cup wanders when the cat turns green
    assert [right for right, _ in check_chain(edits, back)][:2] == [True, False]


def test_a_chain_goes_on_with_the_twin_that_is_left():
    first, second = Thing("cat", "red", 60, 60, 70), Thing("cat", "blue", 180, 180, 70)
    edits = [
        edit("remove", Scene((first,)), "remove one of the cats", Scene((first, second))),
        edit("background", Scene((first,), "blue"), "a blue background", Scene((first,))),
    ]
    results = [see(Scene((second,))), see(Scene((second,), "blue"))]
    assert [right for right, _ in check_chain(edits, results)] == [True, True]
