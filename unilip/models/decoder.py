"""The pixel decoder: a residual bottleneck from CLIP's features to a latent, and DC-AE's decoder to pixels."""

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.autoencoder_dc import Decoder
from diffusers.models.modeling_utils import ModelMixin
from torch import nn


class ResidualMLP(nn.Module):
    """x + MLP(LayerNorm(x)) at one width."""

    def __init__(self, width: int):
        super().__init__()
        self.mlp = nn.Sequential(
            nn.LayerNorm(width, eps=1e-6), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)
        )

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return hidden_states + self.mlp(hidden_states)


class PixelDecoder(ModelMixin, ConfigMixin):
    """Bottleneck and pixel decoder of UniLIP (paper, section 3.1).

    Args:
        hidden_size: width of the image features, which is the LLM's.
        latent_channels: channels of the latent.
        num_bottleneck_blocks: residual MLP blocks before the reduction to `latent_channels`.
        scaling_factor: multiplies a latent before diffusion and divides it before decoding.
        others: as in diffusers' `AutoencoderDC`, without their `decoder_` prefix.
    """

    @register_to_config
    def __init__(
        self,
        hidden_size: int = 896,
        latent_channels: int = 32,
        num_bottleneck_blocks: int = 3,
        scaling_factor: float = 10.6,
        attention_head_dim: int = 32,
        block_types: tuple[str, ...] = ("ResBlock",) * 3 + ("EfficientViTBlock",) * 3,
        block_out_channels: tuple[int, ...] = (128, 256, 512, 512, 1024, 1024),
        layers_per_block: tuple[int, ...] = (3, 3, 3, 3, 3, 3),
        qkv_multiscales: tuple[tuple[int, ...], ...] = ((), (), (), (5,), (5,), (5,)),
    ):
        super().__init__()
        self.bottleneck = nn.Sequential(*(ResidualMLP(hidden_size) for _ in range(num_bottleneck_blocks)))
        self.reduction = nn.Sequential(
            nn.LayerNorm(hidden_size),
            nn.Linear(hidden_size, latent_channels),
            nn.GELU(),
            nn.Linear(latent_channels, latent_channels),
        )
        self.decoder = Decoder(
            in_channels=3,
            latent_channels=latent_channels,
            attention_head_dim=attention_head_dim,
            block_type=block_types,
            block_out_channels=block_out_channels,
            layers_per_block=layers_per_block,
            qkv_multiscales=qkv_multiscales,
            norm_type="rms_norm",
            act_fn="silu",
            upsample_block_type="interpolate",
        )

    def encode(self, image_features: torch.Tensor) -> torch.Tensor:
        """Image features (batch, tokens, hidden_size) of a square grid of tokens to the unscaled latent
        (batch, latent_channels, height, width)."""
        edge = round(image_features.shape[1] ** 0.5)
        if edge * edge != image_features.shape[1]:
            raise ValueError(f"Image features must form a square grid, got {image_features.shape[1]} tokens.")
        latents = self.reduction(self.bottleneck(image_features))
        return latents.transpose(1, 2).unflatten(2, (edge, edge))

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Unscaled latent (batch, latent_channels, height, width) to pixels (batch, 3, 32 height, 32 width),
        about in [-1, 1]."""
        return self.decoder(latents)

    def forward(self, image_features: torch.Tensor) -> torch.Tensor:
        """Image features to pixels: `decode(encode(image_features))`."""
        return self.decode(self.encode(image_features))
