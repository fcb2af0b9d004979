"""Reconstruction stage 1: CLIP and projector frozen; bottleneck and pixel decoder learn (paper, section 3.1)."""

from typing import Any

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

    def picture_encodings(self, batch: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            features = self.features(batch["pixels"])
        return features, self.decoder.encode(features)
