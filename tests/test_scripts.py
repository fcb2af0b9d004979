"""The scripts that measure still run, here on next to nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(620)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("measure_study_load --items 6 --annotators 3 --votes 4 --think 0", "12 votes by 3 annotators at once"),
        ("measure_study_statistics --seeds 3 --items 5 --resamples 20", "plain"),
        ("estimate_training", "generation2"),
    ],
)
def test_runs(arguments, said):
    name, *options = arguments.split()
    run = subprocess.run(
        [sys.executable, "-m", f"scripts.{name}", *options], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert run.returncode == 0, run.stderr
    assert said in run.stdout
