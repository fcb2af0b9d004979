"""Perceptual losses on pixels: LPIPS and the distance of a ConvNeXt's logits, whose weights are downloaded; or the
distance of what the model's own CLIP sees, which a model trained from nothing has at hand."""

import copy

import torch
import torch.nn.functional as F
from torch import nn
from transformers import ConvNextForImageClassification

from unilip.training.config import ConfigError
from unilip.training.stage import imagenet


def normalised(pixels: torch.Tensor) -> torch.Tensor:
    """Pictures in [-1, 1] to the input of an encoder that was trained with ImageNet's mean and deviation."""
    mean, std = imagenet(pixels.device)
    return (pixels / 2 + 0.5 - mean) / std


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

    def logits(self, pixels: torch.Tensor) -> torch.Tensor:
        size = self.model.config.image_size
        pixels = F.interpolate(pixels, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
        return self.model(normalised(pixels)).logits

    def distance(self, decoded: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            wanted = self.logits(target)
        return F.mse_loss(self.logits(decoded), wanted)


class CLIPLoss(PerceptualLoss):
    """Distance of the patch states of each layer of a frozen copy of a CLIP encoder: states are brought to unit length
    as in LPIPS, and their squared distances averaged over patches and layers."""

    def __init__(self, vision_tower: nn.Module):
        super().__init__()
        self.vision_tower = copy.deepcopy(vision_tower).eval().requires_grad_(False)

    def states(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        layers = self.vision_tower(normalised(pixels), output_hidden_states=True).hidden_states[1:]
        return [F.normalize(one[:, 1:], dim=-1) for one in layers]  # without the class token

    def distance(self, decoded: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            wanted = self.states(target)
        pairs = zip(self.states(decoded), wanted, strict=True)
        return torch.stack([(one - other).square().sum(dim=-1).mean() for one, other in pairs]).mean()
