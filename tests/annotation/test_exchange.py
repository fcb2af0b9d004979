"""Votes leave and come back without loss, and damaged files are refused whole."""

import csv
import json

import pytest

from unilip.annotation.errors import StudyError
from unilip.annotation.exchange import FIELDS, read
from unilip.annotation.judging import Ballot

NOTE = "=1+1\n\"quoted\", 'plain', tab\t\u2028ünd 雪\r\n"


@pytest.fixture
def voted(store, make_study):
    """A study with votes of two annotators, with repeats and an undo; its owner."""
    ticket = make_study(12, contestants=3, images=True, repeats=0.2, overlap=2)
    for name in ("ann", "'ben"):
        judge = store.judge(store.join(ticket.study, name).token)
        for turn in range(30):
            pair = judge.next()
            choice = ("left", "right", "tie", "bad")[turn % 4]
            box = (0.25, 0.1, 0.5, 1 / 3) if turn == 3 else None
            ballot = Ballot(choice, {"quality": 1 + turn % 5}, {}, ["artefacts"], [], box, None, NOTE if turn else "")
            judge.vote(str(turn), pair.assignment, ballot, pair.shown_at if turn % 2 else None)
        judge.undo("undo")
    owner = store.owner(ticket.token)
    owner.flag("ann")
    return owner


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_a_round_trip_keeps_every_judgement(store, voted, tmp_path, suffix):
    path, again = tmp_path / f"votes.{suffix}", tmp_path / f"again.{suffix}"
    assert voted.export(path) == 62
    copy = store.owner(store.load(path).token)
    assert copy.judgements() == voted.judgements() and len(voted.judgements()) == 58
    assert any(judgement.repeat for judgement in voted.judgements())
    assert copy.overview().seed == voted.overview().seed and not copy.overview().open
    copy.export(again)
    assert again.read_bytes() == path.read_bytes()


def test_a_record_holds_what_an_analysis_needs(voted, tmp_path):
    voted.export(tmp_path / "votes.jsonl")
    record = json.loads((tmp_path / "votes.jsonl").read_text(encoding="utf-8").split("\n")[1])
    assert list(record) == list(FIELDS)
    assert {record["left"], record["right"]} < {"a", "b", "c"} and record["study_seed"] == 5
    assert len(record["left_picture"]) == len(record["source"]) == 64 and record["note"] == NOTE
    assert "token" not in json.dumps(record) and "address" not in json.dumps(record)


def test_a_spreadsheet_finds_no_formulas(voted, tmp_path):
    voted.export(tmp_path / "votes.csv")
    with (tmp_path / "votes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 62 and not any(cell.startswith("=") for row in rows for cell in row.values())


def test_other_kinds_of_files_are_refused(store, voted, tmp_path):
    with pytest.raises(StudyError, match=".jsonl or a .csv"):
        voted.export(tmp_path / "votes.xlsx")
    (tmp_path / "votes.txt").touch()
    with pytest.raises(StudyError, match=".jsonl or a .csv"):
        store.load(tmp_path / "votes.txt")
    with pytest.raises(StudyError, match="no file"):
        store.load(tmp_path / "absent.csv")


def spoil(name, value, index=1):
    def change(records):
        records[index][name] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (spoil("choice", "up"), "A vote is one of"),
        (spoil("left_picture", "/home/ann/private/scan"), "no name of a picture as its left_picture"),
        (spoil("right_picture", "../../private/scan"), "no name of a picture as its right_picture"),
        (spoil("source", "0" * 63 + "/"), "no name of a picture as its source"),
        (spoil("left_quality", 9), "Scores are"),
        (spoil("answered_at", "now"), "Record 2 holds no float as its answered_at"),
        (spoil("flagged", 1), "holds no bool as its flagged"),
        (lambda records: records[1].update(left=records[1]["right"]), "with itself"),
        (lambda records: records[1].update(position=records[0]["position"]), "contradicts an earlier one"),
        (
            lambda records: next(one for one in records if one["repeat_of"] is not None).update(repeat_of=None),
            "neither",
        ),
        (spoil("client_id", "0"), "contradicts an earlier one"),
        (spoil("vote", 1), "contradicts an earlier one"),
        (spoil("retracts", 5, -1), "contradicts an earlier one"),
        (lambda records: records[1].pop("item"), "has no item"),
        (lambda records: records.clear(), "holds no votes"),
        (lambda records: records.append([1]), "has no study"),
    ],
)
def test_a_spoilt_file_makes_no_study(store, voted, tmp_path, change, message):
    path = tmp_path / "votes.jsonl"
    voted.export(path)
    records = read(path)
    change(records)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        store.load(path)
    assert len(store.studies()) == 1


def test_a_file_cut_short_is_refused(store, voted, tmp_path):
    path = tmp_path / "votes.jsonl"
    voted.export(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(StudyError, match="record 62 cannot be read"):
        store.load(path)
