"""Cross-attention to a condition that stays the same over all denoising steps of a picture."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention

KeysAndValues = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Known:
    """What was projected of a condition in which each row stands `copies` times in a row; without the copies."""

    copies: int
    projected: dict[Attention, KeysAndValues] = field(default_factory=dict)


# Each call's own, so that calls in several threads do not meet.
_known: ContextVar[Known | None] = ContextVar("known", default=None)


class ConditionAttention:
    """An attention processor that does what SANA's does, but projects a condition only once within `same_condition`.

    An edit's condition has more tokens than the latents have places, so this is a good part of the work, and the same
    at every step (`scripts.measure_sampling`). It takes memory: two tensors of a condition's size for each block, and
    no more for several pictures of one prompt.
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
        known = _known.get()
        if known is None:
            key, value = _project(attn, encoder_hidden_states)
        else:
            if attn not in known.projected:
                known.projected[attn] = _project(attn, encoder_hidden_states[:: known.copies])
            key, value = known.projected[attn]
            if known.copies > 1:
                key, value = (one.repeat_interleave(known.copies, dim=0) for one in (key, value))
        bias = None if attention_mask is None else attention_mask[:, None]
        states = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        states = attn.to_out[1](attn.to_out[0](states.transpose(1, 2).flatten(2)))
        return states / attn.rescale_output_factor


def _project(attn: Attention, states: torch.Tensor) -> KeysAndValues:
    key, value = attn.to_k(states), attn.to_v(states)
    return _by_heads(attn, key if attn.norm_k is None else attn.norm_k(key)), _by_heads(attn, value)


def _by_heads(attn: Attention, states: torch.Tensor) -> torch.Tensor:
    return states.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


@contextmanager
def same_condition(copies: int = 1) -> Iterator[None]:
    """Within it, in this thread, every `ConditionAttention` is given one and the same condition at every call, in which
    each row stands `copies` times in a row."""
    token = _known.set(Known(copies))
    try:
        yield
    finally:
        _known.reset(token)
