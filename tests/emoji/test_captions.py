"""Captions: true of their scenes, of many kinds, with the grammar of visitors and of the benchmark."""

import re

import numpy as np
import pytest

from unilip.emoji import captions
from unilip.emoji.held_out import is_held_out_prompt
from unilip.emoji.scenes import Scene, Thing, color_of, random_scene, relations
from unilip.emoji.vocabulary import COLORS, NUMBERS, OBJECTS, PLURALS, SYNONYMS

WORDS = {}  # every way to name an object, singular and plural, to the object
for object_name in OBJECTS:
    for synonym in SYNONYMS.get(object_name, ()):
        WORDS[synonym] = WORDS[captions.pluralize(synonym)] = object_name
for object_name in OBJECTS:
    WORDS[object_name] = WORDS[PLURALS[object_name]] = WORDS[object_name + "s"] = WORDS[object_name + "es"] = (
        object_name
    )
NOUNS = "|".join(sorted(map(re.escape, WORDS), key=len, reverse=True))
COLOR_WORDS = {**{color: color for color in COLORS}, "grey": "gray", "violet": "purple"}
MENTION = re.compile(
    rf"\b(?:(a|an|one|a single|two|three|four|2|3|4|a couple of|a pair of) )?"
    rf"(?:(?:small|little|tiny|big|large|huge) )?(?:({'|'.join(COLOR_WORDS)}) )?({NOUNS})\b"
)
COUNTS = {"two": 2, "a couple of": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}


def drawn(count: int, style: str | None = None, kind: str | None = None):
    for index in range(count):
        rng = np.random.default_rng((11, index))
        scene = random_scene(rng, kind)
        yield scene, captions.caption(scene, rng, style)


def mentions(text: str) -> list[tuple[int, str | None, str]]:
    """Every object in a caption: how many, which colour if any, which object."""
    text = re.sub(r" (background|backdrop)\b", "-ground", text.lower())
    text = re.sub(r"\b(?:light |dark )?[a-z]+(?: gradient)?-ground", "", text)
    return [
        (COUNTS.get(number, 1), COLOR_WORDS.get(color), WORDS[word]) for number, color, word in MENTION.findall(text)
    ]


def test_captions_are_a_function_of_the_seed():
    assert list(drawn(40)) == list(drawn(40))


@pytest.mark.parametrize("style", captions.CAPTION_STYLES)
def test_captions_are_true(style, monkeypatch):
    monkeypatch.setattr(captions, "slip", lambda text, rng: text)
    for scene, text in drawn(400, style):
        groups = [(count, thing) for thing, count in captions.groups(scene)]
        found = mentions(text)
        assert len(found) == len(groups), (text, groups)
        for count, color, name in found:
            assert any(
                thing.name == name and count == number and color in (None, color_of(thing)) for number, thing in groups
            ), (text, groups)


def test_relations_in_captions_hold(monkeypatch):
    monkeypatch.setattr(captions, "slip", lambda text, rng: text)
    said = 0
    for scene, text in drawn(300, "geneval", "position"):
        match = re.search(rf"({NOUNS}) (left of|right of|above|below) an? (?:(?:{'|'.join(COLORS)}) )?({NOUNS})", text)
        if match:
            said += 1
            things = {thing.name: thing for thing in scene.things}
            assert match[2] in relations(things[WORDS[match[1]]], things[WORDS[match[3]]]), text
    assert said > 150


def test_recoloured_things_nearly_always_show_their_color_in_words(monkeypatch):
    monkeypatch.setattr(captions, "slip", lambda text, rng: text)
    named = [mentions(text)[0][1] is not None for _, text in drawn(400, kind="colors")]
    assert np.mean(named) > 0.93


def test_the_word_orange_is_a_color_and_an_object():
    scene = Scene((Thing("orange", "orange", 128, 128, 150),))
    texts = {captions.caption(scene, np.random.default_rng(i), "geneval") for i in range(30)}
    assert "a photo of an orange orange" in texts
    assert captions.describe(scene) == "An orange orange on a white background."


def test_captions_vary():
    scene = Scene((Thing("cat", "red", 60, 128, 90), Thing("dog", "gray", 190, 128, 90)), "light gray")
    texts = {captions.caption(scene, np.random.default_rng(i)) for i in range(300)}
    assert len(texts) > 200
    assert any("grey" in text for text in texts) and any("gray" in text for text in texts)
    assert any("background" not in text for text in texts)
    assert any(text.startswith("a photo of a red cat left of a gray dog") for text in texts)
    with pytest.raises(ValueError, match="unknown style"):
        captions.caption(scene, np.random.default_rng(0), "poem")


def test_no_caption_is_a_prompt_held_out():
    fork = Scene((Thing("fork", None, 128, 128, 150),))
    assert is_held_out_prompt("a photo of a fork")
    assert not any(is_held_out_prompt(captions.caption(fork, np.random.default_rng(i))) for i in range(200))


def test_a_slip_spares_what_matters():
    text = "a photo of three brown elephants left of a yellow umbrella"
    slipped = {captions.slip(text, np.random.default_rng(i)) for i in range(200)}
    assert len(slipped) > 20
    for changed in slipped:
        assert {"three", "brown", "left", "yellow"} <= set(changed.split())


def test_no_slip_turns_rude():
    for text in ("draw two clocks and a clock", "please shift the umbrella", "count the elephants"):
        kept = {"clocks", "clock", "shift", "count"} & set(text.split())
        assert all(kept <= set(captions.slip(text, np.random.default_rng(i)).split()) for i in range(100))


def scene_of(*things: tuple, **rest) -> Scene:
    return Scene(tuple(Thing(*thing) for thing in things), **rest)


@pytest.mark.parametrize(
    ("scene", "text"),
    [
        (
            scene_of(("dog", "blue", 190, 128, 90), ("cat", "red", 60, 128, 90), background="green"),
            "A red cat to the left of a blue dog on a green background.",
        ),
        (
            scene_of(("kite", None, 128, 200, 90), ("apple", None, 128, 60, 90), background="grass"),
            "An apple above a kite on the grass.",
        ),
        (scene_of(*[("sheep", None, 60 + i * 60, 128, 60) for i in range(3)]), "Three sheep on a white background."),
        (scene_of(("scissors", None, 128, 128, 90)), "A pair of scissors on a white background."),
        (scene_of(*[("knife", "gray", 60 + i * 80, 99, 60) for i in range(2)], style="pixel art"),
         "Two gray knives on a white background, as pixel art."),
        (scene_of(("car", "red", 128, 128, 90), style="grayscale", background="beach"),
         "A car on the beach, in black and white."),
    ],
)  # fmt: skip
def test_describe_is_complete_and_regular(scene, text):
    assert captions.describe(scene) == text


def test_plurals_and_articles():
    expected = {"mouse": "mice", "pony": "ponies", "slice of pizza": "slices of pizza", "bus": "buses",
                "glass of wine": "glasses of wine", "computer mouse": "computer mice", "bike": "bikes"}  # fmt: skip
    assert {word: captions.pluralize(word) for word in expected} == expected
    assert captions.article("orange cat") == "an orange cat" and captions.article("cat") == "a cat"
    assert captions.noun(Thing("cat", "red", 0, 0, 1), 2) == "red cats"
    assert captions.phrase(Thing("airplane", None, 0, 0, 1), 3) == f"{NUMBERS[3]} airplanes"
