"""The command line, each command as a user types it, with tiny weights."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.tiny import make_tiny_pipeline
from unilip.cli import app
from unilip.images import open_picture
from unilip.lineage import read_record


@pytest.fixture
def run(tiny_folder):
    def run(*arguments, model=tiny_folder, input=None):
        options = ["--model", str(model), "--device", "cpu", "--dtype", "float32"] if model else []
        return CliRunner().invoke(app, [*map(str, arguments), *options], input=input)

    return run


@pytest.fixture
def photo(tmp_path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def pixels(path) -> np.ndarray:
    return np.asarray(Image.open(path), dtype=int)


def assert_one_sentence(result, code: int, *words: str):
    assert result.exit_code == code
    assert result.stderr.count("\n") == 1 and "Traceback" not in result.output
    for word in words:
        assert word in result.stderr


def test_help_comes_without_loading_torch():
    check = "import sys, unilip.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


@pytest.mark.parametrize("command", ["chat", "generate", "edit", "reconstruct", "convert", "train", "evaluate"])
def test_every_command_has_help(run, command):
    result = run(command, "--help", model=None)
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_a_seed_means_one_picture_alone_and_among_others(run, tmp_path):
    result = run("generate", "A red cat!", "--seed", 7, "--num-images", 2, "--steps", 2, "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert "(seed 7)" in result.output and "(seed 8)" in result.output
    assert run("generate", "A red cat!", "--seed", 8, "--steps", 2, "--output", tmp_path).exit_code == 0
    first, second, alone = (pixels(tmp_path / f"a-red-cat-{name}.png") for name in ("7", "8", "8-2"))
    assert abs(second - alone).max() <= 1
    assert abs(first - second).max() > 1


def test_the_seed_that_is_printed_is_the_one_that_was_used(run, tmp_path):
    result = run("generate", "a dog", "--steps", 1, "--output", tmp_path)
    path, seed = re.search(r"(.+) \(seed (\d+)\)", result.stdout).groups()
    run("generate", "a dog", "--steps", 1, "--seed", seed, "--output", tmp_path / "again")
    assert (pixels(path) == pixels(tmp_path / "again" / Path(path).name)).all()


@pytest.mark.parametrize(
    "option", [("--steps", 3), ("--guidance", 1), ("--negative-prompt", "apple"), ("--seed", 1)], ids=str
)
def test_each_sampler_option_changes_the_picture(run, tmp_path, option):
    plain = ("generate", "a dog", "--output", tmp_path, "--steps", 2, "--seed", 0)
    assert run(*plain).exit_code == 0
    assert run(*plain, *option).exit_code == 0
    before, after = sorted(tmp_path.iterdir())
    assert (pixels(before) != pixels(after)).any()


def test_an_edit_keeps_the_proportions(run, photo, tmp_path):
    result = run("edit", photo, "make it blue", "--steps", 1, "--seed", 3, "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert Image.open(tmp_path / "photo-edited-3.png").size == (256, 144)


def test_pictures_carry_how_they_were_made(run, tmp_path):
    run("generate", "a dog", "--steps", 2, "--seed", 5, "--guidance", 3, "--output", tmp_path)
    drawn = open_picture(tmp_path / "a-dog-5.png")
    first = read_record(drawn)
    assert (first.task, first.prompt, first.seed, first.steps, first.guidance) == ("create", "a dog", 5, 2, 3.0)
    run("edit", tmp_path / "a-dog-5.png", "make it blue", "--steps", 1, "--seed", 6, "--output", tmp_path)
    second = read_record(open_picture(tmp_path / "a-dog-5-edited-6.png"))
    assert (second.task, second.prompt, second.parents) == ("edit", "make it blue", (first,))


def test_reconstruct_takes_several_pictures_and_measures_each(run, photo, tmp_path):
    thin = tmp_path / "thin.png"
    Image.new("RGB", (1, 300), "red").save(thin)
    result = run("reconstruct", photo, thin, "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert Image.open(tmp_path / "photo-reconstructed.png").size == (256, 144)
    assert len(re.findall(r"PSNR \d+\.\d\d dB", result.output)) == 2


def test_chat_answers_one_question(run, photo):
    result = run("chat", "How many cats are there?", "--image", photo, "--max-new-tokens", 4)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("\n")


def test_chat_says_which_of_two_pictures_a_model_of_one_looks_at(run, photo, tmp_path):
    told, two = "its answer is about the last one", ("--image", photo, "--image", photo)
    assert told not in run("chat", "What?", *two, "--max-new-tokens", 2).stderr
    single = make_tiny_pipeline()
    single.register_to_config(latest_picture_only=True)
    single.save_pretrained(tmp_path / "single")
    assert told in run("chat", "What?", *two, "--max-new-tokens", 2, model=tmp_path / "single").stderr
    assert told not in run("chat", "What?", *two[:2], "--max-new-tokens", 2, model=tmp_path / "single").stderr


def test_chat_says_that_a_model_of_pictures_has_seen_none(run, photo, tmp_path):
    told = "has seen none"
    assert told not in run("chat", "What?", "--max-new-tokens", 2).stderr
    single = make_tiny_pipeline()
    single.register_to_config(latest_picture_only=True)
    single.save_pretrained(tmp_path / "single")
    assert told in run("chat", "What?", "--max-new-tokens", 2, model=tmp_path / "single").stderr
    conversation = [f"/image {photo}", "What?", "And now?", "/new", "What?"]
    result = run("chat", "--max-new-tokens", 2, model=tmp_path / "single", input="\n".join(conversation))
    assert result.stderr.count(told) == 1


def test_sampled_answers_follow_the_seed(run):
    question = ("chat", "Hello", "--temperature", 2, "--max-new-tokens", 8, "--seed")
    assert run(*question, 1).stdout == run(*question, 1).stdout != run(*question, 2).stdout


def test_a_conversation_survives_mistakes_and_remembers(run, photo, tmp_path):
    lines = [
        "/image no-such-file.png",
        "",
        f"/image {photo}",
        "What is in the image?",
        "and now?",
        "/new",
        "Hi",
        "/quit",
    ]
    result = run("chat", "--max-new-tokens", 2, input="\n".join(lines))
    assert result.exit_code == 0, result.output
    assert "no-such-file.png" in result.stderr
    assert result.stdout.count("\n") == 3


def test_a_conversation_ends_with_its_input(run):
    assert run("chat", "--max-new-tokens", 2, input="Hi\n").exit_code == 0


def test_a_missing_model_is_one_sentence(run, tmp_path):
    assert_one_sentence(run("generate", "a dog", model=tmp_path / "none"), 1, "none")


def test_a_cut_model_is_one_sentence(run, tmp_path):
    (tmp_path / "model_index.json").write_text("{")
    assert_one_sentence(run("generate", "a dog", model=tmp_path), 1, "model_index.json")


@pytest.mark.parametrize("option", [("--device", "toaster"), ("--dtype", "int4")])
def test_an_evaluation_with_a_wrong_device_or_dtype_is_one_sentence(option, tmp_path):
    result = CliRunner().invoke(app, ["evaluate", "understanding", *option, "--out", str(tmp_path / "out")])
    assert_one_sentence(result, 1, option[1])


def test_the_help_of_an_evaluation_loses_nothing_in_brackets():
    shown = CliRunner().invoke(app, ["evaluate", "reconstruction", "--help"]).output
    assert "torchmetrics[image]" in shown and "[default: the" in shown


def test_what_is_no_picture_is_one_sentence(run, tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    assert_one_sentence(run("edit", tmp_path / "text.png", "make it blue"), 2, "picture")


def test_an_empty_prompt_is_one_sentence(run):
    assert_one_sentence(run("generate", "  "), 2, "empty")


@pytest.mark.parametrize("value", ["nan", "0", "1000"])
def test_guidance_is_bounded(run, value):
    assert run("generate", "a dog", "--guidance", value).exit_code == 2


def test_a_converted_checkpoint_cannot_land_on_files(run, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    assert_one_sentence(run("convert", tmp_path / "source", tmp_path, model=None), 1, str(tmp_path))
