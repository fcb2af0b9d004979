"""CLIP pre-training for the small world: regions of pictures against words. UniLIP starts from such an encoder."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from unilip.emoji.cells import coverage
from unilip.emoji.scenes import CANVAS, Scene, color_of, random_scene, render
from unilip.emoji.vocabulary import BACKGROUNDS, COLORS, OBJECTS
from unilip.pipeline import UniLIPPipeline
from unilip.training.config import TrainingConfig
from unilip.training.stage import Stage, normalised

UNKNOWN = -1  # what has no plain name, such as the natural colour of a zebra
MOST_THINGS = 4


class ClipStage(Stage):
    """Contrastive, as CLIP, but by regions: the projected features under a thing against the names of all things and
    of all colours, those around the things against all backgrounds. A picture thus teaches a dozen times what its
    caption as a whole would. The LLM serves as the text encoder, frozen: if it learned from pictures that mean nothing
    yet, all names would fall into one (their mean cosine rose from 0.00 to 0.97 in 300 steps) and stay there.
    Only `cells` of a picture's image tokens pass the encoder, most of them under things, as FLIP (Li et al. 2023) drops
    patches: several times as many pictures in the same time.
    """

    name = "clip"

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        width = self.mllm.config.text_config.hidden_size
        self.picture_head = nn.Linear(width, width, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(np.log(1 / 0.07), dtype=torch.float32))
        self.names, self.colors = list(OBJECTS), list(COLORS)
        self.backgrounds = {name: spec.phrases[0] for name, spec in BACKGROUNDS.items()}

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        encoder = [self.mllm.model.vision_tower, self.mllm.model.multi_modal_projector]
        return {"clip": ([*encoder, self.picture_head, self.log_scale], 1.0)}

    def sample(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng((self.run.seed, 1, index))
        scene = self.scene(index / (self.options["easy"] * self.config.steps * self.config.batch_size), rng)
        edge = self.pipeline.latent_size
        regions = np.zeros((MOST_THINGS, edge, edge), dtype=np.float32)
        names = np.full(MOST_THINGS, UNKNOWN)
        colors = np.full(MOST_THINGS, UNKNOWN)
        regions[: len(scene.things)] = coverage(scene, edge)
        for number, thing in enumerate(scene.things):
            names[number] = self.names.index(thing.name)
            if color_of(thing) is not None and scene.style in ("normal", "pixel art"):
                colors[number] = self.colors.index(color_of(thing))
        covered = regions.max(axis=0).flatten()
        # Cells under things first, in random order, but a few around them too.
        order = np.argsort((covered <= 0.1) + rng.random(covered.shape) * 0.5)
        few = self.options["cells"] // 6
        cells = np.sort(np.concatenate([order[: self.options["cells"] - few], order[-few:]]))
        regions = np.concatenate([regions.reshape(MOST_THINGS, -1), (1 - covered[None]) ** 4])[:, cells]
        names[regions[:-1].sum(axis=1) == 0] = UNKNOWN
        colors[names == UNKNOWN] = UNKNOWN
        return {
            "pixels": picture_tensor(render(scene)),
            "cells": torch.from_numpy(cells),
            "regions": torch.from_numpy(regions),
            "names": torch.from_numpy(names),
            "colors": torch.from_numpy(colors),
            "background": torch.tensor(
                list(self.backgrounds).index(scene.background) if scene.style == "normal" else UNKNOWN
            ),
        }

    def scene(self, progress: float, rng: np.random.Generator) -> Scene:
        """A random scene once `progress` is 1; before, ever more often and ever freer, one large thing in the middle.
        Shapes that always fall on the same patches are learned at once, and then the same shapes anywhere."""
        if rng.random() < progress:
            return random_scene(rng)
        scene = random_scene(rng, ("single_object", "colors")[rng.integers(2)])
        size = rng.uniform(225 - 130 * progress, 225)
        free = 4 + progress * (CANVAS - size) / 2
        x, y = CANVAS / 2 + rng.uniform(-free, free, 2)
        return replace(scene, things=(replace(scene.things[0], x=x, y=y, size=size),))

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        features = self.picture_head(
            self.cell_features(batch["pixels"], batch["cells"])
        ).float()  # (batch, cells, width)
        regions = batch["regions"] / batch["regions"].sum(dim=-1, keepdim=True).clamp(min=1e-3)
        pooled = F.normalize(regions @ features, dim=-1)  # (batch, things + around, width)
        scaled = self.log_scale.exp().clamp(max=100) * pooled
        things, around = scaled[:, :-1], scaled[:, -1]
        losses, right = {}, {}
        for key, regions, words, truth in (
            ("name", things, self.names, batch["names"]),
            ("color", things, self.colors, batch["colors"]),
            ("background", around, list(self.backgrounds.values()), batch["background"]),
        ):
            known = truth != UNKNOWN
            scores = regions[known] @ self.encode_words(words).T
            losses[key] = F.cross_entropy(scores, truth[known], reduction="sum") / known.sum().clamp(min=1)
            right[f"{key}_right"] = (scores.argmax(dim=-1) == truth[known]).float().sum() / known.sum().clamp(min=1)
        return {"loss": sum(losses.values()), **losses, **right}

    def cell_features(self, pixels: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        """Projected features (batch, cells, width) of some image tokens, from their patches alone."""
        model, vision_tower = self.mllm.model, self.mllm.model.vision_tower
        embeddings = vision_tower.embeddings(normalised(pixels))  # (batch, 1 + patches, width)
        edge = self.pipeline.latent_size
        corner = cells // edge * 4 * edge + cells % edge * 2  # each cell is 2 x 2 patches
        patches = torch.stack([corner, corner + 1, corner + 2 * edge, corner + 2 * edge + 1], dim=-1).flatten(1)
        rows = torch.arange(len(pixels), device=pixels.device)[:, None]
        hidden_states = torch.cat([embeddings[:, :1], embeddings[rows, 1 + patches]], dim=1)
        hidden_states = vision_tower.layernorm(vision_tower.encoder(hidden_states)[0])[:, 1:]
        squares = hidden_states.unflatten(1, (-1, 4)).flatten(0, 1).unflatten(1, (2, 2))
        shuffled = model.pixel_shuffle(squares, scale_factor=self.mllm.config.downsample_ratio)
        return model.multi_modal_projector(shuffled.flatten(1).unflatten(0, cells.shape))

    @torch.no_grad()
    def encode_words(self, words: list[str]) -> torch.Tensor:
        """Unit embeddings (words, width): means of the LLM's states, less what they share."""
        tokens = self.pipeline.tokenizer(
            [f" {word}" for word in words], padding=True, padding_side="right", return_tensors="pt"
        ).to(self.mllm.device)
        states = self.mllm.model.language_model(
            input_ids=tokens.input_ids, attention_mask=tokens.attention_mask, use_cache=False
        ).last_hidden_state
        mask = tokens.attention_mask[..., None]
        means = ((states * mask).sum(dim=1) / mask.sum(dim=1)).float()
        return F.normalize(means - means.mean(dim=0), dim=-1)


def picture_tensor(picture) -> torch.Tensor:
    """A PIL picture as uint8 (3, height, width)."""
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).contiguous()
