"""Whole evaluations on a tiny random pipeline: same seed same result, stopped runs go on, GenEval's layout."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from unilip.emoji import art
from unilip.emoji.scenes import render
from unilip.evaluation import chains
from unilip.evaluation.chains import evaluate_chains
from unilip.evaluation.edits import evaluate_edits, fresh_edit
from unilip.evaluation.geneval import evaluate_geneval
from unilip.evaluation.judge import Judge, Labels
from unilip.evaluation.reconstruction import evaluate_reconstruction
from unilip.evaluation.records import EvaluationError
from unilip.evaluation.understanding import evaluate_understanding

pytestmark = pytest.mark.skipif(not art.is_fetched(), reason="the emoji art is not fetched")

PROMPTS = (
    {"tag": "single_object", "include": [{"class": "cat", "count": 1}], "prompt": "a photo of a cat"},
    {"tag": "counting", "include": [{"class": "dog", "count": 2}], "prompt": "a photo of two dogs"},
)


@pytest.fixture(scope="module")
def judge():
    torch.manual_seed(0)
    return Judge(Labels.of_world()).eval()


@pytest.fixture
def prompts(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text("".join(json.dumps(prompt) + "\n" for prompt in PROMPTS))
    return path


def test_reconstruction_goes_on_where_it_stopped(tiny, tmp_path):
    whole = evaluate_reconstruction(tiny, tmp_path / "whole", scenes=5, batch_size=3)
    evaluate_reconstruction(tiny, tmp_path / "parts", scenes=2, batch_size=3)
    parts = evaluate_reconstruction(tiny, tmp_path / "parts", scenes=5, batch_size=3, sheet=tmp_path / "sheet.png")
    assert parts == pytest.approx(whole, rel=1e-3)
    assert (tmp_path / "sheet.png").is_file()
    assert len((tmp_path / "parts" / "records.jsonl").read_text().splitlines()) == 5


def test_reconstruction_of_a_folder_cuts_the_middle_and_keeps_what_rfid_compares(tiny, tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    (folder / "deep").mkdir(parents=True)
    Image.new("RGB", (90, 60), "red").save(folder / "a.jpg")
    Image.new("RGB", (60, 90), "blue").save(folder / "deep" / "b.png")
    (folder / "notes.txt").write_text("no picture")
    seen = []

    def remember(pairs, device, batch_size):
        seen.extend((truth.size, again.size) for truth, again in pairs)
        return 0.5

    monkeypatch.setattr("unilip.evaluation.reconstruction.frechet_distance", remember)  # Inception is a download
    scores = evaluate_reconstruction(tiny, tmp_path / "run", pictures=folder, fid=True)
    square = (tiny.image_size, tiny.image_size)
    assert scores["rfid"] == 0.5 and seen == [(square, square)] * 2
    assert (tmp_path / "run" / "pictures" / "deep" / "b.png.png").is_file()


def test_reconstruction_names_what_is_no_picture(tiny, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(EvaluationError, match=r"a\.jpg"):
        evaluate_reconstruction(tiny, tmp_path / "run", pictures=tmp_path)
    with pytest.raises(EvaluationError, match="no pictures in"):
        evaluate_reconstruction(tiny, tmp_path / "run2", pictures=tmp_path / "none")


def test_understanding_asks_over_one_and_several_turns(tiny, tmp_path):
    scores = evaluate_understanding(tiny, tmp_path / "run", scenes=2, sheet=tmp_path / "sheet.png")
    records = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text().splitlines()]
    assert [len(record["turns"]) for record in records] == [1, 3]
    assert 0 <= scores["overall"] <= 1 and {"first turn", "later turns"} <= set(scores)


def test_geneval_writes_the_layout_of_its_scorer_and_does_nothing_twice(tiny, tmp_path, prompts, judge):
    out = tmp_path / "run"
    settings = {"samples": 2, "steps": 2, "batch_size": 3, "judge": judge}
    scores = evaluate_geneval(tiny, out, prompts, sheet=tmp_path / "sheet.png", **settings)
    assert set(scores) == {"single_object", "counting", "overall"}
    assert json.loads((out / "00001" / "metadata.jsonl").read_text()) == PROMPTS[1]
    pictures = sorted(out.glob("*/samples/*.png"))
    assert [path.relative_to(out).as_posix() for path in pictures] == [
        "00000/samples/0000.png", "00000/samples/0001.png", "00001/samples/0000.png", "00001/samples/0001.png"
    ]  # fmt: skip
    before = [np.asarray(Image.open(path)).astype(int) for path in pictures]
    assert not np.array_equal(before[0], before[1])
    times = [path.stat().st_mtime_ns for path in pictures]
    pictures[2].unlink()
    assert evaluate_geneval(tiny, out, prompts, **settings) == scores
    after = np.asarray(Image.open(pictures[2])).astype(int)
    assert np.abs(after - before[2]).max() <= 2  # alone now, in a batch of three before
    assert [pictures[i].stat().st_mtime_ns for i in (0, 1, 3)] == [times[i] for i in (0, 1, 3)]
    with pytest.raises(EvaluationError, match="steps 2, not 3"):
        evaluate_geneval(tiny, out, prompts, **{**settings, "steps": 3})
    prompts.write_text(prompts.read_text().replace("dog", "cup"))
    with pytest.raises(EvaluationError, match="holds results made with prompts 2"):
        evaluate_geneval(tiny, out, prompts, **settings)


def test_edits_score_every_kind(tiny, tmp_path, judge):
    out = tmp_path / "run"
    scores = evaluate_edits(tiny, out, each=1, steps=1, batch_size=9, judge=judge, sheet=tmp_path / "sheet.png")
    assert {"add", "compose", "overall", "kept", "kept add"} <= set(scores)
    assert "kept style" not in scores  # a new style may change every pixel
    assert scores["overall"] == pytest.approx(np.mean([scores[path.name] for path in out.iterdir() if path.is_dir()]))


def test_the_ceiling_of_edits_is_the_wanted_pictures_rebuilt(tiny, tmp_path, judge):
    out = tmp_path / "run"
    evaluate_edits(tiny, out, each=1, judge=judge, ceiling=True)
    wanted = tiny.reconstruct([render(fresh_edit(42, "add", 0).target)]).images[0].resize((256, 256))
    difference = np.asarray(wanted).astype(int) - np.asarray(Image.open(out / "add" / "0000.png"))
    assert np.abs(difference).max() <= 2  # rebuilt in a batch of nine there
    with pytest.raises(EvaluationError, match="holds results of another kind"):
        evaluate_edits(tiny, out, each=1, steps=1, judge=judge)


def test_each_edit_of_a_chain_is_done_on_the_result_before(tiny, tmp_path, judge, monkeypatch):
    given = []
    call = type(tiny).__call__
    monkeypatch.setattr(
        type(tiny), "__call__", lambda self, *all, **more: given.append(more["image"]) or call(self, *all, **more)
    )
    out = tmp_path / "run"
    options = {"chains": 2, "length": 2, "steps": 1, "judge": judge}
    scores = evaluate_chains(tiny, out, **options, sheet=tmp_path / "sheet.png")
    assert set(scores) == {"steps", "all 1", "all 2"}
    assert [len(pictures) for pictures in given] == [2, 2]
    for place, picture in enumerate(given[1]):
        assert np.array_equal(picture, Image.open(out / f"{place:04d}" / "1.png"))
    (out / "0001" / "2.png").unlink()
    assert evaluate_chains(tiny, out, **options) == scores
    assert [len(pictures) for pictures in given] == [2, 2, 1]


def test_a_chain_is_right_only_as_far_as_every_step_is(tiny, tmp_path, judge, monkeypatch):
    verdicts = iter([(True, ""), (False, "x"), (True, ""), (True, ""), (True, ""), (False, "x")])
    monkeypatch.setattr(chains, "check_edit", lambda edit, seen: next(verdicts))
    scores = evaluate_chains(tiny, tmp_path / "run", chains=2, length=3, steps=1, judge=judge)
    assert scores == {"steps": pytest.approx(4 / 6), "all 1": 1.0, "all 2": 0.5, "all 3": 0.0}
