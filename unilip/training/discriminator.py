"""The adversarial part of the reconstruction loss: a patch discriminator with hinge losses."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call


class Discriminator(nn.Module):
    """PatchGAN: pictures (batch, 3, height, width) to logits of overlapping patches (batch, 1, height/8, width/8)."""

    def __init__(self, width: int = 32):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
            nn.GroupNorm(8, 2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 4, 2, 1, bias=False),
            nn.GroupNorm(8, 4 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 1, 3, 1, 1),
        )

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.layers(pixels)


def with_frozen_weights(module: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """The module as a function through which gradients flow, but not to its weights."""
    weights = {name: one.detach() for name, one in module.named_parameters()}
    return lambda pixels: functional_call(module, weights, (pixels,))


def generator_loss(discriminator: Callable[[torch.Tensor], torch.Tensor], decoded: torch.Tensor) -> torch.Tensor:
    """How far the discriminator is from taking decoded pictures for real ones."""
    return -discriminator(decoded).float().mean()


def discriminator_loss(
    discriminator: nn.Module, real: torch.Tensor, decoded: torch.Tensor, lecam: float = 0.001
) -> torch.Tensor:
    """Hinge loss, with LeCam's regulariser (Tseng et al. 2021) towards the mean logits of the batch."""
    real_logits, decoded_logits = discriminator(real).float(), discriminator(decoded).float()
    hinge = (F.relu(1 - real_logits).mean() + F.relu(1 + decoded_logits).mean()) / 2
    pull = (real_logits - decoded_logits.mean().detach()).square().mean()
    pull = pull + (decoded_logits - real_logits.mean().detach()).square().mean()
    return hinge + lecam * pull
