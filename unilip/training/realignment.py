"""After reconstruction: the LLM gets used to what the encoder says of pictures now."""

from typing import Any

import torch
from torch import nn

from unilip.training.chat import ChatStage


class RealignmentStage(ChatStage):
    """Not of the paper: new conversations, of which the LLM alone learns; features and latents stay.

    Options: `turns`, `text_weight` and `edits`, as in `ChatStage`.
    """

    name = "realignment"
    stream = 9

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        return {"llm": ([self.mllm.model.language_model, self.mllm.lm_head], 1.0)}

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        answer, text = self.conversations(batch, self.features(batch["pixels"]))
        return {"loss": answer + self.options["text_weight"] * text, "answer": answer, "text": text}
