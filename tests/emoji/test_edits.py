"""Edits: deterministic, true to their instruction, and without effect on what was not named."""

import re
from dataclasses import replace

import numpy as np
import pytest

from unilip.emoji import art
from unilip.emoji.edits import KINDS, Edit, chain, edit_scene, is_mistaken, random_edit, region
from unilip.emoji.placing import Change
from unilip.emoji.scenes import CANVAS, Scene, Thing, box, is_held_out, random_scene, render
from unilip.emoji.vocabulary import STYLES
from unilip.emoji.wording import mentions

needs_art = pytest.mark.skipif(
    not art.is_fetched(), reason="the emoji art is not fetched: python -m unilip.emoji fetch"
)
LOCAL = ("add", "remove", "replace", "adjust", "action")


@pytest.fixture(scope="module")
def edits() -> dict[str, list[Edit]]:
    return {kind: [random_edit(np.random.default_rng((5, i)), kind) for i in range(120)] for kind in KINDS}


def kept(edit: Edit) -> list[Thing]:
    return [thing for thing in edit.source.things if thing in edit.target.things]


def around(scene: Scene) -> Scene:
    return replace(scene, things=())


def test_the_same_seed_makes_the_same_edit(edits):
    for kind in KINDS:
        assert random_edit(np.random.default_rng((5, 3)), kind) == edits[kind][3]
    assert random_edit(np.random.default_rng((6, 3))) == random_edit(np.random.default_rng((6, 3)))


def test_every_edit_changes_something_and_says_its_kind(edits):
    for kind, some in edits.items():
        assert all(edit.kind == kind and edit.source != edit.target and edit.instruction for edit in some)


@pytest.mark.parametrize("kind", LOCAL)
def test_edits_of_things_leave_background_and_style(edits, kind):
    assert all(around(edit.source) == around(edit.target) for edit in edits[kind])


def test_added_things_lie_inside_the_canvas_and_cover_nothing(edits):
    for edit in edits["add"]:
        assert edit.target.things[: len(edit.source.things)] == edit.source.things
        for new in edit.target.things[len(edit.source.things) :]:
            x0, y0, x1, y1 = box(new)
            assert min(x0, y0) >= -0.1 and max(x1, y1) <= CANVAS + 0.1
            for other in edit.target.things:
                left, top, right, bottom = box(other)
                apart = x1 <= left + 0.2 or x0 >= right - 0.2 or y1 <= top + 0.2 or y0 >= bottom - 0.2
                assert other == new or apart, edit


def test_removed_things_are_all_that_goes(edits):
    for edit in edits["remove"]:
        assert list(edit.target.things) == kept(edit)
        assert len(edit.target.things) < len(edit.source.things)


def test_a_replacement_stands_where_the_old_thing_stood(edits):
    for edit in edits["replace"]:
        changed = [(a, b) for a, b in zip(edit.source.things, edit.target.things, strict=True) if a != b]
        assert len(changed) == 1
        (old, new) = changed[0]
        assert old.name != new.name and (old.x, old.y, old.size) == (new.x, new.y, new.size)


def test_an_adjustment_changes_color_or_size_alone(edits):
    for edit in edits["adjust"]:
        for old, new in zip(edit.source.things, edit.target.things, strict=True):
            assert old.name == new.name
            assert old.color == new.color or (old.x, old.y, old.size) == (new.x, new.y, new.size)


def test_a_new_background_or_style_leaves_the_things(edits):
    for edit in edits["background"]:
        assert edit.target == replace(edit.source, background=edit.target.background)
    for edit in edits["style"]:
        assert edit.target == replace(edit.source, style=edit.target.style)


@needs_art
def test_an_extracted_thing_stands_unmoved_on_plain_white(edits):
    for edit in edits["extract"][:20]:
        assert len(edit.target.things) == 1 and edit.target.things[0] in edit.source.things
        pixels = np.asarray(render(edit.target))
        assert (pixels.reshape(-1, 3) == 252).all(axis=1).mean() > 0.2


def test_an_action_moves_things_and_does_nothing_else(edits):
    for edit in edits["action"]:
        for old, new in zip(edit.source.things, edit.target.things, strict=True):
            assert (old.name, old.color, old.size) == (new.name, new.color, new.size)


