"""GenEval's rules on hand-made detections, its folder layout, and runs that stop and go on."""

import json

import pytest

from unilip.evaluation.geneval import check, positions, read_prompts
from unilip.evaluation.judge import Detection
from unilip.evaluation.records import EvaluationError


def see(name, color="red", left=0, top=0, size=60, score=0.9):
    return Detection(name, color, color, (left, top, left + size, top + size), score)


def wants(name, count=1, **more):
    return {"class": name, "count": count, **more}


def test_count_needs_enough_objects_of_the_class():
    prompt = {"include": [wants("cat", 2)]}
    assert check(prompt, [see("cat"), see("cat", left=90)])[0]
    right, reason = check(prompt, [see("cat"), see("dog", left=90)])
    assert not right and "cat x2, found 1" in reason


def test_only_an_exclude_forbids_more_objects():
    three = [see("cat"), see("cat", left=90), see("cat", left=180)]
    assert check({"include": [wants("cat", 2)]}, three)[0]
    assert not check({"include": [wants("cat", 2)], "exclude": [wants("cat", 3)]}, three)[0]
    assert check({"include": [wants("cat", 2)], "exclude": [wants("cat", 3)]}, three[:2])[0]


def test_color_is_asked_of_the_surest_objects_only():
    prompt = {"include": [wants("car", 1, color="blue")]}
    assert check(prompt, [see("car", "blue"), see("car", "red", left=90, score=0.5)])[0]
    assert not check(prompt, [see("car", "red"), see("car", "blue", left=90, score=0.5)])[0]


def test_color_belongs_to_its_object():
    prompt = {"include": [wants("car", color="blue"), wants("cup", color="red")]}
    assert check(prompt, [see("car", "blue"), see("cup", "red", left=90)])[0]
    assert not check(prompt, [see("car", "red"), see("cup", "blue", left=90)])[0]


@pytest.mark.parametrize(
    ("relation", "left", "top"), [("left of", 0, 90), ("right of", 190, 90), ("above", 90, 0), ("below", 90, 190)]
)
def test_position_holds_on_one_side_only(relation, left, top):
    prompt = {"include": [wants("dog"), wants("cat", position=[relation, 0])]}
    dog = see("dog", left=90, top=90)
    assert check(prompt, [dog, see("cat", left=left, top=top)])[0]
    assert not check(prompt, [dog, see("cat", left=180 - left, top=180 - top)])[0]


def test_position_needs_the_other_object():
    prompt = {"include": [wants("dog"), wants("cat", position=["left of", 0])]}
    assert not check(prompt, [see("cat")])[0]


def test_boxes_too_close_have_no_position():
    assert positions((0, 0, 100, 100), (15, 0, 115, 100)) == set()
    assert positions((0, 0, 100, 100), (45, 0, 145, 100)) == {"left of"}


def test_a_diagonal_counts_both_ways():
    assert positions((0, 0, 20, 20), (200, 200, 220, 220)) == {"left of", "above"}


def test_broken_prompt_line_is_named(tmp_path):
    path = tmp_path / "prompts.jsonl"
    good = {"tag": "single_object", "include": [wants("cat")], "prompt": "a photo of a cat"}
    path.write_text(json.dumps(good) + '\n{"tag": "x"}\n')
    with pytest.raises(EvaluationError, match="Line 2"):
        read_prompts(path)
