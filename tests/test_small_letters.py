"""A model that has learned from small letters gets small letters, if its model_index.json says so."""

import pytest
import torch
from PIL import Image

from tests.tiny import make_tiny_pipeline
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.pipeline import UniLIPPipeline

PICTURE = Image.new("RGB", (50, 40), "red")


@pytest.fixture(scope="module")
def small() -> UniLIPPipeline:
    pipeline = make_tiny_pipeline()
    pipeline.register_to_config(small_letters=True)
    return pipeline


def draw(pipeline: UniLIPPipeline, prompt: str, **inputs) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return pipeline(prompt, num_inference_steps=2, generator=generator, output_type="latent", **inputs).images


def ask(pipeline: UniLIPPipeline, question: str) -> str:
    content = [{"type": "image", "image": PICTURE}, {"type": "text", "text": question}]
    return pipeline.chat([{"role": "user", "content": content}], max_new_tokens=8)


@pytest.mark.parametrize("inputs", [{}, {"image": PICTURE}], ids=["drawing", "edit"])
def test_capitals_do_not_change_a_picture(small, tiny, inputs):
    wanted = draw(tiny, "A red cat", **inputs)
    assert torch.equal(draw(small, "A RED Cat", **inputs), wanted)
    assert not torch.equal(draw(tiny, "A RED Cat", **inputs), wanted)


def test_capitals_do_not_change_what_is_kept_away(small):
    kept_away = draw(small, "a cat", negative_prompt="a Red Dog", guidance_scale=3.0)
    assert torch.equal(kept_away, draw(small, "a cat", negative_prompt="a red dog", guidance_scale=3.0))


def test_capitals_do_not_change_an_answer(small, tiny):
    assert ask(small, "WHAT IS THIS?") == ask(tiny, "What is this?") != ask(tiny, "WHAT IS THIS?")


def test_no_control_token_comes_of_it(small):
    ids = small.token_ids(small._as_read("a <IMG> of <|IM_END|>")).input_ids
    assert not {small.tokenizer.convert_tokens_to_ids(token) for token in ("<img>", "<|im_end|>")} & set(ids)


def test_it_is_said_by_the_embedded_model_and_kept_with_a_model(small, tmp_path):
    small.save_pretrained(tmp_path / "model")
    assert load_pipeline(tmp_path / "model").config.small_letters
    assert load_pipeline(EMBEDDED).config.small_letters
