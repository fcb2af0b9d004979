"""The pixel decoder's own stage, last: it learns on while the latents stay as generation has learned to draw them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from unilip.emoji.scenes import render
from unilip.training.clip import picture_tensor
from unilip.training.encodings import EncodedWorld, open_encodings
from unilip.training.reconstruction import ReconstructionStage


class DecoderStage(ReconstructionStage):
    """Not of the paper, whose decoder starts from DC-AE: one trained from nothing needs far more pictures than the
    encoder has time for, and it can have them, because what the encoder says of them is kept."""

    name = "decoder"

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        groups = {"decoder": ([self.decoder.decoder], 1.0)}
        if self.weights.get("adversarial"):
            groups["discriminator"] = ([self.discriminator], 1.0)
        return groups

    def prepare(self, folder: Path):
        self.world: EncodedWorld | None = None
        if self.run.data["kind"] == "emoji":
            self.world = EncodedWorld(open_encodings(self.run, self.encode, self.config.workers), self.run.seed)

    def sample(self, index: int) -> dict[str, Any]:
        if self.world is None:
            return super().sample(index)
        rng = np.random.default_rng((self.run.seed, 8, index))
        step = index // self.config.batch_size
        scene, latents = self.world.picture(rng)
        pixels = picture_tensor(render(scene, self.pipeline.image_size))
        return {"pixels": pixels, "latents": latents, "corner": torch.from_numpy(rng.random(2)), "step": step}

    def picture_encodings(self, batch: dict[str, Any]) -> tuple[torch.Tensor | None, torch.Tensor]:
        if "latents" in batch:
            return None, batch["latents"]
        return self.encode(batch["pixels"])
