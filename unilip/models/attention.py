"""Cross-attention to a condition that stays the same over all denoising steps of a picture."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention

KeysAndValues = tuple[torch.Tensor, torch.Tensor]
# Each call's own, so that calls in several threads do not meet.
_projected: ContextVar[dict[Attention, KeysAndValues] | None] = ContextVar("projected", default=None)


class ConditionAttention:
    """An attention processor that does what SANA's does, but projects a condition only once within `same_condition`.

    An edit's condition has more tokens than the latents have places, so this is a good part of the work, and the same
    at every step (`scripts.measure_sampling`). It takes memory: two tensors of a condition's size for each block.
    """

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """(batch, places, width) attends to (batch, tokens, width), with a bias of (batch, 1, tokens)."""
        query = attn.to_q(hidden_states)
        query = _by_heads(attn, query if attn.norm_q is None else attn.norm_q(query))
        known = _projected.get()
        if known is not None and attn in known:
            key, value = known[attn]
        else:
            key, value = attn.to_k(encoder_hidden_states), attn.to_v(encoder_hidden_states)
            key = _by_heads(attn, key if attn.norm_k is None else attn.norm_k(key))
            value = _by_heads(attn, value)
            if known is not None:
                known[attn] = key, value
        bias = None if attention_mask is None else attention_mask[:, None]
        states = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        states = attn.to_out[1](attn.to_out[0](states.transpose(1, 2).flatten(2)))
        return states / attn.rescale_output_factor


def _by_heads(attn: Attention, states: torch.Tensor) -> torch.Tensor:
    return states.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


@contextmanager
def same_condition() -> Iterator[None]:
    """Within it, in this thread, every `ConditionAttention` is given one and the same condition at every call."""
    token = _projected.set({})
    try:
        yield
    finally:
        _projected.reset(token)
