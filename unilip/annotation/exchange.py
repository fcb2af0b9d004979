"""Votes as flat records, one for each vote and each undo, in JSONL or CSV: written to be analysed elsewhere, and read
back. A record holds everything that one needs to make sense of it, and nothing about where an annotator came from."""

import csv
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Connection, select

from unilip.annotation.errors import StudyError
from unilip.annotation.judgement import CRITERIA, UNDO
from unilip.annotation.pictures import DIGEST
from unilip.annotation.tables import annotators, assignments, comparisons, contestants, items, results, studies, votes

SIDES = ("left", "right")
OPTIONAL = " or None"

# Every field of a record with the type of its value. Times are seconds since 1970.
FIELDS: dict[str, str] = {
    "study": "str",  # its title
    "study_seed": "int",  # of orders and sides
    "study_repeats": "float",
    "study_overlap": "int or None",
    "study_created_at": "float",
    "vote": "int",  # from 1 in the order of time
    "annotator": "str",  # pseudonym
    "annotator_number": "int",
    "flagged": "bool",
    "position": "int",  # in the annotator's order
    "repeat_of": "int or None",  # the position of the first time
    "item": "str",
    "prompt": "str",
    "category": "str",
    "source": "digest or None",  # SHA-256 of the input picture's file, as the results' below
    **{f"{side}{what}": kind for side in SIDES for what, kind in (("", "str"), ("_picture", "digest"))},
    **{f"{side}_settings": "object or None" for side in SIDES},
    **{f"{side}_seed": "int or None" for side in SIDES},  # of the noise
    "choice": "str",  # left, right, tie, bad or undo
    "retracts": "int or None",  # the vote that an undo takes back
    "shown_at": "float or None",
    "answered_at": "float",
    **{f"{side}_{criterion}": "int or None" for side in SIDES for criterion in CRITERIA},
    **{f"{side}_tags": "list" for side in SIDES},
    **{f"{side}_box": "list or None" for side in SIDES},
    "note": "str",
    "client_id": "str",
}
# A spreadsheet takes a cell that starts so for a formula; such texts get an apostrophe before them, as do those that
# have one, so that reading takes off what writing put on.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def records(connection: Connection, study: str, standing: bool = False) -> Iterator[dict[str, Any]]:
    """A study's votes and undos in the order of time, or only the votes that stand."""
    about = connection.execute(select(studies).where(studies.c.id == study)).one()
    shared = {
        "study": about.title,
        "study_seed": about.seed,
        "study_repeats": about.repeats,
        "study_overlap": about.overlap,
        "study_created_at": about.created_at,
    }
    by_item = {row.id: row for row in connection.execute(select(items).where(items.c.study_id == study))}
    entrants = {row.id: row for row in connection.execute(select(contestants).where(contestants.c.study_id == study))}
    people = {row.id: row for row in connection.execute(select(annotators).where(annotators.c.study_id == study))}
    made = select(results).join(items, items.c.id == results.c.item_id).where(items.c.study_id == study)
    pictures = {(row.item_id, row.contestant_id): row for row in connection.execute(made)}
    first = assignments.alias()
    query = (
        select(
            votes,
            assignments.c.position,
            assignments.c.swapped,
            first.c.position.label("first_position"),
            comparisons.c.item_id,
            comparisons.c.first_id,
            comparisons.c.second_id,
        )
        .join(assignments, assignments.c.id == votes.c.assignment_id)
        .join(first, first.c.id == assignments.c.repeat_of, isouter=True)
        .join(comparisons, comparisons.c.id == assignments.c.comparison_id)
        .join(annotators, annotators.c.id == votes.c.annotator_id)
        .where(annotators.c.study_id == study)
        .order_by(votes.c.id)
    )
    if standing:
        retracted = votes.alias().c
        query = query.where(
            votes.c.choice != UNDO, ~select(retracted.id).where(retracted.retracts == votes.c.id).exists()
        )
    copied = [name for name in FIELDS if name in votes.c and name != "retracts"]
    numbers: dict[int, int] = {}
    for row in connection.execute(query).mappings():
        numbers[row["id"]] = len(numbers) + 1
        item, person = by_item[row["item_id"]], people[row["annotator_id"]]
        record = {
            **shared,
            "vote": numbers[row["id"]],
            "annotator": person.name,
            "annotator_number": person.number,
            "flagged": person.flagged,
            "position": row["position"],
            "repeat_of": row["first_position"],
            "item": item.name,
            "prompt": item.prompt,
            "category": item.category,
            "source": item.source,
            "retracts": None if row["retracts"] is None else numbers[row["retracts"]],
        }
        shown = (row["first_id"], row["second_id"])
        for side, contestant in zip(SIDES, reversed(shown) if row["swapped"] else shown, strict=True):
            picture = pictures[row["item_id"], contestant]
            record |= {
                side: entrants[contestant].name,
                f"{side}_settings": entrants[contestant].settings,
                f"{side}_picture": picture.picture,
                f"{side}_seed": picture.seed,
            }
        yield record | {name: row[name] for name in copied}


