"""Multiple-choice questions in VLMEvalKit's tables: how they are asked, which letter was chosen, what counts."""

import base64
import io

import pandas as pd
import pytest
from PIL import Image

from unilip.evaluation import choices
from unilip.evaluation.choices import as_asked, chosen, evaluate_choices, read_questions
from unilip.evaluation.records import EvaluationError

OFFERED = {"A": "a cat", "B": "a dog", "C": "a red bus"}


def base64_of(color: str) -> str:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def questions(tmp_path):
    """Two questions, the first also with its options turned round, and its picture by reference."""
    rows = [
        {"index": 7, "hint": "Look.", "question": "What is it?", "A": "red", "B": "blue", "C": "", "answer": "A",
         "category": "color", "image": base64_of("red")},
        {"index": 1000007, "hint": "", "question": "What is it?", "A": "blue", "B": "red", "C": "", "answer": "B",
         "category": "color", "image": "7"},
        {"index": 8, "hint": "", "question": "And this?", "A": "one", "B": "two", "C": "three", "answer": "C",
         "category": "number", "image": base64_of("blue")},
    ]  # fmt: skip
    path = tmp_path / "questions.tsv"
    pd.DataFrame(rows).to_csv(path, sep="\t", index=False)
    return path


def test_a_question_is_asked_as_internvl_asks(questions):
    table = read_questions(questions)
    assert as_asked(table.loc["7"]) == (
        "Look.\nWhat is it?\nA. red\nB. blue\nAnswer with the option's letter from the given choices directly."
    )
    assert "\nC. three\n" in as_asked(table.loc["8"])


@pytest.mark.parametrize(("reply", "letter"), [
    ("B", "B"), ("B.", "B"), ("(C)", "C"), ("A. a cat", "A"), ("A: the cat", "A"), ("The answer is C.", "C"),
    ("a dog", "B"), ("A red bus.", "C"), ("A dog", "B"), ("D", None), ("a horse", None), ("It is B or C", None),
    ("", None),
])  # fmt: skip
def test_the_letter_of_a_reply(reply, letter):
    assert chosen(reply, OFFERED) == letter


def test_answers_are_counted_by_category_and_in_every_order(tiny, questions, tmp_path, monkeypatch):
    monkeypatch.setattr(choices, "chosen", lambda reply, offered: {"red": "A", "blue": "A", "one": "C"}[offered["A"]])
    scores = evaluate_choices(tiny, tmp_path / "run", questions, max_tiles=1)
    assert scores == {"color": 0.5, "number": 1.0, "circular": 0.5, "overall": pytest.approx(2 / 3)}


def test_a_run_goes_on_and_writes_what_vlmevalkit_reads(tiny, questions, tmp_path, monkeypatch):
    out = tmp_path / "run"
    whole = evaluate_choices(tiny, out, questions, max_tiles=2)
    written = pd.read_csv(out / "predictions.tsv", sep="\t")
    assert list(written["index"]) == [7, 1000007, 8] and "prediction" in written and "image" not in written
    lines = (out / "records.jsonl").read_text().splitlines()
    (out / "records.jsonl").write_text(lines[0] + "\n")
    asked, chat = [], tiny.chat
    monkeypatch.setattr(tiny, "chat", lambda messages, **more: asked.append(messages) or chat(messages, **more))
    assert evaluate_choices(tiny, out, questions, max_tiles=2) == whole
    assert len(asked) == 2
    picture = asked[0][0]["content"][0]["image"]
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 0, 0)  # that of the row it refers to


def test_tiles_change_the_answers_input(tiny, questions, tmp_path, monkeypatch):
    tiles, chat = [], tiny.chat
    monkeypatch.setattr(tiny, "chat", lambda *all, **more: tiles.append(more["max_tiles"]) or chat(*all, **more))
    evaluate_choices(tiny, tmp_path / "run", questions, max_tiles=3, limit=1)
    assert tiles == [3]


@pytest.mark.parametrize(("change", "said"), [
    (lambda table: table.drop(columns="answer"), "no column answer"),
    (lambda table: table.assign(image="no picture at all, but too long to be a reference to another row of it"),
     "question 7 cannot be read"),
])  # fmt: skip
def test_what_is_wrong_with_a_table_is_said(tiny, questions, tmp_path, change, said):
    change(pd.read_csv(questions, sep="\t", dtype=str, keep_default_na=False)).to_csv(questions, sep="\t", index=False)
    with pytest.raises(EvaluationError, match=said):
        evaluate_choices(tiny, tmp_path / "run", questions)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(EvaluationError, match="There is no file"):
        read_questions(tmp_path / "none.tsv")
