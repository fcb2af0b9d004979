"""The prompt templates that UniLIP was trained on, and the neutralising of control tokens in what users write."""

import re

from transformers import PreTrainedTokenizerBase

IMAGE_TOKEN = "<IMG_CONTEXT>"
CONTROL_TOKENS = (IMAGE_TOKEN, "<img>", "</img>", "<|im_start|>", "<|im_end|>")
ROLES = ("system", "user", "assistant")


def plain_text(text: str, tokenizer: PreTrainedTokenizerBase) -> str:
    """The text with each of the tokenizer's control tokens broken by a space, so that it reads as the characters that
    the user typed, and with unpaired surrogates replaced."""
    control_tokens = sorted(set(tokenizer.get_added_vocab()) | set(CONTROL_TOKENS), key=len, reverse=True)
    pattern = "|".join(re.escape(token) for token in control_tokens if len(token) > 1)
    text = re.sub(pattern, lambda match: f"{match[0][0]} {match[0][1:]}", text)
    return text.encode("utf-8", "replace").decode("utf-8")


def image_block(num_image_tokens: int) -> str:
    """The place of one picture, or of all tiles of one picture, in a prompt."""
    return f"<img>{IMAGE_TOKEN * num_image_tokens}</img>"


def generation_prompt(prompt: str | None) -> str:
    """Text to image; None is the null prompt of classifier-free guidance."""
    request = "Generate an image." if prompt is None else f"Generate an image: {prompt}"
    return f"<|im_start|>user\n{request}<|im_end|>\n<|im_start|>assistant\n<img>"


def edit_prompt(instruction: str | None, num_image_tokens: int) -> str:
    """Edit of a picture; None is the null prompt of classifier-free guidance."""
    request = "Edit the image." if instruction is None else f"Edit the image: {instruction}"
    block = image_block(num_image_tokens)
    return f"<|im_start|>user\n{request}\n{block}<|im_end|>\n<|im_start|>assistant\n<img>"


def chat_prompt(turns: list[tuple[str, str]]) -> str:
    """Turns of (role, content), with image blocks already in the contents, up to where the assistant answers."""
    said = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in turns)
    return f"{said}<|im_start|>assistant\n"
