"""The styles stage: which latents it asks for, and what it says of them."""

import pytest
import torch

from tests.training.conftest import needs_art
from unilip.training.styles import SHIFT

pytestmark = needs_art


@pytest.fixture
def stage(make_stage, tmp_path):
    stage = make_stage("styles")
    stage.prepare(tmp_path)
    return stage


@pytest.fixture
def batch(stage):
    return stage.collate([stage.sample(index) for index in range(4)])


def test_every_second_picture_is_the_one_before_in_a_style(stage, batch):
    plain, styled = batch["pixels"][::2].float(), batch["pixels"][1::2].float()
    assert (batch["style"][1::2] == stage.told[0]).all()
    assert 0 < (plain - styled).abs().mean() < 8
    blocks = styled.unflatten(-1, (-1, 4)).unflatten(-3, (-1, 4))  # pixel art has 64 x 64 of them
    assert blocks.std(dim=(-3, -1)).max() == 0


def test_the_direction_is_the_one_that_latents_use_least(stage):
    pixels = torch.stack([stage.sample(index)["pixels"] for index in range(0, 64, 2)])
    cells = stage.decoder.encode(stage.original_features(pixels)).movedim(1, -1).flatten(0, 2)
    shift = stage.shifts[stage.told[0]]
    assert shift.norm().item() == pytest.approx(SHIFT, rel=1e-4)
    least = torch.linalg.svdvals(cells - cells.mean(dim=0))[-1] / len(cells) ** 0.5
    assert (cells @ shift / SHIFT).std() <= 2 * least


def test_before_it_learns_no_style_is_told(stage, batch):
    losses = stage(batch)
    assert losses["told_right"] == 0.5
    assert losses["distillation"] == 0
    assert losses["latent"].item() == pytest.approx(SHIFT**2 / stage.shifts.shape[1] / 2, rel=1e-3)


def test_what_is_wanted_is_that_pictures_in_the_style_alone_have_other_latents(stage, batch):
    encode, calls = stage.decoder.encode, []

    def learned(features):
        latents = encode(features)
        calls.append(latents)
        return latents if len(calls) == 1 else latents + stage.shifts[batch["style"]][:, :, None, None]

    stage.decoder.encode = learned
    losses = stage(batch)
    assert losses["told_right"] == 1
    assert losses["told"] < 0.05
    assert losses["latent"] < 1e-10


def test_a_share_of_the_losses_is_as_the_configuration_weighs_it(make_stage, tmp_path):
    stage = make_stage("styles", losses={"told": 2.0})
    stage.prepare(tmp_path)
    losses = stage(stage.collate([stage.sample(index) for index in range(4)]))
    assert losses["loss"].item() == pytest.approx(2 * losses["told"].item())
