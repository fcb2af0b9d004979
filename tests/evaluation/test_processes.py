"""Evaluations over two processes: each does its share, the results are those of one process."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from unilip.emoji import art

pytestmark = pytest.mark.skipif(not art.is_fetched(), reason="the emoji art is not fetched")


def evaluate(model, *arguments: str, processes: int = 1) -> None:
    launch = ["-m", "accelerate.commands.launch", "--cpu", f"--num_processes={processes}", "-m"]
    command = [sys.executable, *(launch if processes > 1 else ["-m"]), "unilip", "evaluate", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "--model", str(model), "--dtype", "float32"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_two_processes_reconstruct_as_one(tiny_folder, tmp_path):
    for processes in (1, 2):
        run = ("reconstruction", "--scenes", "5", "--batch-size", "2", "--out", str(tmp_path / str(processes)))
        evaluate(tiny_folder, *run, processes=processes)
    one, two = (json.loads((tmp_path / name / "scores.json").read_text()) for name in ("1", "2"))
    assert two == pytest.approx(one, rel=1e-4)
    assert [path.name for path in (tmp_path / "2").glob("records*")] == ["records.jsonl"]
    assert len((tmp_path / "2" / "records.jsonl").read_text().splitlines()) == 5


def test_two_processes_draw_as_one(tiny_folder, tmp_path):
    prompts = tmp_path / "prompts.json"
    prompts.write_text(json.dumps([{"prompt_id": number, "Prompt": f"{number} cats"} for number in range(3)]))
    for processes in (1, 2):
        run = ("wise", "--prompts", str(prompts), "--steps", "1", "--out", str(tmp_path / str(processes)))
        evaluate(tiny_folder, *run, processes=processes)
    for number in range(3):
        one, two = (np.asarray(Image.open(tmp_path / name / f"{number}.png")).astype(int) for name in ("1", "2"))
        assert np.abs(one - two).max() <= 2
