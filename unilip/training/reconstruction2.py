"""Reconstruction stage 2: everything learns, held near the original CLIP by self-distillation (paper, section 3.1)."""

import torch
import torch.nn.functional as F
from torch import nn

from unilip.pipeline import UniLIPPipeline
from unilip.training.config import TrainingConfig
from unilip.training.reconstruction import ReconstructionStage


class Reconstruction2Stage(ReconstructionStage):
    """The encoder learns at `encoder_rate` times the rate; its projected features keep to a frozen copy's by the loss
    "distillation"."""

    name = "reconstruction2"

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        self.keep_original()

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        groups = {
            "decoder": ([self.decoder], 1.0),
            "encoder": (
                [self.mllm.model.vision_tower, self.mllm.model.multi_modal_projector],
                self.options["encoder_rate"],
            ),
        }
        if self.weights.get("adversarial"):
            groups["discriminator"] = ([self.discriminator], 1.0)
        return groups

    def feature_losses(self, features: torch.Tensor, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"distillation": F.mse_loss(features.float(), self.original_features(pixels).float())}
