"""What the places of an edit weigh in the loss."""

import math

import pytest
import torch

from tests.training.conftest import needs_art
from unilip.training.generation import change_weights


@pytest.fixture
def shown():
    return torch.randn(2, 32, 8, 8, generator=torch.Generator().manual_seed(0))


def test_of_a_picture_that_stays_all_weighs_the_same(shown):
    noise = torch.randn(shown.shape, generator=torch.Generator().manual_seed(1))
    assert torch.equal(change_weights(shown, shown + 0.14 * noise), torch.ones(2, 1, 8, 8))


def test_a_change_weighs_the_more_the_smaller_it_is(shown):
    wanted = shown.clone()
    wanted[0, :, 2, 3] += 1
    wanted[1, :, :4] -= 1
    weights = change_weights(shown, wanted)
    assert weights[0, 0, 2, 3] == 1 + math.log2(64)
    assert weights[0].sum() == weights[0, 0, 2, 3] + 63
    assert (weights[1, :, :4] == 2).all()
    assert (weights[1, :, 4:] == 1).all()


def test_where_all_changes_all_weighs_the_same(shown):
    assert torch.equal(change_weights(shown, -shown + 3), torch.ones(2, 1, 8, 8))


@needs_art
@pytest.mark.parametrize("edits", [0.0, 1.0])
def test_only_the_loss_of_edits_is_weighed(make_stage, tmp_path, edits):
    losses = []
    for weigh in (False, True):
        stage = make_stage("generation2", weigh_changes=weigh, edits=edits, copy_weight=0.0)
        stage.prepare(tmp_path)
        losses.append(stage(stage.collate([stage.sample(index) for index in range(4)])))
    plain, weighed = losses
    kind = "edit" if edits else "draw"
    assert weighed[kind] == plain[kind] == plain["loss"]
    assert (weighed["loss"] > plain["loss"]) == bool(edits)
