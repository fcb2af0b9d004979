"""Chat: InternVL's understanding half of the pipeline, streamed or whole."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch
from PIL import Image
from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

from unilip import images as pictures
from unilip import prompts


class StopWhen(StoppingCriteria):
    """Ends generation as soon as `should_stop()` is true."""

    def __init__(self, should_stop: Callable[[], bool]):
        self.should_stop = should_stop

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self.should_stop(), device=input_ids.device)


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _is_image(block: dict[str, Any]) -> bool:
    return block.get("type") == "image" and "image" in block


class ChatMixin:
    """What `UniLIPPipeline` does with its tokenizer and `mllm` alone."""

    def chat(
        self,
        messages: list[dict[str, Any]],
        stream: bool = False,
        max_new_tokens: int = 512,
        do_sample: bool = False,
        temperature: float = 1.0,
        top_p: float = 1.0,
        max_tiles: int = 1,
        should_stop: Callable[[], bool] | None = None,
    ) -> str | Iterator[str]:
        """Answers the last turn of a conversation about any number of pictures, or what `heard` leaves of it.

        Args:
            messages: [{"role": "user" | "assistant" | "system", "content": text or blocks}], a block being
                {"type": "image", "image": picture} or {"type": "text", "text": text}.
            stream: return an iterator of pieces of text; closing it ends the generation.
            max_new_tokens: the answer's greatest length in tokens.
            do_sample, temperature, top_p: sampled instead of greedy answers.
            max_tiles: InternVL's tiling: up to so many tiles of each picture (InternVL uses 12) and a thumbnail; 1
                gives the model the picture as one square.
            should_stop: asked after each token; True ends the answer.

        Raises:
            ValueError: malformed messages, or a conversation that is too long for the model.
            unilip.images.PictureError: a picture that cannot be used.
        """
        self._require("tokenizer")
        if not isinstance(max_new_tokens, int) or max_new_tokens < 1:
            raise ValueError(f"`max_new_tokens` must be a whole number from 1, got {max_new_tokens!r}.")
        if not isinstance(max_tiles, int) or max_tiles < 1:
            raise ValueError(f"`max_tiles` must be a whole number from 1, got {max_tiles!r}.")
        if do_sample and not (temperature > 0 and 0 < top_p <= 1):
            raise ValueError(f"Sampling needs temperature > 0 and 0 < top_p <= 1, got {temperature!r} and {top_p!r}.")
        prompt, squares = self._chat_inputs(messages, max_tiles)
        self._check_lengths([prompt], max_new_tokens)
        sampling = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": 0} if do_sample else {}
        options = {"max_new_tokens": max_new_tokens, "do_sample": False, **sampling}
        if stream:
            return self._chat_stream(prompt, squares, should_stop, options)
        output_ids = self._generate(prompt, squares, should_stop or (lambda: False), options)
        return self.tokenizer.decode(output_ids[0], skip_special_tokens=True).strip()

    def heard(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the model is given of a conversation: all of it, or, if it says `config.latest_picture_only`, the latest
        picture and what was said from its message on.

        A small model that has learned from conversations about one picture each mixes up several.

        Args:
            messages: as for `chat`, which gives the model this of them.

        Returns:
            The messages to give; those of role "system" always.
        """
        if not messages or not self.config.latest_picture_only:
            return messages
        start = max((number for number, one in enumerate(messages) if any(map(_is_image, _blocks(one)))), default=0)
        rules = [message for message in messages[:start] if message.get("role") == "system"]
        blocks = _blocks(messages[start])
        latest = [block for block in blocks if _is_image(block)][-1:]
        content = [block for block in blocks if not _is_image(block) or block is latest[0]]
        return [*rules, {**messages[start], "content": content}, *messages[start + 1 :]]

    def _chat_inputs(self, messages: list[dict[str, Any]], max_tiles: int) -> tuple[str, list[Image.Image]]:
        if not messages or messages[-1].get("role") != "user":
            raise ValueError("A conversation must end with a message of the user.")
        turns, squares = [], []
        for message in self.heard(messages):
            if message.get("role") not in prompts.ROLES:
                raise ValueError(f"A message's role must be one of {', '.join(prompts.ROLES)}.")
            parts = []
            for block in _blocks(message):
                if _is_image(block):
                    picture = pictures.open_picture(block["image"])
                    cut = pictures.tiles(picture, self.image_size, max_tiles)
                    squares.extend(cut)
                    parts.append(prompts.image_block(self.num_image_tokens * len(cut)))
                elif block.get("type") == "text" and isinstance(block.get("text"), str):
                    parts.append(self._as_read(block["text"], by=message["role"]))
                else:
                    raise ValueError('A block is {"type": "image", "image": ...} or {"type": "text", "text": ...}.')
            turns.append((message["role"], "\n".join(parts)))
        if not turns[-1][1].strip():
            raise ValueError("The message is empty: ask something or give a picture.")
        return prompts.chat_prompt(turns), squares

    def _chat_stream(
        self, prompt: str, squares: list[Image.Image], should_stop: Callable[[], bool] | None, options: dict[str, Any]
    ) -> Iterator[str]:
        closed = threading.Event()
        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        failures = []

        def generate():
            try:
                stop = closed.is_set if should_stop is None else lambda: closed.is_set() or should_stop()
                self._generate(prompt, squares, stop, {**options, "streamer": streamer})
            except BaseException as error:  # raised again where the text is read
                failures.append(error)
                streamer.end()

        thread = threading.Thread(target=generate, daemon=True)
        thread.start()
        try:
            yield from (text for text in streamer if text)
            if failures:
                raise failures[0]
        finally:
            closed.set()
            thread.join()

    @torch.no_grad()
    def _generate(
        self, prompt: str, squares: list[Image.Image], should_stop: Callable[[], bool], options: dict[str, Any]
    ) -> torch.Tensor:
        device = self._execution_device
        inputs = self.token_ids([prompt], return_tensors="pt").to(device)
        if squares:
            options = {**options, "pixel_values": pictures.to_pixel_values(squares).to(device, self.mllm.dtype)}
        self._interrupt = False
        try:
            output_ids = self.mllm.generate(
                input_ids=inputs.input_ids,
                attention_mask=inputs.attention_mask,
                eos_token_id=self.tokenizer.convert_tokens_to_ids("<|im_end|>"),
                pad_token_id=self.tokenizer.pad_token_id,
                stopping_criteria=StoppingCriteriaList([StopWhen(lambda: self._interrupt or should_stop())]),
                **options,
            )
        finally:
            self.maybe_free_model_hooks()
        return output_ids[:, inputs.input_ids.shape[1] :]
