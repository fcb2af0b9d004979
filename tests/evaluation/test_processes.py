"""Evaluations over two processes: each does its share, the results are those of one process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unilip.emoji import art
from unilip.evaluation.benchmarks import evaluate_wise
from unilip.evaluation.reconstruction import evaluate_reconstruction

pytestmark = [
    pytest.mark.skipif(not art.is_fetched(), reason="the emoji art is not fetched"),
    pytest.mark.slow,
    pytest.mark.timeout(600),
]


def evaluate_in_two(model: Path, out: Path, *arguments: str) -> str:
    """Runs an evaluation in two processes and returns what the first one showed of its progress."""
    # What `accelerate launch` does on several GPUs; for processors alone it would need MPI.
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "-m", "unilip", "evaluate"]
    rest = ["--model", str(model), "--dtype", "float32", "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run([*launch, *arguments, *rest], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


def test_two_processes_reconstruct_as_one(tiny, tiny_folder, tmp_path):
    one = evaluate_reconstruction(tiny, tmp_path / "one", scenes=5, batch_size=2)
    progress = evaluate_in_two(tiny_folder, tmp_path / "two", "reconstruction", "--scenes", "5", "--batch-size", "2")
    assert " 3/3 " in progress and "5/5" not in progress
    two = json.loads((tmp_path / "two" / "scores.json").read_text())
    assert two == pytest.approx(one, rel=1e-3)
    assert [path.name for path in (tmp_path / "two").glob("records*")] == ["records.jsonl"]
    assert len((tmp_path / "two" / "records.jsonl").read_text().splitlines()) == 5


def test_two_processes_draw_as_one(tiny, tiny_folder, tmp_path):
    prompts = tmp_path / "prompts.json"
    prompts.write_text(json.dumps([{"prompt_id": number, "Prompt": f"{number} cats"} for number in range(3)]))
    evaluate_wise(tiny, tmp_path / "one", [prompts], steps=1)
    evaluate_in_two(tiny_folder, tmp_path / "two", "wise", "--prompts", str(prompts), "--steps", "1")
    for number in range(3):
        one, two = (np.asarray(Image.open(tmp_path / name / f"{number}.png")).astype(int) for name in ("one", "two"))
        assert np.abs(one - two).max() <= 2
