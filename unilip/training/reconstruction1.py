"""Reconstruction stage 1: CLIP and projector frozen; bottleneck and pixel decoder learn (paper, section 3.1)."""

import torch
from torch import nn

from unilip.training.reconstruction import ReconstructionStage


class Reconstruction1Stage(ReconstructionStage):
    """The decoder learns to read what the original CLIP says."""

    name = "reconstruction1"

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        groups = {"decoder": ([self.decoder], 1.0)}
        if self.weights.get("adversarial"):
            groups["discriminator"] = ([self.discriminator], 1.0)
        return groups

    @torch.no_grad()
    def picture_features(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.features(pixels)
