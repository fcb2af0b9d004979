"""What both reconstruction stages share: pictures, windows of the latent, the losses on pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from unilip.training.clip import picture_tensor
from unilip.training.data import open_source
from unilip.training.discriminator import Discriminator, discriminator_loss, generator_loss, with_frozen_weights
from unilip.training.perceptual import CLIPLoss, ConvNeXtLoss, LPIPSLoss
from unilip.training.stage import Stage


class ReconstructionStage(Stage):
    """Pixels from the projected CLIP features. All pictures pass the encoder whole; the decoder, which is
    convolutional, mostly learns on windows of `window` latent cells, every `whole_every`-th step on whole pictures
    (a part of the batch, to cost the same).

    Options: `losses`, their weights; `image_sizes`, pairs of (first step, pixels) where pictures are not always the
    pipeline's size; `adversarial_from`, the first step of the adversarial loss; `discriminator_width`; `convnext`, the
    classifier of the loss of that name.
    """

    def __init__(self, pipeline, config):
        super().__init__(pipeline, config)
        self.source = open_source(config, self.options, ("picture",))
        self.weights: dict[str, float] = {"discriminator": 1.0, **self.options["losses"]}
        if self.weights.get("adversarial"):
            self.discriminator = Discriminator(self.options.get("discriminator_width", 32))
        self.perceptual = nn.ModuleDict()
        if self.weights.get("lpips"):
            self.perceptual["lpips"] = LPIPSLoss()
        if self.weights.get("convnext"):
            self.perceptual["convnext"] = ConvNeXtLoss(self.options["convnext"])
        if self.weights.get("clip"):
            self.perceptual["clip"] = CLIPLoss(self.mllm.model.vision_tower)

    def sample(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng((self.run.seed, 3, index))
        step = index // self.config.batch_size
        picture = picture_tensor(self.source.picture(rng, self.image_size(step)))
        return {"pixels": picture, "corner": torch.from_numpy(rng.random(2)), "step": step, **self.source.faults()}

    def image_size(self, step: int) -> int:
        """Edge of the pictures at a step; the encoder interpolates its position embeddings where it is not its own."""
        sizes = self.options.get("image_sizes", [[0, self.pipeline.image_size]])
        return [size for first, size in sizes if first <= step][-1]

    def picture_encodings(self, batch: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
        """Features and unscaled latents that are decoded: the stage decides what learns from them."""
        features = self.features(batch["pixels"])
        return features, self.decoder.encode(features)

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        pixels, step = batch["pixels"], batch["step"][0]
        features, latents = self.picture_encodings(batch)
        target = pixels.float() / 127.5 - 1
        window, edge = self.options["window"], latents.shape[-1]
        if step % self.options["whole_every"]:
            corners, scale = (batch["corner"] * (edge - window + 1)).long(), target.shape[-1] // edge
            latents, target = crop(latents, corners, window), crop(target, corners * scale, window * scale)
        else:
            part = max(1, len(pixels) * window * window // (edge * edge))
            latents, target = latents[:part], target[:part]
        decoded = self.decoder.decode(latents).float()
        if decoded.shape[-1] != target.shape[-1]:
            decoded = F.interpolate(decoded, size=target.shape[-1], mode="bilinear", align_corners=False)
        losses = self.pixel_losses(decoded, target, step)
        losses.update(self.feature_losses(features, pixels))
        losses["loss"] = sum(self.weights[name] * value for name, value in losses.items() if name in self.weights)
        with torch.no_grad():
            error = (decoded.clamp(-1, 1) - target).square().mean(dim=(1, 2, 3)) / 4
            losses["psnr"] = (-10 * torch.log10(error.clamp(min=1e-10))).mean()
        return losses

    def pixel_losses(self, decoded: torch.Tensor, target: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
        """L2, L1, the L1 of finite differences (sharp edges), the perceptual losses, and the adversarial pair from
        `adversarial_from` on."""
        difference = decoded - target
        losses = {
            "l2": difference.square().mean(),
            "l1": difference.abs().mean(),
            "edge": difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean(),
        }
        losses.update({name: loss(decoded, target) for name, loss in self.perceptual.items()})
        if self.weights.get("adversarial") and step >= self.options["adversarial_from"]:
            losses["adversarial"] = generator_loss(with_frozen_weights(self.discriminator), decoded)
            losses["discriminator"] = discriminator_loss(self.discriminator, target, decoded.detach())
        return losses

    def feature_losses(self, features: torch.Tensor, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Losses on the encoder's features; none where it is frozen."""
        return {}

    def write_sheet(self, path: Path):
        size, rngs = self.pipeline.image_size, [np.random.default_rng((self.run.seed, 99, index)) for index in range(8)]
        pixels = torch.stack([picture_tensor(self.source.picture(rng, size)) for rng in rngs]).to(self.decoder.device)
        decoded = self.decoder(self.features(pixels)).float()
        if decoded.shape[-1] != size:
            decoded = F.interpolate(decoded, size=size, mode="bilinear", align_corners=False)
        decoded = decoded.clamp(-1, 1).cpu()
        rows = torch.cat([pixels.cpu().float() / 127.5 - 1, decoded])  # originals, then what came back
        sheet = rows.unflatten(0, (2, 8)).permute(0, 3, 1, 4, 2).flatten(2, 3).flatten(0, 1)
        Image.fromarray(((sheet + 1) * 127.5).round().byte().numpy()).save(path)


def crop(pictures: torch.Tensor, corners: torch.Tensor, edge: int) -> torch.Tensor:
    """A square of each picture (batch, channels, height, width), from its corner (batch, 2), (y, x), on."""
    numbers = torch.arange(len(pictures), device=pictures.device)[:, None, None]
    rows, columns = (corners[..., None] + torch.arange(edge, device=pictures.device)).unbind(dim=1)
    return pictures.permute(0, 2, 3, 1)[numbers, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)