def write(path: Path, records: Iterable[dict[str, Any]]) -> int:
    """Writes records to a .jsonl or .csv file, which is there whole or not at all; returns how many."""
    writers = {".jsonl": _write_jsonl, ".csv": _write_csv}
    if path.suffix.lower() not in writers:
        raise StudyError(f"Votes are written to a .jsonl or a .csv file, not to {path.name}.")
    partial = path.with_name(f"{path.name}.part")
    with partial.open("w", encoding="utf-8", newline="") as file:
        count = writers[path.suffix.lower()](file, records)
    os.replace(partial, path)
    return count


def read(path: Path) -> list[dict[str, Any]]:
    """The records in a file that `write` made.

    Raises:
        StudyError: it is none, or a record lacks a field or has a value of a wrong type.
    """
    if not path.is_file():
        raise StudyError(f"There is no file {path}.")
    parsers = {".jsonl": _parse_jsonl, ".csv": _parse_csv}
    if path.suffix.lower() not in parsers:
        raise StudyError(f"Votes are read from a .jsonl or a .csv file, not from {path.name}.")
    found = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, raw in enumerate(parsers[path.suffix.lower()](file), start=1):
                found.append({name: _typed(name, kind, raw, number) for name, kind in FIELDS.items()})
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise StudyError(f"{path.name} is damaged: record {len(found) + 1} cannot be read.") from error
    if not found:
        raise StudyError(f"{path.name} holds no votes.")
    return found


def _write_jsonl(file: TextIO, records: Iterable[dict[str, Any]]) -> int:
    count = 0
    for record in records:
        file.write(json.dumps({name: record[name] for name in FIELDS}, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(file: TextIO, records: Iterable[dict[str, Any]]) -> int:
    writer = csv.DictWriter(file, FIELDS)
    writer.writeheader()
    count = 0
    for record in records:
        writer.writerow({name: _cell(record[name]) for name in FIELDS})
        count += 1
    return count


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _parse_jsonl(file: TextIO) -> Iterator[dict[str, Any]]:
    for line in file:
        if line.strip():
            record = json.loads(line)
            yield record if isinstance(record, dict) else {}


def _parse_csv(file: TextIO) -> Iterator[dict[str, Any]]:
    for row in csv.DictReader(file, strict=True):
        record = {}
        for name, cell in row.items():
            kind = FIELDS.get(name, "")
            if cell is None or (cell == "" and kind.endswith(OPTIONAL)):
                record[name] = None
            elif kind.startswith(("str", "digest")):
                record[name] = cell.removeprefix("'")
            elif kind:
                record[name] = json.loads(cell)
        yield record


def _typed(name: str, kind: str, record: dict[str, Any], number: int) -> Any:
    types = {"str": str, "digest": str, "int": int, "float": (int, float), "bool": bool, "list": list, "object": dict}
    if name not in record:
        raise StudyError(f"Record {number} has no {name}: this is no export of a study.")
    value = record[name]
    expected = types[kind.removesuffix(OPTIONAL)]
    optional = kind.endswith(OPTIONAL) and value is None
    if not optional and (not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool)):
        raise StudyError(f"Record {number} holds no {kind} as its {name}: {str(value)[:40]!r}.")
    # A picture's file is found by it: what else it could be would be a path to any file of this machine.
    if kind.startswith("digest") and value is not None and not DIGEST.fullmatch(value):
        raise StudyError(f"Record {number} holds no name of a picture as its {name}: {value[:40]!r}.")
    return value
