"""WISE and ImgEdit: their files are read, and the pictures lie where their own scorers look for them."""

import json

import numpy as np
import pytest
from PIL import Image

from unilip.evaluation.benchmarks import evaluate_imgedit, evaluate_wise, read_imgedit, read_wise
from unilip.evaluation.records import EvaluationError

QUICK = {"steps": 1, "guidance": 1.0}


@pytest.fixture
def wise(tmp_path):
    path = tmp_path / "natural_science.json"
    prompts = [
        {"prompt_id": number, "Prompt": f"a cat and {number} dogs", "Explanation": "", "Subcategory": "Biology"}
        for number in (701, 702, 703)
    ]
    path.write_text(json.dumps(prompts))
    return path


@pytest.fixture
def imgedit(tmp_path):
    root = tmp_path / "singleturn"
    (root / "animal").mkdir(parents=True)
    Image.new("RGB", (90, 60), "red").save(root / "animal" / "000342021.jpg")
    path = tmp_path / "basic_edit.json"
    edits = {"1082": {"id": "animal/000342021.jpg", "prompt": "Make it blue", "edit_type": "adjust"}}
    path.write_text(json.dumps(edits))
    return path, root


def test_wise_pictures_are_named_by_prompt_id_and_not_made_twice(tiny, tmp_path, wise):
    out = tmp_path / "run"
    assert evaluate_wise(tiny, out, [wise], **QUICK, sheet=tmp_path / "sheet.png") == {"pictures": 3}
    paths = [out / f"{key}.png" for key in (701, 702, 703)]
    first, second, third = (np.asarray(Image.open(path)).astype(int) for path in paths)
    assert not np.array_equal(first, second)
    times = [path.stat().st_mtime_ns for path in paths]
    paths[2].unlink()
    evaluate_wise(tiny, out, [wise], **QUICK)
    assert [path.stat().st_mtime_ns for path in paths[:2]] == times[:2]
    assert np.abs(np.asarray(Image.open(paths[2])).astype(int) - third).max() <= 2
    assert (tmp_path / "sheet.png").is_file()


def test_imgedit_results_are_named_by_key_and_keep_the_proportions(tiny, tmp_path, imgedit):
    out = tmp_path / "run"
    assert evaluate_imgedit(tiny, out, *imgedit, **QUICK, sheet=tmp_path / "sheet.png") == {"pictures": 1}
    width, height = Image.open(out / "1082.png").size
    assert width / height == pytest.approx(1.5, rel=0.05)


def test_a_limit_takes_prompts_from_the_whole_file(tiny, tmp_path, wise):
    evaluate_wise(tiny, tmp_path / "run", [wise], **QUICK, limit=2)
    assert sorted(path.name for path in (tmp_path / "run").glob("*.png")) == ["701.png", "703.png"]


def test_wise_files_are_checked(tmp_path, wise):
    with pytest.raises(EvaluationError, match="There is no file"):
        read_wise([tmp_path / "none.json"])
    with pytest.raises(EvaluationError, match="701 comes twice"):
        read_wise([wise, wise])
    (tmp_path / "other.json").write_text('[{"prompt": "a cat"}]')
    with pytest.raises(EvaluationError, match="not a list of WISE prompts"):
        read_wise([tmp_path / "other.json"])
    (tmp_path / "cut.json").write_text('[{"prompt_id": 1')
    with pytest.raises(EvaluationError, match="not a JSON file"):
        read_wise([tmp_path / "cut.json"])


def test_imgedit_names_a_picture_that_is_not_there(imgedit):
    path, root = imgedit
    (root / "animal" / "000342021.jpg").unlink()
    with pytest.raises(EvaluationError, match="1 pictures .* the first is .*000342021.jpg"):
        read_imgedit(path, root)


def test_imgedit_names_a_picture_that_cannot_be_read(tiny, tmp_path, imgedit):
    path, root = imgedit
    (root / "animal" / "000342021.jpg").write_bytes(b"not a picture")
    with pytest.raises(EvaluationError, match="A picture of 1082 cannot be used"):
        evaluate_imgedit(tiny, tmp_path / "run", path, root, **QUICK)
