"""CLIP pre-training for the small world: regions of pictures against words. UniLIP starts from such an encoder."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from unilip.emoji.scenes import CANVAS, box, color_of, random_scene, render
from unilip.emoji.vocabulary import BACKGROUNDS, COLORS, OBJECTS
from unilip.pipeline import UniLIPPipeline
from unilip.training.config import TrainingConfig
from unilip.training.stage import Stage

UNKNOWN = -1  # what has no plain name, such as the natural colour of a zebra
MOST_THINGS = 4


class ClipStage(Stage):
    """Contrastive, as CLIP, but by regions: the projected features under a thing against the names of all things and
    of all colours, those around the things against all backgrounds. A picture thus teaches a dozen times what its
    caption as a whole would. The LLM serves as the text encoder, so it meets the world's words at the same time.
    """

    name = "clip"

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        width = self.mllm.config.text_config.hidden_size
        self.picture_head = nn.Linear(width, width, bias=False)
        self.text_head = nn.Linear(width, width, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(np.log(1 / 0.07), dtype=torch.float32))
        self.names, self.colors = list(OBJECTS), list(COLORS)
        self.backgrounds = {name: spec.phrases[0] for name, spec in BACKGROUNDS.items()}

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        return {"clip": ([self.mllm, self.picture_head, self.text_head, self.log_scale], 1.0)}

    def sample(self, index: int) -> dict[str, Any]:
        scene = random_scene(np.random.default_rng((self.run.seed, 1, index)))
        edge = self.pipeline.latent_size
        regions = np.zeros((MOST_THINGS, edge, edge), dtype=np.float32)
        names = np.full(MOST_THINGS, UNKNOWN)
        colors = np.full(MOST_THINGS, UNKNOWN)
        for number, thing in enumerate(scene.things):
            left, top, right, bottom = (side * edge / CANVAS for side in box(thing))
            regions[number] = np.outer(overlap(top, bottom, edge), overlap(left, right, edge))
            names[number] = self.names.index(thing.name)
            if color_of(thing) is not None and scene.style in ("normal", "pixel art"):
                colors[number] = self.colors.index(color_of(thing))
        around = 1 - regions.max(axis=0)
        return {
            "pixels": picture_tensor(render(scene)),
            "regions": torch.from_numpy(np.concatenate([regions, around[None] ** 4])).flatten(1),
            "names": torch.from_numpy(names),
            "colors": torch.from_numpy(colors),
            "background": torch.tensor(
                list(self.backgrounds).index(scene.background) if scene.style == "normal" else UNKNOWN
            ),
        }

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        features = self.picture_head(self.features(batch["pixels"])).float()  # (batch, tokens, width)
        regions = batch["regions"] / batch["regions"].sum(dim=-1, keepdim=True).clamp(min=1e-3)
        pooled = F.normalize(regions @ features, dim=-1)  # (batch, things + around, width)
        words = self.encode_words([*self.names, *self.colors, *self.backgrounds.values()])
        logits = self.log_scale.exp().clamp(max=100) * pooled @ words.T
        names, colors, backgrounds = logits.split([len(self.names), len(self.colors), len(self.backgrounds)], dim=-1)
        losses, right = {}, {}
        for key, scores, truth in (
            ("name", names[:, :-1], batch["names"]),
            ("color", colors[:, :-1], batch["colors"]),
            ("background", backgrounds[:, -1], batch["background"]),
        ):
            known = truth != UNKNOWN
            losses[key] = F.cross_entropy(scores[known], truth[known])
            right[f"{key}_right"] = (scores[known].argmax(dim=-1) == truth[known]).float().mean()
        return {"loss": sum(losses.values()), **losses, **right}

    def encode_words(self, words: list[str]) -> torch.Tensor:
        """Unit embeddings (words, width): the LLM's state of the last token."""
        tokens = self.pipeline.tokenizer(
            [f"{word}<|im_end|>" for word in words], padding=True, padding_side="right", return_tensors="pt"
        ).to(self.mllm.device)
        states = self.mllm.model.language_model(
            input_ids=tokens.input_ids, attention_mask=tokens.attention_mask, use_cache=False
        ).last_hidden_state
        last = tokens.attention_mask.sum(dim=1) - 1
        return F.normalize(self.text_head(states[torch.arange(len(last)), last]).float(), dim=-1)


def overlap(low: float, high: float, cells: int) -> np.ndarray:
    """Share of each of a row of unit cells that lies between two bounds."""
    starts = np.arange(cells)
    return np.clip(np.minimum(high, starts + 1) - np.maximum(low, starts), 0, 1)


def picture_tensor(picture) -> torch.Tensor:
    """A PIL picture as uint8 (3, height, width)."""
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).contiguous()
