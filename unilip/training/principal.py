"""Before reconstruction: the encoder learns to put the principal components of the pixels into the latent."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from unilip.pipeline import UniLIPPipeline
from unilip.training.clip import picture_tensor
from unilip.training.config import TrainingConfig
from unilip.training.reconstruction2 import Reconstruction2Stage


class PrincipalStage(Reconstruction2Stage):
    """Not of the paper, whose encoder has seen photographs by the million. One trained from nothing to tell names and
    places has thrown away most of how things look, and finds back to it slowly through a decoder. Here a linear map
    reads each latent cell's pixels; it starts as the inverse of their principal components, the best that linear maps
    can do, and is dropped at the end. CLIP is held near its original as in the stage after.

    Options: `encoder_rate`; `losses`, the weights of "l2", "l1" and "distillation"; `pictures` for the components.
    """

    name = "principal"

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        self.edge = pipeline.image_size // pipeline.latent_size  # of a cell, in pixels
        self.reader = nn.Linear(self.decoder.config.latent_channels, 3 * self.edge**2)

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        return {
            "latent": ([self.decoder.bottleneck, self.decoder.reduction, self.reader], 1.0),
            "encoder": super().learning()["encoder"],
        }

    @torch.no_grad()
    def prepare(self, folder: Path):
        pictures = [
            picture_tensor(self.source.picture(np.random.default_rng((self.run.seed, 11, index)), self.image_size(0)))
            for index in range(self.options["pictures"])
        ]
        cells = self.cells(torch.stack(pictures)).flatten(0, 1)
        mean = cells.mean(dim=0)
        with torch.random.fork_rng():
            torch.manual_seed(self.run.seed)
            _, values, components = torch.svd_lowrank(cells - mean, q=2 * self.reader.in_features, niter=4)
        values, components = values[: self.reader.in_features], components[:, : self.reader.in_features]
        deviations = values / len(cells) ** 0.5
        # Half whitened: of what deviates most, the latent still says most.
        self.reader.weight.copy_(components * (deviations * deviations.mean()).sqrt())
        self.reader.bias.copy_(mean)
        # A GELU is almost linear where its input stays positive.
        inward, outward = self.decoder.reduction[1], self.decoder.reduction[3]
        nn.init.orthogonal_(inward.weight, 0.7)
        inward.bias.fill_(2.0)
        nn.init.eye_(outward.weight)
        outward.bias.fill_(-2.0)

    def cells(self, pixels: torch.Tensor) -> torch.Tensor:
        """uint8 pictures to the pixels of each latent cell in [-1, 1], (batch, cells, 3 * edge * edge)."""
        return F.unfold(pixels.float() / 127.5 - 1, self.edge, stride=self.edge).transpose(1, 2)

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        features, latents = self.picture_encodings(batch)
        read, target = self.reader(latents.flatten(2).transpose(1, 2)).float(), self.cells(batch["pixels"])
        losses = {"l2": F.mse_loss(read, target), "l1": F.l1_loss(read, target)}
        losses.update(self.feature_losses(features, batch["pixels"]))
        losses["loss"] = sum(weight * losses[name] for name, weight in self.weights.items() if name in losses)
        with torch.no_grad():
            error = (read.clamp(-1, 1) - target).square().mean(dim=(1, 2)) / 4
            losses["psnr"] = (-10 * torch.log10(error.clamp(min=1e-10))).mean()
        return losses

    def write_sheet(self, path: Path):
        """There is none: the decoder cannot read the latent yet."""
