"""The encoder's own stage: it learns to say what the pixel decoder can already draw."""

from torch import nn

from unilip.training.reconstruction2 import Reconstruction2Stage


class EncoderStage(Reconstruction2Stage):
    """Not of the paper, whose encoder is InternViT. The decoder rests, so what generation has learned to draw stays as
    it is; the encoder, held by self-distillation, and the bottleneck learn through it."""

    name = "encoder"

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        model = self.mllm.model
        return {
            "encoder": ([model.vision_tower, model.multi_modal_projector], self.options["encoder_rate"]),
            "bottleneck": ([self.decoder.bottleneck, self.decoder.reduction], 1.0),
        }
