"""The pixel decoder's own stage, last: it learns on while the latents stay as generation has learned to draw them."""

from typing import Any

import torch
from torch import nn

from unilip.training.reconstruction import ReconstructionStage


class DecoderStage(ReconstructionStage):
    """Not of the paper, whose decoder starts from DC-AE: one trained from nothing needs far more pictures than the
    encoder needs. It may learn from other pictures than the encoder did, by its option `data`."""

    name = "decoder"

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        groups = {"decoder": ([self.decoder.decoder], 1.0)}
        if self.weights.get("adversarial"):
            groups["discriminator"] = ([self.discriminator], 1.0)
        return groups

    def picture_encodings(self, batch: dict[str, Any]) -> tuple[torch.Tensor | None, torch.Tensor]:
        return None, self.encode(batch["pixels"])[1].float()
