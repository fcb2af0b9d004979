"""Packaging: the last finished stage in bfloat16 with its recipe, and the command line of training."""

import json

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from unilip.checkpoints import load_pipeline
from unilip.training.cli import ORDER, app
from unilip.training.config import ConfigError
from unilip.training.curves import curves, read_log
from unilip.training.package import package
from unilip.training.stages import STAGES


@pytest.fixture
def run_folder(tmp_path, tiny):
    """A run of which two stages are finished and a third has begun."""
    folder = tmp_path / "run"
    for seconds, name in ((10, "clip"), (20, "chat")):
        tiny.save_pretrained(folder / name / "model")
        (folder / name / "finished.json").write_text(json.dumps({"steps": 4, "seconds": seconds}))
        row = {"step": 4, "seconds": seconds, "rate": 1e-3, "gradient_norm": 1.0, "loss": 0.5}
        (folder / name / "log.jsonl").write_text(json.dumps({**row, "loss": 9.0}) + "\n" + json.dumps(row) + "\n")
    (folder / "reconstruction1").mkdir()
    return folder


def test_the_last_finished_stage_is_written_in_bfloat16(config_file, run_folder, tmp_path, tiny):
    destination = tmp_path / "packaged"
    destination.mkdir()
    (destination / "README.md").write_text("kept")
    package(config_file, run_folder, destination)
    again = load_pipeline(destination, "cpu", "float32")
    for name in ("mllm", "connector", "transformer", "decoder"):
        wanted = getattr(tiny, name).state_dict()
        got = getattr(again, name).state_dict()
        assert all(torch.equal(wanted[key].bfloat16().float(), got[key]) for key in wanted)
    stored = (destination / "mllm" / "model.safetensors").stat().st_size
    assert stored < 0.6 * (run_folder / "chat" / "model" / "mllm" / "model.safetensors").stat().st_size
    assert (destination / "README.md").read_text() == "kept"
    assert not (tmp_path / "packaged-new").exists()


def test_the_recipe_says_what_was_run(config_file, run_folder, tmp_path):
    package(config_file, run_folder, tmp_path / "packaged")
    recipe = json.loads((tmp_path / "packaged" / "recipe.json").read_text())
    assert recipe["seed"] == 3
    assert [row["stage"] for row in recipe["stages"]] == ["clip", "chat"]
    assert recipe["stages"][1] == {
        "stage": "chat", "steps": 4, "batch_size": 4, "learning_rate": 2e-3, "seconds": 20, "losses": {"loss": 0.5},
    }  # fmt: skip


def test_logs_and_curves_come_along(config_file, run_folder, tmp_path):
    package(config_file, run_folder, tmp_path / "packaged")
    kept = tmp_path / "packaged" / "training"
    assert (kept / "chat.jsonl").read_text() == (run_folder / "chat" / "log.jsonl").read_text()
    with Image.open(kept / "curves.png") as picture:
        assert picture.width > picture.height > 200


def test_of_a_step_taken_again_the_last_row_counts(tmp_path):
    rows = [{"step": 1, "loss": 9.0}, {"step": 2, "loss": 8.0}, {"step": 2, "loss": 1.0}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [row["loss"] for row in read_log(tmp_path / "log.jsonl")] == [9.0, 1.0]
    figure = curves({"clip": read_log(tmp_path / "log.jsonl")})
    assert figure.axes[0].lines[0].get_ydata() == pytest.approx([9.0, 1.0])


def test_many_stages_stand_in_several_rows():
    names = [f"stage{number}" for number in range(7)]
    figure = curves({name: [{"step": 1, "loss": 1.0}] for name in names})
    assert [axes.get_title() for axes in figure.axes] == names
    assert figure.get_figwidth() < 2 * figure.get_figheight()


def test_packaging_twice_replaces_the_first(config_file, run_folder, tmp_path):
    kept, old = (tmp_path / "packaged" / "training" / name for name in ("drawings.webp", "gone.jsonl"))
    for _ in range(2):
        package(config_file, run_folder, tmp_path / "packaged")
        assert not old.exists()
        kept.touch()
        old.touch()
    package(config_file, run_folder, tmp_path / "packaged")
    assert kept.exists() and not old.exists()
    assert sorted(one.name for one in (tmp_path / "packaged").iterdir()) == [
        "connector", "decoder", "mllm", "model_index.json", "recipe.json", "scheduler", "tokenizer", "training",
        "transformer",
    ]  # fmt: skip


def test_a_run_without_a_finished_stage_has_nothing_to_package(config_file, tmp_path):
    with pytest.raises(ConfigError, match="nothing to package"):
        package(config_file, tmp_path / "none", tmp_path / "packaged")


def test_the_command_line_packages(config_file, run_folder, tmp_path):
    given = ["package", "--config", config_file, "--folder", run_folder, "--to", tmp_path / "packaged"]
    result = CliRunner().invoke(app, [str(one) for one in given])
    assert result.exit_code == 0 and "packaged" in result.output


def test_the_command_line_names_the_stages():
    output = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    assert all(name in output for name in (*ORDER, "package"))
    assert ORDER == tuple(STAGES)


def test_the_command_line_says_what_is_wrong_in_one_sentence(config_file, tmp_path):
    result = CliRunner().invoke(app, ["chat", "--config", str(config_file), "--folder", str(tmp_path / "run")])
    assert result.exit_code == 1
    assert "train clip first" in result.output and "Traceback" not in result.output