def test_two_at_once_differ_in_two_respects(edits):
    for edit in edits["compose"]:
        things = {*edit.source.things} ^ {*edit.target.things}
        assert len(things) + (edit.source.background != edit.target.background) >= 2


def test_the_second_of_two_changes_means_nothing_that_the_first_has_named(edits):
    for edit in edits["compose"]:
        second = re.split(r",? (?:and then|and also|then|and) ", edit.instruction.lower())[1:]
        assert not re.search(r"\b(it|them)\b", " ".join(second)), edit
    cat, spoon = Thing("cat", None, 60, 60, 60), Thing("spoon", None, 180, 60, 60)
    scene = Scene((cat, spoon))
    more = Change("add another spoon", Scene((cat, spoon, replace(spoon, y=180))))
    for one in (cat, spoon):
        left = Scene(tuple(thing for thing in more.scene.things if thing != one))
        assert is_mistaken(scene, more, Change(f"remove the {one.name}", left)) is (one == spoon)


@pytest.mark.parametrize("kind", KINDS)
def test_instructions_name_only_what_is_there_before_or_after(edits, kind):
    for edit in edits[kind]:
        present = {thing.name for thing in (*edit.source.things, *edit.target.things)}
        assert {mention.name for mention in mentions(edit.instruction)} <= present, edit


@pytest.mark.parametrize("kind", ["add", "replace"])
def test_instructions_name_what_comes(edits, kind):
    named = []
    for edit in edits[kind]:
        new = {thing.name for thing in edit.target.things if thing not in edit.source.things}
        named.append(new <= {mention.name for mention in mentions(edit.instruction)})
    assert np.mean(named) > 0.95  # the rest have a slip of the keys in that word


def test_it_is_said_only_where_one_thing_stands(edits):
    for kind in ("remove", "replace", "adjust", "action", "extract"):
        for edit in edits[kind]:
            if re.search(r"\b(it|them)\b", edit.instruction.lower()):
                assert len(edit.source.things) == 1, edit


def test_training_never_sees_held_out_scenes_and_tests_start_from_them():
    for index in range(60):
        edit = random_edit(np.random.default_rng((9, index)))
        assert not is_held_out(edit.source) and not is_held_out(edit.target)
        assert is_held_out(random_edit(np.random.default_rng((9, index)), held_out=True).source)


def test_chains_go_on_where_the_edit_before_ended():
    for index in range(40):
        edits = chain(np.random.default_rng((4, index)), length=4)
        assert len(edits) == 4
        for before, after in zip(edits, edits[1:], strict=False):
            assert before.target == after.source
            assert before.kind != "style" and before.target.things


def test_both_spellings_and_hurried_typing_appear(edits):
    instructions = [edit.instruction for some in edits.values() for edit in some]
    text = " ".join(instructions).lower()
    for american, british in (("color", "colour"), ("gray", "grey")):
        assert re.search(rf"\b{american}", text) and re.search(rf"\b{british}", text)
    assert 0.2 < np.mean([instruction.islower() for instruction in instructions]) < 0.6
    assert {"please", "pls", "now"} <= set(text.split())


@needs_art
@pytest.mark.parametrize("kind", KINDS)
def test_pixels_outside_the_region_stay(edits, kind):
    for edit in edits[kind][:12]:
        differs = (np.asarray(render(edit.source)) != np.asarray(render(edit.target))).any(axis=2)
        assert not (differs & ~region(edit)).any(), edit


@needs_art
@pytest.mark.parametrize("style", STYLES)
def test_pixels_outside_the_region_stay_in_every_style(style):
    checked = 0
    for index in range(10):
        rng = np.random.default_rng((11, index))
        edit = edit_scene(replace(random_scene(rng), style=style), rng, LOCAL[index % len(LOCAL)])
        if edit:
            differs = (np.asarray(render(edit.source)) != np.asarray(render(edit.target))).any(axis=2)
            assert not (differs & ~region(edit)).any(), edit
            checked += 1
    assert checked > 3


@needs_art
def test_the_region_is_no_larger_than_it_must_be(edits):
    assert np.mean([region(edit).mean() for kind in LOCAL for edit in edits[kind]]) < 0.3
    assert all(region(edit).all() for edit in edits["style"])


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="explode"):
        random_edit(np.random.default_rng(0), "explode")
