"""After reconstruction: the LLM gets used to what the encoder says of pictures now."""

from torch import nn

from unilip.training.chat import ChatStage


class RealignmentStage(ChatStage):
    """Not of the paper: conversations as before, of which the LLM alone learns; features and latents stay."""

    name = "realignment"

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        return {"llm": ([self.mllm.model.language_model, self.mllm.lm_head], 1.0)}
