"""The base of a training stage: what learns, from which samples, with which loss."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from unilip.images import IMAGENET_MEAN, IMAGENET_STD
from unilip.pipeline import UniLIPPipeline
from unilip.training.config import StageConfig, TrainingConfig

# Batches of many lengths are padded to few, so that what is made for one length can be used again.
LENGTHS = 16


class Stage(nn.Module):
    """One stage of the paper's recipe around a pipeline's components.

    The components that the stage trains or reads are sub-modules; what is not in `learning()` is frozen. `sample` makes
    one sample from its index alone, so a run's data does not depend on workers, processes or interruptions.
    """

    name: str

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__()
        self.pipeline = pipeline
        self.run = config
        self.config: StageConfig = config.stages[self.name]
        self.options: dict[str, Any] = self.config.options
        self.mllm, self.connector = pipeline.mllm, pipeline.connector
        self.transformer, self.decoder = pipeline.transformer, pipeline.decoder

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        """Groups of modules and parameters that learn, each with the factor on the stage's learning rate."""
        raise TypeError(f"{type(self).__name__} does not say what learns.")

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Freezes everything, thaws what learns, and returns the optimizers' groups: matrices (see `is_matrix`)
        apart ("matrices"), and norms, biases and other vectors apart, which are not decayed."""
        self.requires_grad_(False)
        embeddings = {id(one.weight) for one in self.modules() if isinstance(one, nn.Embedding)}
        linear = {id(one.weight) for one in self.modules() if is_matrix(one)} - embeddings
        groups = []
        for name, (parts, factor) in self.learning().items():
            parameters = {
                id(one): one
                for part in parts
                for one in ([part] if isinstance(part, nn.Parameter) else part.parameters())
            }
            for kind in ((True, True), (False, True), (False, False)):
                chosen = [one for one in parameters.values() if (id(one) in linear, one.ndim > 1) == kind]
                for one in chosen:
                    one.requires_grad_(True)
                if chosen:
                    matrices, decayed = kind
                    rate = self.config.learning_rate * factor
                    group = {"params": chosen, "lr": rate, "base_lr": rate, "name": name, "matrices": matrices}
                    groups.append({**group, "weight_decay": self.config.weight_decay if decayed else 0.0})
        return groups

    def prepare(self, folder: Path):
        """Work before the first step, such as a cache of frozen encodings; `folder` is the stage's own."""

    def sample(self, index: int) -> dict[str, Any]:
        """Sample number `index` of the run: tensors, numbers and texts."""
        raise TypeError(f"{type(self).__name__} does not say what a sample is.")

    def collate(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        """Samples to a batch: tensors are stacked, everything else is listed."""
        columns = {key: [one[key] for one in samples] for key in samples[0]}
        return {
            key: torch.stack(values) if isinstance(values[0], torch.Tensor) else values
            for key, values in columns.items()
        }

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        """Losses of a batch; "loss" is the one that is minimised, the others are logged."""
        raise TypeError(f"{type(self).__name__} has no loss.")

    def write_sheet(self, path: Path):
        """Writes a picture of what the stage has learned so far."""

    def features(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pictures (batch, 3, height, width), uint8, to image features (batch, tokens, LLM width)."""
        return self.mllm.get_image_features(pixel_values=normalised(pixels)).pooler_output

    def keep_original(self):
        """Keeps a frozen copy of the encoder as it is now, for `original_features`."""
        model = self.mllm.model
        parts = {name: copy.deepcopy(getattr(model, name)) for name in ("vision_tower", "multi_modal_projector")}
        self.original = nn.ModuleDict(parts)

    @torch.no_grad()
    def original_features(self, pixels: torch.Tensor) -> torch.Tensor:
        """What `features` gave when `keep_original` was called."""
        model = self.mllm.model
        learning = {name: getattr(model, name) for name in self.original}
        for name, part in self.original.items():
            setattr(model, name, part)
        features = self.features(pixels)
        for name, part in learning.items():
            setattr(model, name, part)
        return features

    @torch.no_grad()
    def encode(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """uint8 pictures to image features and unscaled latents, computed as in the stages before."""
        with torch.autocast(self.decoder.device.type, dtype=torch.bfloat16, enabled=self.run.mixed_precision == "bf16"):
            features = self.features(pixels.to(self.decoder.device))
            return features, self.decoder.encode(features)


def is_matrix(module: nn.Module) -> bool:
    """Whether a module's weight maps features to features: a linear layer, or a convolution of all its channels."""
    convolution = isinstance(module, nn.Conv2d) and module.groups == 1 and module.in_channels > 3
    return convolution or isinstance(module, nn.Linear)


def normalised(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 pictures (batch, 3, height, width) to the encoder's input."""
    mean, std = imagenet(pixels.device)
    return (pixels.float() / 255 - mean) / std


@cache
def imagenet(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """ImageNet's mean and standard deviation, (3, 1, 1), sent to a device once: sending waits for all its work."""
    return tuple(torch.tensor(values, device=device)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
