"""Edits that fit a picture: they speak of what is there, and of what could be."""

import numpy as np
import pytest

from unilip.emoji.suggestions import names_in, suggest
from unilip.emoji.vocabulary import OBJECTS


@pytest.mark.parametrize("description, names", [
    ("A red cat to the left of two blue dogs.", ["cat", "dog"]),
    ("A hot dog and a dog.", ["hot dog", "dog"]),
    ("Two hot dogs.", ["hot dog"]),
    ("A category of nothing.", []),
])  # fmt: skip
def test_names_are_found_in_their_order(description, names):
    assert names_in(description) == names


@pytest.mark.parametrize("seed", range(20))
def test_suggestions_speak_of_what_is_there(seed):
    change, away, more, ground = suggest("A red cat and a blue dog in the snow.", np.random.default_rng(seed))
    assert names_in(change)[0] in ("cat", "dog") and "red" not in change and "blue" not in change
    assert names_in(away)[0] in ("cat", "dog")
    assert names_in(more)[0] in OBJECTS and names_in(more)[0] not in ("cat", "dog")
    assert "snow" not in ground


def test_an_unknown_picture_can_be_added_to():
    assert len(suggest("Nothing.", np.random.default_rng(0))) == 2
