"""After reconstruction: conversations again, while the latents stay."""

from typing import Any

import torch
import torch.nn.functional as F

from unilip.pipeline import UniLIPPipeline
from unilip.training.chat import ChatStage
from unilip.training.config import TrainingConfig


class RealignmentStage(ChatStage):
    """Not of the paper: encoder and LLM learn on from new conversations and plans, with what reconstruction has taught
    the encoder of how things look. The latents keep to those of a frozen copy, so that the decoder still reads them.

    Options: as in `ChatStage`, and `latent_weight`, of the latents' mean squared error.
    """

    name = "realignment"
    stream = 9

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        self.keep_original()

    def losses(self, batch: dict[str, Any], features: torch.Tensor) -> dict[str, torch.Tensor]:
        losses = super().losses(batch, features)
        with torch.no_grad():
            original = self.decoder.encode(self.original_features(batch["pixels"]))
        losses["latent"] = F.mse_loss(self.decoder.encode(features).float(), original.float())
        return {**losses, "loss": losses["loss"] + self.options["latent_weight"] * losses["latent"]}
