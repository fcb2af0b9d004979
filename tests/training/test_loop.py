"""The loop: an interrupted run goes on exactly, samples depend on nothing but the step, and the last model is saved."""

import dataclasses
import json

import pytest
import torch
from torch.utils.data import DataLoader

from tests.training.conftest import needs_art
from unilip.checkpoints import load_pipeline
from unilip.training.config import ConfigError, StageConfig
from unilip.training.loop import Samples, Steps, rate_factor, recover_checkpoint, train

pytestmark = needs_art


class Killed(Exception):
    pass


def log_of(folder) -> dict[int, dict]:
    """The last row that was logged for each step, without its time."""
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return {row.pop("step"): row for row in rows if row.pop("seconds") >= 0}


def with_more_state(stage):
    """The stage with two optimizers and a moving average of its weights, which have to survive an interruption too."""
    stage.config = dataclasses.replace(stage.config, optimizer="muon", ema_decay=0.9)
    return stage


def test_a_killed_run_goes_on_as_if_nothing_had_happened(make_stage):
    whole = with_more_state(make_stage("reconstruction1", folder="whole"))
    folder = train(whole, whole.run)

    stage = with_more_state(make_stage("reconstruction1", folder="killed"))
    forward, calls = stage.forward, []

    def killed_in_the_fourth_step(batch):
        calls.append(batch)
        if len(calls) == 4:
            raise Killed
        return forward(batch)

    stage.forward = killed_in_the_fourth_step
    with pytest.raises(Killed):
        train(stage, stage.run)
    again = with_more_state(make_stage("reconstruction1", folder="killed"))
    resumed = train(again, again.run)

    assert log_of(resumed.parent) == log_of(folder.parent)
    wanted, got = (load_pipeline(one, "cpu", "float32").decoder.state_dict() for one in (folder, resumed))
    assert all(torch.equal(wanted[name], got[name]) for name in wanted)
    assert json.loads((resumed.parent / "finished.json").read_text())["steps"] == 4
    assert (resumed.parent / "sheet-000004.png").is_file()


@pytest.mark.parametrize("left", ["checkpoint-new", "checkpoint-old"])
def test_a_run_killed_between_two_checkpoints_finds_one(tmp_path, left):
    for name in ("checkpoint-old", left):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "progress.json").write_text(name)
    (tmp_path / "checkpoint-new").mkdir(exist_ok=True)  # perhaps half written
    recover_checkpoint(tmp_path / "checkpoint")
    assert (tmp_path / "checkpoint" / "progress.json").read_text() == left


def test_samples_do_not_depend_on_the_number_of_workers(make_stage):
    stage = make_stage("reconstruction1")

    def batches(workers: int):
        sampler = Steps(1, dataclasses.replace(stage.config, steps=3), rank=0, processes=1)
        return list(DataLoader(Samples(stage), batch_sampler=sampler, collate_fn=stage.collate, num_workers=workers))

    alone, shared = batches(0), batches(2)
    assert len(alone) == len(shared) == 2
    for one, other in zip(alone, shared, strict=True):
        assert all(torch.equal(one[key], other[key]) for key in ("pixels", "corner"))


def test_processes_and_accumulation_share_out_the_same_batch():
    config = StageConfig(steps=3, batch_size=8, learning_rate=1e-3, accumulation_steps=2)
    taken = [[] for _ in range(3)]
    for rank in range(2):
        for number, indices in enumerate(Steps(1, config, rank, processes=2)):
            taken[1 + number // 2] += indices
    assert [sorted(one) for one in taken] == [[], [*range(8, 16)], [*range(16, 24)]]


def test_a_batch_that_does_not_divide_is_refused():
    config = StageConfig(steps=3, batch_size=8, learning_rate=1e-3)
    with pytest.raises(ConfigError, match="batch of 8 does not divide over 3 processes"):
        Steps(0, config, 0, processes=3)


def test_rates_warm_up_and_fall_along_a_cosine():
    config = StageConfig(steps=110, batch_size=1, learning_rate=1e-4, min_learning_rate=1e-5, warmup_steps=10)
    assert rate_factor(4, config) == pytest.approx(0.5)
    assert rate_factor(10, config) == pytest.approx(1.0)
    assert rate_factor(60, config) == pytest.approx(0.55)
    assert rate_factor(110, config) == pytest.approx(0.1)
