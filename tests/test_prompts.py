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


@pytest.mark.parametrize("text, small", [
    ("A Red Cat", "A red cat"), ("A RED CAT", "A red cat"),
    ("DRAW ME A TV.", "Draw me a tv."), ("a red cat", "a red cat"),
    ("Where can I find it?", "Where can I find it?"), ("WHERE CAN I FIND IT?", "Where can I find it?"),
    ("i want it", "i want it"), ("ÄRGER Über 3D", "Ärger über 3d"), ("", ""), ("猫", "猫"), ("🎉", "🎉"),
    ("  a  red\tcat\n", "a red cat"), ("a\u00a0red\u200b cat", "a red cat"), ("“a red cat”", "a red cat"),
    ("'a red cat'", "a red cat"), ("I’d like it", "I'd like it"), ("(a red cat)", "a red cat"),
    ("a red-cat", "a red cat"), ("a_red—cat 🎉", "a red cat"), ("a cat , a dog!!!", "a cat, a dog!"),
    ("a cat,a dog.Then a bus", "a cat, a dog. then a bus"), ("a cat; a dog…", "a cat, a dog."), ("ａ ｃａｔ", "a cat"),
    ("cat & dog + bus", "cat & dog + bus"), ("1,5 cats, 2 dogs", "1,5 cats, 2 dogs"),
])  # fmt: skip
def test_simple_text(text, small):
    assert prompts.simplified(text) == small


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
