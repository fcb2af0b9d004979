"""What an instruction concerns: the boxes around what is to change, and nothing where that cannot be told."""

import numpy as np
import pytest

from unilip.emoji.concerns import Seen, concern
from unilip.emoji.edits import random_edit, region
from unilip.emoji.scenes import CANVAS, Scene, box, color_of

CAT, DOG, CUP = (20.0, 20.0, 80.0, 80.0), (150.0, 20.0, 210.0, 80.0), (150.0, 160.0, 210.0, 220.0)
BEFORE = [Seen("cat", frozenset({"red"}), CAT), Seen("dog", frozenset({"blue"}), DOG)]
TWO_CATS = [BEFORE[0], Seen("cat", frozenset({"blue"}), DOG)]


def centers(boxes) -> list[tuple[float, float]]:
    return sorted(((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in boxes)


@pytest.mark.parametrize("instruction, boxes", [
    ("make the cat green", [CAT]),
    ("Could you remove the catt?", [CAT]),
    ("make cat green", [CAT]),
    ("swap the cat and the dog", [CAT, DOG]),
    ("remove the cat left of the dog", [CAT]),
])  # fmt: skip
def test_the_things_named_are_concerned(instruction, boxes):
    assert centers(concern(instruction, BEFORE, BEFORE).boxes) == centers(boxes)


@pytest.mark.parametrize("instruction", [
    "replace it with a cup", "turn it into a cup", "remove it and put a cup on the right",
    "make it blue and add a cup on the right",
])  # fmt: skip
def test_the_only_thing_is_it_beside_others_too(instruction):
    cup = CUP if "right" in instruction else CAT
    boxes = concern(instruction, BEFORE[:1], [Seen("cup", frozenset({"white"}), cup)]).boxes
    assert set(centers([CAT, cup])) == set(centers(boxes))


def test_what_is_added_is_not_what_it_means():
    after = [BEFORE[0], Seen("cup", frozenset({"white"}), CUP)]
    assert centers(concern("add a cup that is white", BEFORE[:1], after).boxes) == centers([CUP])


@pytest.mark.parametrize("instruction, wanted", [
    ("remove the red cat", CAT), ("remove the blue cat", DOG), ("remove the cat on the right", DOG),
    ("make this red cat green", CAT), ("remove that cat on the left", CAT), ("remove the cat that is on the left", CAT),
])  # fmt: skip
def test_one_of_two_is_told_by_colour_or_side(instruction, wanted):
    assert centers(concern(instruction, TWO_CATS, TWO_CATS).boxes) == centers([wanted])


def test_what_is_added_is_concerned_where_it_came():
    after = [*BEFORE, Seen("cup", frozenset({"white"}), CUP)]
    assert centers(concern("add a cup below the dog", BEFORE, after).boxes) == centers([CUP])


def test_what_did_not_come_is_concerned_where_it_was_wanted():
    ((left, top, right, bottom),) = concern("add a cup on the right", BEFORE, BEFORE).boxes
    assert left > 0.3 * CANVAS and (top, right, bottom) == (0, CANVAS, CANVAS)


def test_a_replacement_elsewhere_was_not_asked_for():
    after = [Seen("cup", frozenset(), (21.0, 25.0, 81.0, 85.0)), Seen("cup", frozenset(), DOG)]
    assert centers(concern("replace the dog with a cup", BEFORE, after).boxes) == centers([DOG])


@pytest.mark.parametrize("instruction", [
    "change the background to snow", "make it black and white", "keep only the cat", "put everything on the beach",
])  # fmt: skip
def test_the_whole_picture_is_concerned(instruction):
    found = concern(instruction, BEFORE, BEFORE)
    assert found.whole and not found.boxes


@pytest.mark.parametrize("instruction, words", [
    ("make it green", "which thing"), ("remove the elephant", "no sign of the elephant"), ("add a cup", "the cup"),
    ("make the dragon green", "no thing that this page knows"),
])  # fmt: skip
def test_where_it_cannot_be_told_nothing_is_guessed(instruction, words):
    found = concern(instruction, BEFORE, BEFORE)
    assert not found.whole and not found.boxes and words in found.words


def test_it_is_the_only_thing_there():
    assert centers(concern("make it green", BEFORE[:1], BEFORE[:1]).boxes) == centers([CAT])


def seen(scene: Scene) -> list[Seen]:
    return [Seen(thing.name, frozenset({color_of(thing) or "natural"}), box(thing)) for thing in scene.things]


@pytest.mark.parametrize("kind", ["add", "remove", "replace", "adjust", "action"])
def test_what_an_edit_may_change_lies_in_what_its_instruction_concerns(kind):
    """Over many scenes; where two things are alike, the words now and then leave open which."""
    inside, told = [], 0
    for number in range(60):
        edit = random_edit(np.random.default_rng((7, number)), kind)
        found = concern(edit.instruction, seen(edit.source), seen(edit.target))
        may = region(edit)
        if not found.boxes or may.all():
            continue
        told += 1
        covered = np.zeros_like(may)
        for left, top, right, bottom in found.boxes:
            covered[int(top) : int(bottom) + 1, int(left) : int(right) + 1] = True
        inside.append((may & covered).sum() / may.sum())
    assert told > 45 and np.mean(inside) > 0.97
