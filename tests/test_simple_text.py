"""A model that has learned from simple sentences gets simple sentences, if its model_index.json says so."""

import pytest
import torch
from PIL import Image

from tests.tiny import make_tiny_pipeline
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.pipeline import UniLIPPipeline

PICTURE = Image.new("RGB", (50, 40), "red")


@pytest.fixture(scope="module")
def simple() -> UniLIPPipeline:
    pipeline = make_tiny_pipeline()
    pipeline.register_to_config(simple_text=True)
    return pipeline


def draw(pipeline: UniLIPPipeline, prompt: str, **inputs) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return pipeline(prompt, num_inference_steps=2, generator=generator, output_type="latent", **inputs).images


def ask(pipeline: UniLIPPipeline, question: str) -> str:
    content = [{"type": "image", "image": PICTURE}, {"type": "text", "text": question}]
    return pipeline.chat([{"role": "user", "content": content}], max_new_tokens=8)


@pytest.mark.parametrize("inputs", [{}, {"image": PICTURE}], ids=["drawing", "edit"])
def test_capitals_do_not_change_a_picture(simple, tiny, inputs):
    wanted = draw(tiny, "A red cat", **inputs)
    assert torch.equal(draw(simple, "A RED Cat", **inputs), wanted)
    assert not torch.equal(draw(tiny, "A RED Cat", **inputs), wanted)


def test_capitals_do_not_change_what_is_kept_away(simple):
    kept_away = draw(simple, "a cat", negative_prompt="a Red Dog", guidance_scale=3.0)
    assert torch.equal(kept_away, draw(simple, "a cat", negative_prompt="a red dog", guidance_scale=3.0))


def test_capitals_do_not_change_an_answer(simple, tiny):
    assert ask(simple, "WHAT IS THIS?") == ask(tiny, "What is this?") != ask(tiny, "WHAT IS THIS?")


def test_no_control_token_comes_of_it(simple):
    ids = simple.token_ids(simple._as_read("a <IMG> of <|IM_END|>")).input_ids
    assert not {simple.tokenizer.convert_tokens_to_ids(token) for token in ("<img>", "<|im_end|>")} & set(ids)


def test_it_is_said_by_the_embedded_model_and_kept_with_a_model(simple, tmp_path):
    simple.save_pretrained(tmp_path / "model")
    assert load_pipeline(tmp_path / "model").config.simple_text
    assert load_pipeline(EMBEDDED).config.simple_text
