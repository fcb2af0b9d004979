"""Training against the clock takes the steps of the ordinary loop. Without a GPU its graphs are not tried."""

import dataclasses
import json
import time

import pytest
import torch
import typer
from torch.utils._python_dispatch import TorchDispatchMode

from scripts.train_on_gpu import Step, kind, rate_factor, read_stage, seconds_left, train_for
from tests.training.conftest import needs_art
from unilip.checkpoints import computes_in_bfloat16
from unilip.training.config import read_config
from unilip.training.loop import rate_factor as loop_rate_factor
from unilip.training.optimizers import make_optimizers

pytestmark = needs_art


def muon_stage(make_stage, name: str, folder: str = "run"):
    torch.manual_seed(0)
    stage = make_stage(name, folder=folder)
    stage.config = dataclasses.replace(stage.config, optimizer="muon")
    return stage


@pytest.mark.parametrize("name", ["reconstruction2", "realignment", "generation2"])
def test_a_step_is_that_of_the_optimizers(make_stage, tmp_path, name):
    states = []
    for way in ("loop", "clock"):
        stage = muon_stage(make_stage, name, folder=way)
        stage.prepare(tmp_path)
        groups = stage.parameter_groups()
        optimizers = make_optimizers(groups, stage.config)
        learning = [one for group in groups for one in group["params"]]
        batch = stage.collate([stage.sample(index) for index in range(4)])
        step = Step(stage, batch, learning, optimizers[0])
        for _ in range(2):
            if way == "clock":
                step(batch, optimizers[1:])
                continue
            for one in learning:
                one.grad = None
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=computes_in_bfloat16(torch.device("cpu"))):
                loss = stage(batch)["loss"]
            loss.float().backward()
            torch.nn.utils.clip_grad_norm_(learning, stage.config.max_gradient_norm)
            for optimizer in optimizers:
                optimizer.step()
        states.append([one.detach().clone() for one in learning])
    assert all(map(torch.equal, *states))


class Waits(TorchDispatchMode):
    """Notes the operations whose result the processor has to see before it can go on: a CUDA graph can have none."""

    KINDS = ("_local_scalar_dense", "nonzero", "masked_select", "masked_scatter_backward", "unique", "bincount")

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if any(kind in name for kind in self.KINDS):
            self.seen.add(name)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ["chat", "reconstruction2", "realignment", "generation2"])
def test_a_step_never_waits_for_the_gpu(make_stage, tmp_path, monkeypatch, name):
    stage = muon_stage(make_stage, name)
    stage.prepare(tmp_path)
    groups = stage.parameter_groups()
    muon, *_ = make_optimizers(groups, stage.config)
    batch = stage.collate([stage.sample(index) for index in range(4)])
    step = Step(stage, batch, [one for group in groups for one in group["params"]], muon)
    monkeypatch.setattr("torch.cuda.is_current_stream_capturing", lambda: True)  # transformers asks
    with Waits() as waits:
        step.compute()
    assert not waits.seen


def test_windows_and_whole_pictures_are_two_kinds(make_stage):
    stage = make_stage("reconstruction1")
    size = stage.config.batch_size
    first, second = (stage.collate([stage.sample(step * size + number) for number in range(size)]) for step in (0, 1))
    assert kind(stage, first) != kind(stage, second)


def test_it_ends_on_time_and_logs(make_stage, tmp_path):
    stage = muon_stage(make_stage, "generation2")
    before = [one.clone() for one in stage.transformer.parameters()]
    count, seconds = train_for(stage, "1", tmp_path, time.monotonic())
    assert seconds == 1.0
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in rows] == list(range(1, count + 1))
    assert all(row["seconds"] <= 1.0 for row in rows)
    assert not all(map(torch.equal, before, stage.transformer.parameters()))


def test_a_stage_takes_its_seconds_or_ends_with_the_clock():
    assert seconds_left("90", 300) == 90
    assert seconds_left("@420", 300) == 120
    assert seconds_left("@420", 500) == 1


def test_rates_fall_with_the_clock_as_the_loop_lets_them_with_the_steps(make_stage):
    config = dataclasses.replace(make_stage("chat").config, steps=101, warmup_steps=1, min_learning_rate=1e-4)
    for step in (1, 50, 100):
        assert rate_factor(step, (step - 1) / 100, config) == pytest.approx(loop_rate_factor(step, config))


def test_stages_are_read_before_any_time_is_used():
    run = read_config("mini", None)
    assert read_stage("generation2:@420", run) == ("generation2", "@420")
    assert read_stage("realignment:90", run) == ("realignment", "90")
    for wrong in ("generation4:90", "generation2", "generation2:", "generation2:soon"):
        with pytest.raises(typer.BadParameter):
            read_stage(wrong, run)
