"""A study from the command line, from making it to its report."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.annotation.conftest import paint
from unilip.annotation.cli import app
from unilip.annotation.errors import StudyError
from unilip.annotation.judging import Ballot
from unilip.annotation.sampling import Settings
from unilip.annotation.store import Store


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Calls a command, and returns what it said; an `error` must be among it where the command is to fail."""
    monkeypatch.setenv("UNILIP_STUDIES", str(tmp_path / "studies"))

    def call(*arguments, error=None):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if error is None:
            assert result.exit_code == 0, result.output
        else:
            assert result.exit_code in (1, 2) and error in result.output, result.output
        return result.stdout

    return call


@pytest.fixture
def made(study, tmp_path):
    (tmp_path / "items.csv").write_text("id,prompt,category\n" + "".join(f"{n},p{n},c{n % 2}\n" for n in range(8)))
    for number in range(8):
        for shade, name in enumerate("ab"):
            paint(tmp_path / name / f"{number}.png", number + 10 * shade)
    folders = [f"--pictures={name}={tmp_path / name}" for name in "ab"]
    said = study("create", tmp_path / "items.csv", *folders, "--title", "Which is better?")
    return said.splitlines()[0].split()[-1]


def vote(tmp_path, token):
    store = Store(tmp_path / "studies")
    judge = store.judge(token)
    while (pair := judge.next()) is not None:
        judge.vote(str(pair.assignment), pair.assignment, Ballot("left"), pair.shown_at)
    store.close()


def test_from_a_table_to_the_report(study, made, tmp_path):
    vote(tmp_path, study("invite", made, "ann").strip())
    assert f"{made}  Which is better?: 8 items, 8 votes, 16 of 16 pictures, open" in study("list")
    said = study("report", made, tmp_path / "report.html")
    assert "a: win rate" in said and " leads " in said
    assert "<h1>Which is better?</h1>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    study("export", made, tmp_path / "votes.csv")
    again = study("import", tmp_path / "votes.csv").splitlines()[0].split()[-1]
    # Of the items that nobody voted on an export knows nothing; here all have votes.
    assert study("report", again, tmp_path / "again.html").splitlines()[:-1] == said.splitlines()[:-1]
    study("flag", made, "ann")
    study("report", made, "--leave-out-flagged", error="left out")
    study("delete", made, "--yes")
    assert made not in study("list")


def test_settings_are_run_here(study, tmp_path, tiny_folder):
    paint(tmp_path / "cat.png", 5)
    items = [{"id": "drawn", "prompt": "a cat"}, {"id": "edited", "prompt": "make it red", "image": "cat.png"}]
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, items)))
    contestants = [f"--settings={name}=guidance={name[1]},steps=2,model={tiny_folder}" for name in ("g1", "g7")]
    made = study("create", tmp_path / "items.jsonl", *contestants, "--seed=3").splitlines()[0].split()[-1]
    assert "0 of 4 pictures" in study("list")
    study("run", made, "--device=cpu", "--dtype=float32")
    assert "4 of 4 pictures" in study("list")
    store = Store(tmp_path / "studies")
    assert store.administer(made).overview().contestants["g7"]["guidance"] == 7.0
    judge = store.judge(store.join(made, "ann").token)
    pairs = {pair.prompt: pair for pair in (judge.next(), judge.skip(judge.next().assignment) or judge.next())}
    assert pairs["make it red"].source is not None and pairs["a cat"].source is None
    assert all(pair.left != pair.right for pair in pairs.values())  # guidance changes the pictures
    store.close()


def test_what_is_wrong_is_said_in_one_line(study, made, tmp_path):
    study("create", tmp_path / "no.csv", error="Error: There is no file")
    study("create", tmp_path / "items.csv", "--pictures=a", error='Error: --pictures needs a name, "="')
    study("create", tmp_path / "items.csv", f"--pictures=a={tmp_path / 'a'}", error="2 to 20 contestants")
    study("create", tmp_path / "items.csv", "--settings=a=speed=2", error="There is no setting speed")
    study("report", "none", error="Error: There is no study none.")
    study("report", made, error="Error: There are no votes yet.")
    study("export", made, tmp_path / "votes.txt", error="Error: Votes are written")
    study("flag", made, "nobody", error="Error: There is no annotator")


def test_a_deletion_asks_first(study, made):
    study("delete", made, error="Delete")
    assert made in study("list")


def test_settings_in_words():
    parsed = Settings.parse("guidance=7.5, steps=5,letterbox=true,own_pixels=false,model=a/b,negative_prompt=dull grey")
    assert parsed == Settings("a/b", 5, 7.5, "dull grey", True, False)
    assert Settings.parse("") == Settings()
    for text in ("guidance", "guidance=x", "guidance=99", "steps=0", "steps=1.5", "own_pixels=perhaps", "guidance=nan"):
        with pytest.raises(StudyError):
            Settings.parse(text)


def test_the_example_is_a_command(study):
    made = study("example").splitlines()[0].split()[-1]
    assert f"{made}  Gentle or firm guidance?: 30 items, 0 votes, 0 of 60 pictures" in study("list")


def test_help_and_the_store_wait_for_nothing_heavy():
    program = (
        "import sys; import unilip.annotation.cli; assert not {'sqlalchemy', 'pandas', 'PIL'} & set(sys.modules); "
        "import unilip.annotation.store, unilip.annotation.example, unilip.annotation.report; "
        "assert not {'torch', 'gradio', 'diffusers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
