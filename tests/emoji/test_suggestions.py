"""Edits that fit a picture: they speak of what is there, and of what could be."""

import numpy as np
import pytest

from unilip.emoji.suggestions import named_in, suggest
from unilip.emoji.vocabulary import OBJECTS


@pytest.mark.parametrize("description, names", [
    ("A red cat to the left of two blue dogs.", {"cat": "cat", "dog": "dogs"}),
    ("A hot dog and a dog.", {"hot dog": "hot dog", "dog": "dog"}),
    ("Two hot dogs.", {"hot dog": "hot dogs"}),
    ("A blue dog on an orange background.", {"dog": "dog"}),
    ("A cat and an orange.", {"cat": "cat", "orange": "orange"}),
    ("A category of nothing.", {}),
])  # fmt: skip
def test_names_are_found_in_their_order(description, names):
    assert [*named_in(description).items()] == [*names.items()]


@pytest.mark.parametrize("seed", range(20))
def test_suggestions_speak_of_what_is_there(seed):
    change, away, more, ground = suggest("A red cat and a blue dog in the snow.", np.random.default_rng(seed))
    first = [next(iter(named_in(one))) for one in (change, away, more)]
    assert first[0] in ("cat", "dog") and "red" not in change and "blue" not in change
    assert first[1] in ("cat", "dog")
    assert first[2] in OBJECTS and first[2] not in ("cat", "dog")
    assert "snow" not in ground


def test_what_is_a_pair_is_added_as_one():
    said = {suggest("A red cat.", np.random.default_rng(seed))[2].rsplit(" on the ", 1)[0] for seed in range(400)}
    assert {"add a pair of skis", "add a pair of scissors"} <= said and not {"add a skis", "add a scissors"} & said


def test_several_are_spoken_of_as_several():
    change, away, *_ = suggest("Three red apples.", np.random.default_rng(0))
    assert "the apples" in change and "the apples" in away


def test_an_unknown_picture_can_be_added_to():
    assert len(suggest("Nothing.", np.random.default_rng(0))) == 2
