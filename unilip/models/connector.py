"""The connector: learnable queries and bidirectional LLM layers that turn the LLM's states into the DiT's condition."""

from typing import Literal

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import nn
from transformers import Qwen2Config
from transformers.models.qwen2.modeling_qwen2 import Qwen2DecoderLayer, Qwen2RMSNorm, Qwen2RotaryEmbedding


class Connector(ModelMixin, ConfigMixin):
    """Dual condition of UniLIP (paper, section 3.2): the LLM's last hidden states of text, picture and queries go
    through a few LLM layers with bidirectional attention and are projected to the DiT's caption width.

    Args:
        hidden_size ... max_position_embeddings: as in the LLM's Qwen2 configuration, with its own number of layers.
        num_queries: learnable queries that are appended to the prompt before the LLM.
        caption_channels: width of the condition, the DiT's `caption_channels`.
        condition: what the DiT is given, "both" as published, or for ablations "queries" or "states" alone.
        picture: what stands at the places of a picture to edit, the encoder's "features" as published, or for ablations
            the LLM's own "states".
    """

    @register_to_config
    def __init__(
        self,
        hidden_size: int = 896,
        intermediate_size: int = 4864,
        num_hidden_layers: int = 6,
        num_attention_heads: int = 14,
        num_key_value_heads: int = 2,
        rms_norm_eps: float = 1e-6,
        rope_theta: float = 1000000.0,
        max_position_embeddings: int = 32768,
        num_queries: int = 256,
        caption_channels: int = 2304,
        condition: Literal["both", "queries", "states"] = "both",
        picture: Literal["features", "states"] = "features",
    ):
        super().__init__()
        qwen2_config = Qwen2Config(
            hidden_size=hidden_size,
            intermediate_size=intermediate_size,
            num_hidden_layers=num_hidden_layers,
            num_attention_heads=num_attention_heads,
            num_key_value_heads=num_key_value_heads,
            rms_norm_eps=rms_norm_eps,
            rope_parameters={"rope_type": "default", "rope_theta": rope_theta},
            max_position_embeddings=max_position_embeddings,
            attn_implementation="eager",
        )
        self.queries = nn.Parameter(torch.randn(1, num_queries, hidden_size) * hidden_size**-0.5)
        self.rotary_embedding = Qwen2RotaryEmbedding(qwen2_config)
        self.layers = nn.ModuleList(Qwen2DecoderLayer(qwen2_config, i) for i in range(num_hidden_layers))
        self.norm = Qwen2RMSNorm(hidden_size, eps=rms_norm_eps)
        self.projection = nn.Linear(hidden_size, caption_channels)

    def given(self, mask: torch.Tensor) -> torch.Tensor:
        """The mask (batch, tokens) of text and, at its end, the queries, without what `condition` leaves out."""
        count = self.config.num_queries
        left_out = {"both": slice(0), "queries": slice(-count), "states": slice(-count, None)}
        mask = mask.clone()
        mask[:, left_out[self.config.condition]] = 0
        return mask

    def forward(
        self, hidden_states: torch.Tensor, attention_mask: torch.Tensor, position_ids: torch.Tensor
    ) -> torch.Tensor:
        """
        Args:
            hidden_states: (batch, tokens, hidden_size), the LLM's last hidden states.
            attention_mask: (batch, tokens), 1 for tokens and queries, 0 for padding.
            position_ids: (batch, tokens), the positions that the LLM used.

        Returns:
            (batch, tokens, caption_channels); rows of padding hold no meaning.
        """
        real = attention_mask.bool()
        allowed = real[:, None, :, None] & real[:, None, None, :]  # (batch, 1, tokens, tokens)
        # Finite, as in the released model, also with a score added to it: a row of padding, which attends nowhere, must
        # not become NaN, which the next layer would spread. Half precision has no number so low.
        lowest = max(-100000.0, torch.finfo(hidden_states.dtype).min / 2)
        bias = torch.zeros_like(allowed, dtype=hidden_states.dtype).masked_fill(~allowed, lowest)
        rotary = self.rotary_embedding(hidden_states, position_ids)
        for layer in self.layers:
            hidden_states = layer(
                hidden_states, attention_mask=bias, position_ids=position_ids, position_embeddings=rotary
            )
        return self.projection(self.norm(hidden_states))
