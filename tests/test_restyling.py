"""A style of a whole picture is told from one of a thing, and a small model draws first and restyles then."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny import make_tiny_pipeline
from unilip.demo.engine import Engine, Step
from unilip.emoji.captions import caption
from unilip.emoji.changes import STYLE_REQUESTS
from unilip.emoji.edits import KINDS, random_edit
from unilip.emoji.phrasings import STYLE_WORDS
from unilip.emoji.scenes import random_scene
from unilip.pipeline import UniLIPPipeline
from unilip.restyling import REQUESTS, drawn_first, restyles

STEPS = 2


@pytest.fixture(scope="module")
def patient() -> UniLIPPipeline:
    pipeline = make_tiny_pipeline()
    pipeline.register_to_config(one_change_at_a_time=True)
    return pipeline


def make(pipeline: UniLIPPipeline, prompt: str, generator: list[torch.Generator], **settings) -> list[Image.Image]:
    return pipeline(prompt, num_inference_steps=STEPS, generator=generator, **settings).images


def seeded() -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in (3, 4)]


def test_a_picture_in_a_style_is_drawn_and_then_restyled(patient, tiny):
    settings = {"guidance_scale": 1.0, "negative_prompt": "a dog"}
    generators = seeded()
    drawn = make(tiny, "a cat", generators, num_images_per_prompt=2, **settings)
    one_by_one = [
        make(tiny, "make it a pencil sketch", [generator], image=one, **settings)[0]
        for one, generator in zip(drawn, generators, strict=True)
    ]
    settings["num_images_per_prompt"] = 2
    made = make(patient, "a sketch of a cat", seeded(), **settings)
    apart = [np.abs(np.asarray(a, float) - np.asarray(b)).mean() for a, b in zip(made, one_by_one, strict=True)]
    assert max(apart) < 1  # a batch is rounded in another way
    at_once = make(tiny, "a sketch of a cat", seeded(), **settings)
    assert np.abs(np.asarray(made[0], float) - np.asarray(at_once[0])).mean() > 2


def test_a_model_that_does_not_ask_for_it_draws_at_once(tiny):
    assert tiny.changes("a sketch of a cat", edit=False) == ["a sketch of a cat"]


def test_a_prompt_is_read_in_simple_words():
    pipeline = make_tiny_pipeline()
    pipeline.register_to_config(one_change_at_a_time=True, simple_text=True)
    assert pipeline.changes("A Cat, Watercolor!!", edit=False) == ["A cat", "make it a watercolor"]
    assert pipeline.changes("A Cat!!", edit=False) == ["A Cat!!"]


def test_the_page_counts_the_steps_of_both(patient):
    engine = Engine(patient)
    steps = [event for event in engine.draw("a cat as pixel art", [1], STEPS) if isinstance(event, Step)]
    engine.close()
    assert {step.total for step in steps} == {2 * STEPS}


@pytest.mark.parametrize(("prompt", "parts"), [
    ("a sketch of a cat", ["a cat", "make it a pencil sketch"]),
    ("Draw me a watercolour painting of two dogs!", ["Draw me two dogs!", "make it a watercolor"]),
    ("a black and white photo of a bus", ["a bus", "make it black and white"]),
    ("a red car in the snow as a pencil drawing, please", ["a red car in the snow", "make it a pencil sketch"]),
    ("a cat, pixel art", ["a cat", "make it pixel art"]), ("pixel art cat", ["cat", "make it pixel art"]),
    ("can you draw two pixel art cats?", ["can you draw two cats?", "make it pixel art"]),
    ("a cat in the style of a poster.", ["a cat", "make it a poster"]), ("a cat in sepia", ["a cat", "make it sepia"]),
    ("a negative of a cat", ["a cat", "make it a negative"]),
])  # fmt: skip
def test_a_style_is_taken_from_a_prompt(prompt, parts):
    assert drawn_first(prompt) == parts


@pytest.mark.parametrize("prompt", [
    "a cat", "a photo of a cat", "a black and white dog", "a pencil and a cat", "a cat and a poster", "a sketch", "",
    "in sepia", "pixel art", "猫", "a drawing of a cat", "a cat in the rain", "a cat with a negative attitude",
])  # fmt: skip
def test_any_other_prompt_has_none(prompt):
    assert drawn_first(prompt) == []


@pytest.mark.parametrize("style", STYLE_WORDS)
def test_every_style_of_the_small_world_is_told(style):
    for words in STYLE_WORDS[style]:
        what, request = drawn_first(f"a red cat left of a dog, {words}")
        assert what == "a red cat left of a dog" and request in STYLE_REQUESTS[style]


def test_plain_captions_of_the_small_world_have_none():
    rng = np.random.default_rng(0)
    scenes = [scene for scene in (random_scene(rng) for _ in range(400)) if scene.style == "normal"]
    assert [text for text in (caption(scene, rng) for scene in scenes) if drawn_first(text)] == []


@pytest.mark.parametrize("text", ["a cat " * 3000, "a " * 6000, "a sketch of " * 1500, "in a sketch in " * 1500])
def test_a_long_text_takes_no_time(text):
    assert len(drawn_first(text)) in (0, 2)


@pytest.mark.parametrize(
    "instruction",
    [*REQUESTS, "turn this into a pencil drawing", "8-bit, please", "Make my photo an oil painting", "pixelate it"]
    + ["in the style of van Gogh", "Convert this picture to anime", "posterize it", "invert the colors"],
)
def test_a_style_is_asked_for(instruction):
    assert restyles(instruction)


@pytest.mark.parametrize(
    "instruction",
    ["make the cat a sketch", "remove the poster", "add a painting", "add pencil drawings", "make it blue"]
    + ["make the car look like a cartoon", "move the pencil up", "make it old", "make the picture brighter", ""],
)
def test_something_else_is_asked_for(instruction):
    assert not restyles(instruction)


def test_no_other_edit_of_the_small_world_is_a_style():
    rng = np.random.default_rng(0)
    texts = [random_edit(rng, kind).instruction for kind in KINDS if kind != "style" for _ in range(50)]
    assert [text for text in texts if restyles(text)] == []
