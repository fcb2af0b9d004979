"""Perceptual losses on pixels: LPIPS, and the distance of a ConvNeXt's logits. Their weights are downloaded."""

import torch
import torch.nn.functional as F
from torch import nn
from transformers import ConvNextForImageClassification

from unilip.images import IMAGENET_MEAN, IMAGENET_STD
from unilip.training.config import ConfigError


class PerceptualLoss(nn.Module):
    """Distance of pictures (batch, 3, height, width) in [-1, 1], averaged over the batch; always in float32 and in
    evaluation mode, whatever surrounds it."""

    def train(self, mode: bool = True) -> "PerceptualLoss":
        return super().train(False)

    def forward(self, decoded: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        with torch.autocast(decoded.device.type, enabled=False):
            return self.distance(decoded.float(), target.float())


class LPIPSLoss(PerceptualLoss):
    """LPIPS (Zhang et al. 2018) over VGG-16, from the optional package `lpips`."""

    def __init__(self):
        super().__init__()
        try:
            import lpips
        except ImportError as error:
            raise ConfigError(
                "The loss lpips needs the packages lpips and torchvision: pip install lpips torchvision, or set its "
                "weight to 0."
            ) from error
        self.model = lpips.LPIPS(net="vgg", verbose=False).eval()

    def distance(self, decoded: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return self.model(decoded, target).mean()


class ConvNeXtLoss(PerceptualLoss):
    """Mean squared difference of a classifier's logits."""

    def __init__(self, source: str):
        """
        Args:
            source: folder or hub id of a ConvNeXt classifier.
        """
        super().__init__()
        try:
            self.model = ConvNextForImageClassification.from_pretrained(source).eval()
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"The loss convnext cannot load {source}: it is no ConvNeXt, and could not be downloaded; name "
                "another in the option convnext, or set its weight to 0."
            ) from error
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD)[:, None, None], persistent=False)

    def logits(self, pixels: torch.Tensor) -> torch.Tensor:
        size = self.model.config.image_size
        pixels = F.interpolate(pixels, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
        return self.model((pixels / 2 + 0.5 - self.mean) / self.std).logits

    def distance(self, decoded: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            wanted = self.logits(target)
        return F.mse_loss(self.logits(decoded), wanted)
