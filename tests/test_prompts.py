"""Templates and the neutralising of control tokens."""

import pytest

from tests.tiny import SPECIAL_TOKENS, make_tokenizer
from unilip import prompts


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer()


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_control_tokens_of_users_become_text(tokenizer, token):
    ids = tokenizer(prompts.plain_text(f"a {token}{token} b", tokenizer)).input_ids
    assert tokenizer.convert_tokens_to_ids(token) not in ids


def test_a_control_token_cannot_be_nested_into_being(tokenizer):
    text = prompts.plain_text("<<img>img><IMG_<IMG_CONTEXT>CONTEXT>", tokenizer)
    ids = tokenizer(text).input_ids
    assert not {tokenizer.convert_tokens_to_ids(token) for token in SPECIAL_TOKENS} & set(ids)


def test_ordinary_text_is_untouched(tokenizer):
    text = "a <b> cat & “dog”, 2 < 3 > 1 <img src='x'>\n猫"
    assert prompts.plain_text(text, tokenizer) == text


def test_unpaired_surrogates_do_not_break_the_tokenizer(tokenizer):
    tokenizer(prompts.plain_text("a \ud83d cat", tokenizer))


def test_generation_template():
    assert prompts.generation_prompt("a cat") == (
        "<|im_start|>user\nGenerate an image: a cat<|im_end|>\n<|im_start|>assistant\n<img>"
    )
    assert "Generate an image.<|im_end|>" in prompts.generation_prompt(None)


def test_edit_template():
    assert prompts.edit_prompt("make it red", 2) == (
        "<|im_start|>user\nEdit the image: make it red\n<img><IMG_CONTEXT><IMG_CONTEXT></img><|im_end|>\n"
        "<|im_start|>assistant\n<img>"
    )
    assert "Edit the image.\n<img>" in prompts.edit_prompt(None, 2)


def test_chat_template():
    turns = [("user", "one"), ("assistant", "two"), ("user", "three")]
    assert prompts.chat_prompt(turns) == (
        "<|im_start|>user\none<|im_end|>\n<|im_start|>assistant\ntwo<|im_end|>\n<|im_start|>user\nthree<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
