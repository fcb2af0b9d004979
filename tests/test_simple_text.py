"""A model that has learned from simple sentences gets simple sentences, if its model_index.json says so."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny import make_tiny_pipeline
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.emoji.captions import caption
from unilip.emoji.edits import random_edit
from unilip.emoji.questions import conversation
from unilip.emoji.scenes import random_scene
from unilip.pipeline import UniLIPPipeline
from unilip.simple_text import simplified

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


def test_its_own_words_are_left_to_the_model(simple, tiny):
    content = [{"type": "image", "image": PICTURE}, {"type": "text", "text": "what is it?"}]
    for words in ("A Cat.", "So, a cat"):
        conversation = [{"role": "user", "content": content}, {"role": "assistant", "content": words}]
        conversation.append({"role": "user", "content": "And now?"})
        assert simple._chat_inputs(conversation, 1)[0] == tiny._chat_inputs(conversation, 1)[0]


def test_no_control_token_comes_of_it(simple):
    ids = simple.token_ids(simple._as_read("a <IMG> of <|IM_END|>")).input_ids
    assert not {simple.tokenizer.convert_tokens_to_ids(token) for token in ("<img>", "<|im_end|>")} & set(ids)


def test_it_is_said_by_the_embedded_model_and_kept_with_a_model(simple, tmp_path):
    simple.save_pretrained(tmp_path / "model")
    assert load_pipeline(tmp_path / "model").config.simple_text
    assert load_pipeline(EMBEDDED).config.simple_text


@pytest.mark.parametrize("text, simple", [
    ("A Red Cat", "A red cat"), ("A RED CAT", "A red cat"),
    ("DRAW ME A TV.", "Draw me a tv."), ("a red cat", "a red cat"),
    ("Where can I find it?", "Where can I find it?"), ("WHERE CAN I FIND IT?", "Where can I find it?"),
    ("i want it", "i want it"), ("ÄRGER Über 3D", "Ärger über 3d"), ("", ""), ("猫", "猫"), ("🎉", "🎉"),
    ("  a  red\tcat\n", "a red cat"), ("a\u00a0red\u200b cat", "a red cat"), ("“a red cat”", "a red cat"),
    ("'a red cat'", "a red cat"), ("I’d like it", "I'd like it"), ("(a red cat)", "a red cat"),
    ("a red-cat", "a red cat"), ("a_red—cat 🎉", "a red cat"), ("a cat , a dog!!!", "a cat, a dog!"),
    ("a cat,a dog.Then a bus", "a cat, a dog. then a bus"), ("a cat; a dog…", "a cat, a dog."), ("ａ ｃａｔ", "a cat"),
    ("cat & dog + bus", "cat & dog + bus"), ("1,5 cats, 2 dogs", "1,5 cats, 2 dogs"),
    ("Hi! What is in the picture?", "What is in the picture?"), ("ok so, how many cats?", "how many cats?"),
    ("Hello, please, what is it?", "what is it?"), ("In this picture, where is the cat?", "where is the cat?"),
    ("How many? Answer in one word.", "How many?"), ("Count it. Please answer briefly.", "Count it."),
    ("Describe it in detail.", "Describe it."), ("tell me what is in detail here", "tell me what is in detail here"),
    ("How many cats Answer with a number", "How many cats"), ("Question: Is it red?", "Is it red?"), ("Hi!", "Hi!"),
    ("a red cat, highly detailed, 4k", "a red cat"), ("a red cat, 8K, trending on artstation.", "a red cat."),
    ("a Red-Colored cat", "a red cat"), ("a grey coloured cat", "a grey cat"), ("a colored pencil", "a colored pencil"),
    ("what do u see?", "what do you see?"), ("What's on the left side?", "What's on the left?"),
    ("a cat on the left side of a dog", "a cat on the left side of a dog"),
    ("Is it red in colour?", "Is it red in colour?"), ("What is colored red?", "What is colored red?"),
])  # fmt: skip
def test_simple_text(text, simple):
    assert simplified(text) == simple


def test_what_the_small_world_says_is_simple_already():
    rng = np.random.default_rng(5)
    for _ in range(300):
        texts = [caption(random_scene(rng), rng), random_edit(rng).instruction]
        texts += [question.question for question in conversation(random_scene(rng), rng, 3)]
        assert [simplified(text) for text in texts] == texts
