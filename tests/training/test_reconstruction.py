"""Reconstruction 2: self-distillation holds the encoder to its original, and the adversarial losses keep apart."""

import pytest
import torch
import torch.nn.functional as F

from tests.training.conftest import needs_art
from unilip.training.perceptual import CLIPLoss

pytestmark = needs_art


def batch_of(stage, first: int = 0):
    return stage.collate([stage.sample(index) for index in range(first, first + stage.config.batch_size)])


def test_distillation_starts_at_zero_and_grows_as_the_encoder_moves(make_stage):
    stage = make_stage("reconstruction2")
    batch = batch_of(stage)
    original = [one.clone() for one in stage.original["vision_tower"].parameters()]
    assert stage(batch)["distillation"] == 0
    optimizer = torch.optim.AdamW(stage.parameter_groups())
    stage(batch)["loss"].backward()
    optimizer.step()
    assert stage(batch)["distillation"] > 0
    assert all(map(torch.equal, original, stage.original["vision_tower"].parameters()))


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


def test_the_clip_loss_is_nothing_for_equal_pictures_and_more_for_blurred_ones(make_stage):
    stage = make_stage("reconstruction1")
    loss = CLIPLoss(stage.mllm.model.vision_tower)
    pictures = stage.sample(0)["pixels"][None].float() / 127.5 - 1
    blurred = [F.avg_pool2d(pictures, edge, stride=1, padding=edge // 2) for edge in (3, 7)]
    equal, a_little, more = (loss(one, pictures).item() for one in (pictures, *blurred))
    assert equal == pytest.approx(0, abs=1e-6)
    assert 0 < a_little < more


def test_the_clip_loss_teaches_the_decoder_and_leaves_its_encoder_alone(make_stage):
    stage = make_stage("reconstruction1", losses={"l2": 1.0, "clip": 0.04})
    stage.parameter_groups()
    stage.train()
    stage(batch_of(stage))["clip"].backward()
    assert has_gradients(stage.decoder)
    assert not has_gradients(stage.perceptual)
    assert not stage.perceptual["clip"].vision_tower.training
