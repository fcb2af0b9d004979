"""Training over two processes takes the steps that one process takes with the whole batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.training.conftest import needs_art
from unilip.checkpoints import load_pipeline
from unilip.training.loop import train
from unilip.training.stages import load_stage

pytestmark = [needs_art, pytest.mark.slow]


def start_from(tiny_folder: Path, run: Path) -> Path:
    """A run whose generation can begin: the stage before it has left the tiny pipeline."""
    (run / "generation1").mkdir(parents=True)
    (run / "generation1" / "model").symlink_to(tiny_folder, target_is_directory=True)
    (run / "generation1" / "finished.json").write_text("{}")
    return run


def losses(run: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (run / "generation2" / "log.jsonl").read_text().splitlines()]


@pytest.mark.timeout(300)
def test_two_processes_train_as_one_with_the_whole_batch(tiny_folder, config_file, tmp_path):
    one, two = (start_from(tiny_folder, tmp_path / name) for name in ("one", "two"))
    train(*load_stage("generation2", config_file, one))

    # What `accelerate launch` does on several GPUs; for processors alone it would need MPI.
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "-m", "unilip"]
    command = [*launch, "train", "generation2", "--config", str(config_file), "--folder", str(two)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]

    assert losses(two) == pytest.approx(losses(one), rel=1e-3)
    first, second = (load_pipeline(run / "generation2" / "model", "cpu", "float32") for run in (one, two))
    wanted, got = first.transformer.state_dict(), second.transformer.state_dict()
    moved = load_pipeline(tiny_folder, "cpu", "float32").transformer.state_dict()
    for name in wanted:
        torch.testing.assert_close(got[name], wanted[name], rtol=1e-2, atol=1e-4)
    assert any(not torch.equal(wanted[name], moved[name]) for name in wanted)
