"""CLIP pre-training for the small world: pictures and captions, contrasted. UniLIP starts from such an encoder."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from unilip.emoji.captions import caption
from unilip.emoji.scenes import random_scene, render
from unilip.pipeline import UniLIPPipeline
from unilip.training.config import TrainingConfig
from unilip.training.stage import Stage


class ClipStage(Stage):
    """The LLM serves as the text encoder, so that it learns the world's words at the same time."""

    name = "clip"

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        width = self.mllm.config.text_config.hidden_size
        self.picture_head = nn.Linear(width, width, bias=False)
        self.text_head = nn.Linear(width, width, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(np.log(1 / 0.07), dtype=torch.float32))

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        return {"clip": ([self.mllm, self.picture_head, self.text_head, self.log_scale], 1.0)}

    def sample(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng((self.run.seed, 1, index))
        scene = random_scene(rng)
        return {"pixels": picture_tensor(render(scene)), "text": caption(scene, rng)}

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        pictures = F.normalize(self.picture_head(self.features(batch["pixels"]).mean(dim=1)).float(), dim=-1)
        tokens = self.pipeline.tokenizer(
            [f"{text}<|im_end|>" for text in batch["text"]], padding=True, padding_side="right", return_tensors="pt"
        ).to(pictures.device)
        states = self.mllm.model.language_model(
            input_ids=tokens.input_ids, attention_mask=tokens.attention_mask, use_cache=False
        ).last_hidden_state
        last = tokens.attention_mask.sum(dim=1) - 1
        texts = F.normalize(self.text_head(states[torch.arange(len(last)), last]).float(), dim=-1)
        logits = self.log_scale.exp().clamp(max=100) * pictures @ texts.T  # (batch, batch)
        truth = torch.arange(len(logits), device=logits.device)
        right = (logits.argmax(dim=1) == truth).float().mean()
        return {"loss": (F.cross_entropy(logits, truth) + F.cross_entropy(logits.T, truth)) / 2, "right": right}


def picture_tensor(picture) -> torch.Tensor:
    """A PIL picture as uint8 (3, height, width)."""
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).contiguous()
