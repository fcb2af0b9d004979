"""Reconstruction 2: self-distillation holds the encoder to its original, and the adversarial losses keep apart."""

import pytest
import torch

from tests.training.conftest import needs_art

pytestmark = needs_art


def batch_of(stage, first: int = 0):
    return stage.collate([stage.sample(index) for index in range(first, first + stage.config.batch_size)])


def test_distillation_starts_at_zero_and_grows_as_the_encoder_moves(make_stage):
    stage = make_stage("reconstruction2")
    batch = batch_of(stage)
    original = [one.clone() for one in stage.original_vision_tower.parameters()]
    assert stage(batch)["distillation"] == 0
    optimizer = torch.optim.AdamW(stage.parameter_groups())
    stage(batch)["loss"].backward()
    optimizer.step()
    assert stage(batch)["distillation"] > 0
    assert all(map(torch.equal, original, stage.original_vision_tower.parameters()))


def has_gradients(module) -> bool:
    return any(one.grad is not None and one.grad.any() for one in module.parameters())


@pytest.mark.parametrize("name, learner, other", [
    ("adversarial", "decoder", "discriminator"),
    ("discriminator", "discriminator", "decoder"),
])  # fmt: skip
def test_each_adversarial_loss_teaches_only_its_own_side(make_stage, name, learner, other):
    stage = make_stage("reconstruction2", adversarial_from=0)
    stage.parameter_groups()
    stage(batch_of(stage))[name].backward()
    assert has_gradients(getattr(stage, learner))
    assert not has_gradients(getattr(stage, other))


def test_the_adversarial_loss_starts_late(make_stage):
    stage = make_stage("reconstruction2", adversarial_from=2)
    assert "adversarial" not in stage(batch_of(stage, first=4))
    assert {"adversarial", "discriminator"} <= set(stage(batch_of(stage, first=8)))
