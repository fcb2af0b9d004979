"""A stage for styles that the encoder passes over: it learns to tell them, and the latents of all else stay."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from unilip.emoji.scenes import random_scene, render
from unilip.emoji.vocabulary import STYLES
from unilip.pipeline import UniLIPPipeline
from unilip.training.clip import picture_tensor
from unilip.training.config import TrainingConfig
from unilip.training.stage import Stage

PICTURES = 256  # whose latents tell which directions matter least
SHIFT = 0.4  # along such a direction, three of its standard deviations in UniLIP-mini
STEEP = 8.0  # of the logistic loss that asks whether a latent lies nearer to its place with the style or without


class StylesStage(Stage):
    """Not of the paper. Pixel art differs from its picture by so little that losses on pixels let a small encoder pass
    over it, and what latents do not say no edit can bring. So the encoder learns to move the latent of a picture in
    such a style by a constant along a direction that is hardly used; what is drawn from there is the decoder's own
    stage to learn. The latents of all other pictures are to stay as they were: language model and DiT know them.

    Options: `styles`, those that are to be told; `losses`, the weights of "latent" and "distillation", of the latents
    and of the features of pictures without such a style, and of "told", whether the mean of the latent tells the style.
    """

    name = "styles"

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        self.keep_original()
        self.told = [STYLES.index(style) for style in self.options["styles"]]
        self.register_buffer("shifts", torch.zeros(len(STYLES), self.decoder.config.latent_channels))

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        model = self.mllm.model
        return {"encoder": ([model.vision_tower, model.multi_modal_projector], 1.0)}

    @torch.no_grad()
    def prepare(self, folder: Path):
        """Finds the directions that the latents, as they were, use least."""
        scenes = [random_scene(np.random.default_rng((self.run.seed, 13, index))) for index in range(PICTURES)]
        pixels = torch.stack([picture_tensor(render(scene, self.pipeline.image_size)) for scene in scenes])
        features = torch.cat([self.original_features(some.to(self.decoder.device)) for some in pixels.split(32)])
        cells = self.decoder.encode(features).float().movedim(1, -1).flatten(0, 2)
        directions = torch.linalg.eigh(torch.cov(cells.T)).eigenvectors  # in columns, the most used last
        self.shifts[self.told] = SHIFT * directions[:, : len(self.told)].T

    def sample(self, index: int) -> dict[str, Any]:
        """Pictures come in pairs, as they are and in a style that is to be told."""
        rng = np.random.default_rng((self.run.seed, 12, index // 2))
        scene = random_scene(rng)
        if index % 2:
            scene = replace(scene, style=str(rng.choice(self.options["styles"])))
        pixels = picture_tensor(render(scene, self.pipeline.image_size))
        return {"pixels": pixels, "style": torch.tensor(STYLES.index(scene.style))}

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        before, features = self.original_features(batch["pixels"]), self.features(batch["pixels"])
        with torch.no_grad():
            latents = self.decoder.encode(before).float()
        moved = self.decoder.encode(features).float() - latents
        along = moved.mean(dim=(2, 3)) @ self.shifts[self.told].T / SHIFT**2  # 1 where a style is told, 0 where not
        is_told = batch["style"][:, None] == torch.tensor(self.told, device=along.device)
        plain = ~is_told.any(dim=1)
        losses = {
            "latent": (moved - self.shifts[batch["style"]][:, :, None, None]).square().mean(),
            "distillation": F.mse_loss(features[plain].float(), before[plain].float()),
            "told": F.binary_cross_entropy_with_logits(STEEP * (along - 0.5), is_told.float()),
        }
        loss = sum(weight * losses[name] for name, weight in self.options["losses"].items())
        return {"loss": loss, **losses, "told_right": ((along > 0.5) == is_told).float().mean()}
