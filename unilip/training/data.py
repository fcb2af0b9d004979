"""Where samples come from: the emoji world, or shards of pictures with captions and edits, behind one interface."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image

from unilip import prompts
from unilip.emoji.captions import caption
from unilip.emoji.edits import random_edit
from unilip.emoji.scenes import random_scene, render
from unilip.emoji.vocabulary import STYLES
from unilip.pipeline import UniLIPPipeline
from unilip.training.clip import picture_tensor
from unilip.training.config import ConfigError, TrainingConfig
from unilip.training.shards import Shards

# Shares of pictures in each style. A scene seldom has one, but an edit may ask for each: a tokenizer that saw few of
# them smooths away the blocks of pixel art and a poster's edges, and then no edit can bring them.
STYLED = {style: 0.02 for style in STYLES[1:]}


class Source(Protocol):
    """Pictures of `size` x `size` pixels, chosen by the generator alone."""

    def picture(self, rng: np.random.Generator, size: int) -> Image.Image:
        """A picture."""

    def captioned(self, rng: np.random.Generator, size: int) -> tuple[Image.Image, str]:
        """A picture and its caption."""

    def edited(self, rng: np.random.Generator, size: int) -> tuple[Image.Image, Image.Image, str]:
        """A picture, what became of it, and the instruction."""

    def faults(self) -> dict[str, torch.Tensor]:
        """What a sample reports of its source: "skipped", the unreadable samples passed over since the last call."""


class EmojiWorld:
    """The small world; nothing in it is unreadable. `styles` are shares of its pictures that are put in each."""

    def __init__(self, styles: dict[str, float] = STYLED):
        unknown = set(styles) - set(STYLES)
        if unknown or not 0 <= sum(styles.values()) <= 1:
            raise ConfigError(f"Shares of styles add up to 1 at most and are for {', '.join(STYLES)}, not {styles}.")
        self.styles = styles

    def picture(self, rng: np.random.Generator, size: int) -> Image.Image:
        scene = random_scene(rng)
        place = np.searchsorted(np.cumsum(list(self.styles.values())), rng.random(), side="right")
        if place < len(self.styles):
            scene = replace(scene, style=list(self.styles)[place])
        return render(scene, size)

    def captioned(self, rng: np.random.Generator, size: int) -> tuple[Image.Image, str]:
        scene = random_scene(rng)
        return render(scene, size), caption(scene, rng)

    def edited(self, rng: np.random.Generator, size: int) -> tuple[Image.Image, Image.Image, str]:
        edit = random_edit(rng)
        return render(edit.source, size), render(edit.target, size), edit.instruction

    def faults(self) -> dict[str, torch.Tensor]:
        return {}


def open_source(config: TrainingConfig, options: dict[str, Any], kinds: tuple[str, ...]) -> Source:
    """The data source of a run.

    Args:
        options: the stage's; its `data` table replaces entries of the run's.
        kinds: which of "picture", "captioned" and "edited" will be asked for.

    Raises:
        ConfigError: an unknown kind of data, or no shards where the configuration says.
    """
    data = {**config.data, **options.get("data", {})}
    if data["kind"] == "emoji":
        return EmojiWorld(data.get("styles", STYLED))
    if data["kind"] == "shards":
        return Shards({kind: data.get(kind, []) for kind in kinds}, config.folder / "shards")
    raise ConfigError(f"There is no data of the kind {data['kind']}: it is emoji or shards.")


@dataclass
class Example:
    """What generation learns from once. `prompt` is None for the null prompt. `tensors` holds float32 "latents",
    unscaled, and, of an edit, "features"; or else the uint8 "pixels" and "source_pixels" that these are encoded from.
    """

    prompt: str | None
    tensors: dict[str, torch.Tensor]


class PixelExamples:
    """Examples from a source, to be encoded in the training step."""

    def __init__(self, source: Source, pipeline: UniLIPPipeline, max_prompt_tokens: int):
        self.source, self.size, self.tokenizer = source, pipeline.image_size, pipeline.tokenizer
        self.max_prompt_tokens = max_prompt_tokens

    def drawing(self, rng: np.random.Generator, null_prompts: float) -> Example:
        """A picture to draw; the prompt is the null prompt in a share of `null_prompts`."""
        picture, text = self.source.captioned(rng, self.size)
        prompt = None if rng.random() < null_prompts else self.clean(text)
        return Example(prompt, {"pixels": picture_tensor(picture), **self.source.faults()})

    def edit(self, rng: np.random.Generator, null_prompts: float) -> Example:
        """An edit; the instruction is the null prompt in a share of `null_prompts`."""
        source, target, text = self.source.edited(rng, self.size)
        prompt = None if rng.random() < null_prompts else self.clean(text)
        tensors = {"pixels": picture_tensor(target), "source_pixels": picture_tensor(source), **self.source.faults()}
        return Example(prompt, tensors)

    def clean(self, text: str) -> str:
        """The text without control tokens, which a caption from anywhere may hold, and not longer than allowed."""
        text = prompts.plain_text(text, self.tokenizer)
        tokens = self.tokenizer(text, add_special_tokens=False).input_ids
        return (
            text if len(tokens) <= self.max_prompt_tokens else self.tokenizer.decode(tokens[: self.max_prompt_tokens])
        )
