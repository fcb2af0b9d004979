"""The optimizers: every kind of weight is moved by one of them, and only by its own gradient."""

import dataclasses

import pytest
import torch

from unilip.training.config import ConfigError, StageConfig
from unilip.training.optimizers import Muon, make_optimizers

CONFIG = StageConfig(steps=1, batch_size=1, learning_rate=1e-2, optimizer="muon")


def group(*parameters, matrices: bool) -> dict:
    return {"params": list(parameters), "lr": 1e-2, "weight_decay": 0.0, "matrices": matrices}


def test_matrices_kernels_and_vectors_all_move():
    torch.manual_seed(0)
    convolution, linear = torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(4, 5)
    parameters = [convolution.weight, linear.weight, convolution.bias, linear.bias]
    before = [one.detach().clone() for one in parameters]
    optimizers = make_optimizers(
        [group(*parameters[:2], matrices=True), group(*parameters[2:], matrices=False)], CONFIG
    )
    linear(convolution(torch.randn(2, 3, 5, 5)).mean(dim=(2, 3))).square().sum().backward()
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    assert all(not torch.equal(one, old) for one, old in zip(parameters, before, strict=True))
    assert all(one.grad is None for one in parameters)


def test_muon_takes_the_steps_of_the_original():
    torch.manual_seed(0)
    shapes = [(6, 4), (4, 6), (6, 4), (5, 3, 3, 3)]
    ours = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    theirs = [torch.nn.Parameter(one.detach().flatten(1).clone()) for one in ours]
    before = [one.detach().clone() for one in theirs]
    muon = Muon([{**group(*ours, matrices=True), "weight_decay": 0.1}])
    original = torch.optim.Muon(theirs, lr=1e-2, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for _ in range(3):
        for mine, reference in zip(ours, theirs, strict=True):
            mine.grad = torch.randn_like(mine)
            reference.grad = mine.grad.flatten(1).clone()
        muon.step()
        original.step()
    for mine, reference, old in zip(ours, theirs, before, strict=True):
        # Both orthogonalise in bfloat16, in another order of additions.
        assert (mine.flatten(1) - reference).norm() < 0.02 * (reference - old).norm()


def test_muon_leaves_a_matrix_without_gradient():
    used, unused = (torch.nn.Parameter(torch.randn(4, 3)) for _ in range(2))
    before = unused.detach().clone()
    used.square().sum().backward()
    Muon([group(used, unused, matrices=True)]).step()
    assert torch.equal(unused, before)


def test_an_unknown_optimizer_is_said():
    with pytest.raises(ConfigError, match="no optimizer adam: use adamw or muon"):
        make_optimizers([], dataclasses.replace(CONFIG, optimizer="adam"))
