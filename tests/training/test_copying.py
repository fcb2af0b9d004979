"""What teaches a DiT to copy: the loss is nothing for a head that copies, and much for one that copies elsewhere."""

import pytest
import torch
from diffusers.models.attention_processor import Attention

from unilip.training.copying import copying_losses

PLACES, WIDTH, TEXT = 4, 8, 3


@pytest.fixture
def copying_head() -> Attention:
    """A cross-attention whose last head attends by the first four channels and takes over the last four."""
    attention = Attention(WIDTH, cross_attention_dim=WIDTH, heads=2, dim_head=WIDTH, bias=True)
    with torch.no_grad():
        for part in (attention.to_q, attention.to_k, attention.to_v):
            part.weight.normal_()
            part.bias.normal_()
            part.weight[-WIDTH:], part.bias[-WIDTH:] = 0, 0
        attention.to_q.weight[-WIDTH:][:PLACES, :PLACES] = 60 * torch.eye(PLACES)
        attention.to_k.weight[-WIDTH:][:PLACES, :PLACES] = torch.eye(PLACES)
        attention.to_v.weight[-WIDTH:][:4, 4:] = torch.eye(4)
    return attention


@pytest.fixture
def scene() -> dict[str, torch.Tensor]:
    """Two edits: the first's picture comes after one token of text, the second's after three."""
    latents = torch.randn(2, 4, 2, 2)
    states = torch.zeros(2, PLACES, WIDTH)
    states[..., :PLACES] = torch.eye(PLACES)
    picture = torch.cat([states[..., :PLACES], latents.flatten(2).transpose(1, 2)], dim=2)
    condition, is_image = torch.zeros(2, PLACES + TEXT, WIDTH), torch.zeros(2, PLACES + TEXT, dtype=torch.bool)
    for row, start in enumerate((1, TEXT)):
        is_image[row, start : start + PLACES] = True
        condition[row, start : start + PLACES] = picture[row]
    return {"states": states, "condition": condition, "is_image": is_image, "latents": latents}


def test_a_head_that_copies_has_no_loss(copying_head, scene):
    losses = copying_losses(copying_head, **scene)
    assert losses["copy_attention"] < 1e-3
    assert losses["copy_value"] < 1e-10


def test_to_look_at_another_place_costs(copying_head, scene):
    scene["states"] = scene["states"].flip(1)
    losses = copying_losses(copying_head, **scene)
    assert losses["copy_attention"] > 10
    assert losses["copy_value"] < 1e-10


def test_to_tell_another_picture_costs(copying_head, scene):
    scene["latents"] = scene["latents"].flip(0)
    losses = copying_losses(copying_head, **scene)
    assert losses["copy_attention"] < 1e-3
    assert losses["copy_value"] > 0.1
