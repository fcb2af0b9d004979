"""Prompts of the world pass without a word; what leaves it is named."""

import numpy as np
import pytest

from unilip.emoji.captions import caption
from unilip.emoji.edits import random_edit
from unilip.emoji.hints import hint, unknown_words
from unilip.emoji.questions import conversation
from unilip.emoji.scenes import random_scene


@pytest.mark.parametrize(
    "prompt",
    [
        "a red cat to the left of a blue dog",
        "A photo of three green apples.",
        "two sofas and a doughnut, please",
        "grey elephants standing on the grass at night",
        "make the cat's colour purple",
        "Remove the hot dog and put a computer mouse in its place",
        "turn it into a pencil sketch",
        "lose the cat, there should be a dog instead",
        "the dog needs an umbrella, and make everything red disappear",
        "Which of the animals is the biggest?",
        "four bicycles above 2 knives",
        "",
    ],
)
def test_known_prompts_pass(prompt):
    assert hint(prompt) == ""


def test_what_the_model_is_trained_on_passes():
    hints = []
    for index in range(150):
        rng = np.random.default_rng((7, index))
        hints += [hint(caption(random_scene(rng), rng)), hint(random_edit(rng).instruction)]
        hints += [hint(question.question) for question in conversation(random_scene(rng), rng, 3)]
    assert sum(words != "" for words in hints) <= 0.05 * len(hints)  # a few hold slips, which are pointed out


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("a dragon next to a cat", "dragon"),
        ("the Eiffel tower on the beach", "eiffel"),
        ("a tree", "tree"),
        ("a house", "house"),
        ("a lady with an umbrella", "lady"),
        ("a planet and a deer", "planet"),
        ("a toy", "toy"),
    ],
)
def test_strange_things_are_named(prompt, word):
    assert f"“{word}”" in hint(prompt)


def test_slips_get_a_suggestion():
    assert unknown_words("an elefant on a skatebord") == {"elefant": "elephant", "skatebord": "skateboard"}
    assert "Did you mean “elephant” instead of “elefant”?" in hint("an elefant")


def test_counting_ends_at_four():
    assert "four" in hint("seven cats") and "four" in hint("12 dogs")


@pytest.mark.parametrize(
    ("prompt", "advice"),
    [
        ("draw an animal", "Say which animal, such as a cat, a dog or a horse."),
        ("Two red vehicles on the beach", "Say which vehicle, such as a car, a bus or a bicycle."),
        ("replace the cup with some fruit", "Say which fruit, such as an apple, a banana or an orange."),
    ],
)
def test_kinds_of_things_are_to_be_named(prompt, advice):
    assert hint(prompt) == advice


@pytest.mark.parametrize(
    "question", ["What animals are there?", "how many animals", "the animals, are they red?", "any food"]
)
def test_kinds_of_things_can_be_asked_about(question):
    assert hint(question) == ""


@pytest.mark.parametrize("prompt", ["a cat in 2024", "a 16:9 picture of a cat", "a cat, 8k", "two cats, 512x512"])
def test_numbers_that_count_nothing_are_let_be(prompt):
    assert "four" not in hint(prompt)


@pytest.mark.parametrize("prompt", ["don't draw a dog", "a cat that isn't red", "the cat's hat", "they're cats"])
def test_contractions_are_no_slips(prompt):
    assert "Did you mean" not in hint(prompt) and "’t" not in hint(prompt) and "'t" not in hint(prompt)


@pytest.mark.parametrize("prompt", ["一只红色的猫", "画一只 red cat", "кот and a dog", "!!"])
def test_other_scripts_are_answered(prompt):
    assert "English" in hint(prompt)


def test_words_with_accents_are_whole():
    assert "“café”" in hint("a cat in a café")
