"""Teaches a small DiT to copy what an edit keeps.

For each of its places, the DiT has to find the picture's token of the same place in the condition, and take over what
it shows. Nothing in the tokens' order tells the place, and a small model on few pictures takes very long to find out
that it matters. So one head of the first cross-attention is shown what to do: its attention is to lie on the token of
the same place, and its values are to be the picture's latent. Drawing on them, the DiT has the picture beside its own
noise, as if in more input channels (InstructPix2Pix, Brooks et al. 2023), while the architecture stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from diffusers import SanaTransformer2DModel
from torch import nn


def copying_losses(
    attention: nn.Module, states: torch.Tensor, condition: torch.Tensor, is_image: torch.Tensor, latents: torch.Tensor
) -> dict[str, torch.Tensor]:
    """How far the last head of a cross-attention is from copying.

    Args:
        states: (batch, places, width), what attends.
        condition: (batch, tokens, width), what is attended to.
        is_image: (batch, tokens), where the picture's tokens are, one after the other, as many as there are places and
            in the same order.
        latents: (batch, channels, h, w) of the picture, scaled.

    Returns:
        "copy_attention", the mean of -log of the attention to the own place, and "copy_value", the mean squared error.
    """
    width = attention.inner_dim // attention.heads
    query, key, value = (
        F.linear(inputs.to(part.weight.dtype), part.weight[-width:], part.bias[-width:]).float()
        for part, inputs in ((attention.to_q, states), (attention.to_k, condition), (attention.to_v, condition))
    )
    scores = (query @ key.transpose(1, 2)) * width**-0.5  # (batch, places, tokens)
    own = is_image.int().argmax(dim=1)[:, None] + torch.arange(states.shape[1], device=states.device)
    targets = latents.flatten(2).transpose(1, 2)  # (batch, places, channels)
    values = value.gather(1, own[..., None].expand(-1, -1, width))[..., : targets.shape[2]]
    return {
        "copy_attention": F.cross_entropy(scores.flatten(0, 1), own.flatten()),
        "copy_value": F.mse_loss(values, targets),
    }


@contextmanager
def first_cross_attention(transformer: SanaTransformer2DModel) -> Iterator[dict[str, torch.Tensor]]:
    """What the first cross-attention is given while the transformer runs: "states" and "condition"."""
    seen = {}

    def keep(_, inputs: tuple, named: dict):
        seen["states"], seen["condition"] = inputs[0], named["encoder_hidden_states"]

    hook = transformer.transformer_blocks[0].attn2.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        yield seen
    finally:
        hook.remove()
