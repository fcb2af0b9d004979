"""A model that has learned simple instructions gets such ones, if its model_index.json says so."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny import make_tiny_pipeline
from unilip.emoji.edits import KINDS, random_edit
from unilip.pipeline import UniLIPPipeline
from unilip.simple_instruction import FORMS, simple_instruction

PICTURE = Image.new("RGB", (256, 256), "red")


def simple_pipeline(**own) -> UniLIPPipeline:
    pipeline = make_tiny_pipeline()
    pipeline.register_to_config(**own)
    return pipeline


def latents(pipeline: UniLIPPipeline, prompt: str, image: Image.Image | None = PICTURE) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return pipeline(prompt, image, num_inference_steps=2, generator=generator, output_type="latent").images


def test_an_instruction_is_reworded(tiny):
    simple, wanted = simple_pipeline(simple_text=True), latents(tiny, "remove the cat")
    assert torch.equal(latents(simple, "Lose the cat, please!"), wanted)
    assert not torch.equal(latents(tiny, "Lose the cat, please!"), wanted)


def test_a_prompt_without_a_picture_is_not(tiny):
    simple = simple_pipeline(simple_text=True)
    assert torch.equal(latents(simple, "with a dog", None), latents(tiny, "with a dog", None))


def test_each_change_is_reworded():
    instruction = "lose the cat and throw in a dog, then make it huge and give the dog a ball and a cup"
    wanted = ["remove the cat", "add a dog", "make the dog huge", "add a ball", "add a cup next to the dog"]
    assert simple_pipeline(simple_text=True, one_change_at_a_time=True).changes(instruction) == wanted


def test_what_is_gone_in_other_words_is_not_named_again():
    simple = simple_pipeline(simple_text=True, one_change_at_a_time=True)
    assert simple.changes("i don't want the dog, then make it red") == ["remove the dog", "make it red"]


@pytest.mark.parametrize("own", [{}, {"one_change_at_a_time": True}], ids=["at once", "one at a time"])
def test_a_model_that_does_not_ask_for_it_gets_what_was_said(own):
    assert simple_pipeline(**own).changes("Lose the cat") == ["Lose the cat"]


@pytest.mark.parametrize("said, simple", [
    ("and a red dog", "add a red dog"), ("Now with two dogs!", "add two dogs"), ("It needs a dog", "add a dog"),
    ("There should be a dog left of the cat.", "add a dog left of the cat"), ("also another dog", "add another dog"),
    ("can there be a dog as well?", "add a dog"), ("I want a slice of pizza in it", "add a slice of pizza"),
    ("I'd like a dog in the picture", "add a dog"), ("make a dog appear", "add a dog"), ("give it a dog", "add a dog"),
    ("give the red cat a dog", "add a dog next to the red cat"), ("The cat needs a dog", "add a dog next to the cat"),
    ("hide the cat on the left", "remove the cat on the left"), ("I don’t want the cat", "remove the cat"),
    ("the cat should go", "remove the cat"), ("make it disappear", "remove it"), ("no cats", "remove the cats"),
    ("without any cats please", "remove the cats"), ("there should be no hot dog", "remove the hot dog"),
    ("a dog instead of the cat", "replace the cat with a dog"), ("use a dog instead of a cat",
    "replace the cat with a dog"), ("Instead of the red cat, I want a dog", "replace the red cat with a dog"),
    ("exchange the cat for a dog", "replace the cat with a dog"), ("the cat in dark blue", "make the cat dark blue"),
    ("give the cat a green color", "make the cat green"), ("make everything blue", "make them all blue"),
    ("make the cat much bigger", "make the cat bigger"), ("scale up the cat", "make the cat bigger"),
    ("the cat and the dog are too big", "the cat and the dog are too big"), ("it is too small", "make it bigger"),
    ("a bigger cat", "make the cat bigger"), ("make the left cat twice as big", "make the left cat bigger"),
    ("the cat is too large", "make the cat smaller"), ("make the cat tiny", "make the cat smaller"),
    ("reduce the size of the cat", "make the cat smaller"), ("a smaller cat", "make the cat smaller"),
    ("remove the background", "make the background white"), ("no background", "make the background white"),
    ("make it night", "change the background to night"), ("at night", "change the background to night"),
    ("the cat should be at the beach", "change the background to beach"),
    ("take the cat to the sea", "change the background to sea"), ("make this a drawing", "make it a pencil sketch"),
    ("the cat should be on the left", "put the cat on the left"), ("I want it at the top right",
    "put it at the top right"), ("let the cat go to the right", "put the cat to the right"),
    ("Pixel art!", "make it pixel art"), ("make the picture look pixelated", "make it pixel art"),
    ("pixelate this", "make it pixel art"), ("in 8-bit style", "make it pixel art"),
])  # fmt: skip
def test_simple_instruction(said, simple):
    assert simple_instruction(said) == simple


@pytest.mark.parametrize("said", [
    "", "猫", "no", "no thanks", "a dog", "give it a blue background", "give the cat another color", "no change",
    "with a blue background", "i want a different background", "I want a red cat", "i want a dog instead", "zoom in",
    "show the cat", "make it a bit brighter", "give it a try", "can i have a look", "I need one of them", "let it be",
    "the cat should be blue", "a bigger background", "hide the background color", "the cat and make it red",
    "make the cat bigger", "drop the cat on the beach", "i want the cat on the left to be blue", "with more contrast",
    "make everything better", "turn it into a poster", "it is too dark", "the picture is too dark",
    "there should be less blue", "make the cat pixelated", "more pixels", "pixelate the cat",
])  # fmt: skip
def test_what_is_meant_otherwise_or_already_simple_stays(said):
    assert simple_instruction(said) == said


def test_the_instructions_that_it_has_learned_stay():
    rng = np.random.default_rng(6)
    texts = [random_edit(rng, kind).instruction for kind in KINDS for _ in range(100)]
    assert [simple_instruction(text) for text in texts] == texts


def test_the_simple_words_are_simple_to_it():
    said = {"new": "a dog", "old": "the cat", "thing": "cat", "color": "red", "scene": "beach", "where": "on the left"}
    for simple in FORMS:
        assert simple_instruction(simple.format(**said)) == simple.format(**said)


@pytest.mark.parametrize("text", ["the cat " * 3000, "a " * 6000, "make " + "big " * 4000, "give the cat " * 1500])
def test_a_long_text_takes_no_time(text):
    assert simple_instruction(text) == text
