"""The principal stage: where it starts from, what it drops."""

import pytest
import torch

from tests.training.conftest import needs_art

pytestmark = needs_art


@pytest.fixture
def stage(make_stage, tmp_path):
    stage = make_stage("principal", pictures=4)
    stage.prepare(tmp_path)
    return stage


def test_cells_are_in_the_order_of_the_latents(stage):
    batch = stage.collate([stage.sample(index) for index in range(4)])
    cells = stage.cells(batch["pixels"])
    assert cells.shape == (4, 64, 3 * 32 * 32)
    top, left = divmod(10, 8)
    corner = batch["pixels"][1, :, 32 * top : 32 * top + 32, 32 * left : 32 * left + 32]
    assert torch.allclose(cells[1, 10], corner.flatten() / 127.5 - 1)


def test_the_reader_holds_the_principal_components_of_its_pictures(stage, monkeypatch):
    seen = []
    monkeypatch.setattr(stage, "cells", lambda pixels: seen.append(type(stage).cells(stage, pixels)) or seen[0])
    stage.prepare(None)
    cells = seen[0].flatten(0, 1)
    weight, mean = stage.reader.weight.detach(), stage.reader.bias.detach()
    latents = torch.linalg.lstsq(weight, (cells - mean).T).solution
    left = ((cells - mean).T - weight @ latents).square().sum()
    values = torch.linalg.svdvals(cells - cells.mean(dim=0))
    best = values[weight.shape[1] :].square().sum()
    assert left == pytest.approx(best.item(), rel=0.01)


def test_the_latent_starts_almost_linear_in_the_features(stage):
    one, other = torch.randn(2, 1, 64, stage.decoder.config.hidden_size)
    with torch.no_grad():
        reduction = stage.decoder.reduction[1:]  # without the norm
        middle = reduction((one + other) / 2)
        chord = (reduction(one) + reduction(other)) / 2
    assert (middle - chord).square().mean() < 0.02 * chord.square().mean()
