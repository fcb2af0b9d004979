"""A study made of exported votes, to read its results elsewhere or later."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from unilip.annotation import rows, tables
from unilip.annotation.errors import StudyError
from unilip.annotation.exchange import SIDES
from unilip.annotation.judgement import CRITERIA, UNDO
from unilip.annotation.judging import Ballot

Record = dict[str, Any]


def insert_records(connection: Connection, records: Sequence[Record], token: str) -> str:
    """Adds a study with the votes in `records`, as `exchange.read` returns them, and returns its id.

    Raises:
        StudyError: the records contradict each other, or a vote is not one that could have been given.
    """
    head = records[0]
    study = rows.insert_study(
        connection,
        token,
        title=head["study"],
        seed=head["study_seed"],
        repeats=head["study_repeats"],
        overlap=head["study_overlap"],
        open=False,
        created_at=head["study_created_at"],
    )
    ids = _insert_comparisons(connection, study, records)
    annotators = _insert_annotators(connection, study, records)
    places = _insert_assignments(connection, records, annotators, ids)
    _insert_votes(connection, records, annotators, places)
    return study


def _insert_comparisons(connection: Connection, study: str, records: Sequence[Record]) -> dict[tuple, int]:
    """Adds the items, contestants and results; the comparisons' ids by item, first and second contestant."""
    items = {
        record["item"]: {"name": record["item"]} | {name: record[name] for name in ("prompt", "category", "source")}
        for record in records
    }
    contestants = {
        record[side]: {"name": record[side], "settings": record[f"{side}_settings"]}
        for record in records
        for side in SIDES
    }
    ordered = [contestants[name] for name in sorted(contestants)]
    item_ids, contestant_ids = rows.insert_items(connection, study, list(items.values()), ordered)
    results = {
        (record["item"], record[side]): {
            "item_id": item_ids[record["item"]],
            "contestant_id": contestant_ids[record[side]],
            "picture": record[f"{side}_picture"],
            "seed": record[f"{side}_seed"],
        }
        for record in records
        for side in SIDES
    }
    connection.execute(insert(tables.results), list(results.values()))
    pairs: dict[tuple, dict[str, int]] = {}
    for record in records:
        key = _pair(record)
        if key[1] == key[2]:
            raise StudyError(f"Vote {record['vote']} compares {key[1]} with itself.")
        pair = {"item_id": item_ids[key[0]], "first_id": contestant_ids[key[1]], "second_id": contestant_ids[key[2]]}
        pairs.setdefault(key, {**pair, "answers": 0})
        if record["repeat_of"] is None:
            pairs[key]["answers"] += -1 if record["choice"] == UNDO else 1
    comparisons = tables.comparisons
    connection.execute(insert(comparisons), list(pairs.values()))
    columns = (comparisons.c.id, comparisons.c.item_id, comparisons.c.first_id, comparisons.c.second_id)
    known = connection.execute(select(*columns).where(comparisons.c.item_id.in_(list(item_ids.values()))))
    by_ids = {tuple(row[1:]): row[0] for row in known}
    return {key: by_ids[pair["item_id"], pair["first_id"], pair["second_id"]] for key, pair in pairs.items()}


def _pair(record: Record) -> tuple[str, str, str]:
    return (record["item"], *sorted((record["left"], record["right"])))


def _insert_annotators(connection: Connection, study: str, records: Sequence[Record]) -> dict[str, int]:
    people = {
        record["annotator"]: {
            "study_id": study,
            "number": record["annotator_number"],
            "name": record["annotator"],
            "owner": False,
            "flagged": record["flagged"],
            "created_at": record["study_created_at"],
        }
        for record in records
    }
    if rows.OWNER in people:
        raise StudyError(f'"{rows.OWNER}" cannot be the name of an annotator.')
    annotators = tables.annotators
    connection.execute(insert(annotators), list(people.values()))
    mine = select(annotators.c.name, annotators.c.id).where(annotators.c.study_id == study, ~annotators.c.owner)
    return dict(connection.execute(mine).all())


def _insert_assignments(
    connection: Connection, records: Sequence[Record], annotators: dict[str, int], comparisons: dict[tuple, int]
) -> dict[tuple[str, int], int]:
    """The ids by annotator and position."""
    places: dict[tuple[str, int], dict[str, Any]] = {}
    repeat_of: dict[tuple[str, int], tuple[str, int]] = {}
    for record in records:
        key = (record["annotator"], record["position"])
        place = {
            "annotator_id": annotators[record["annotator"]],
            "position": record["position"],
            "comparison_id": comparisons[_pair(record)],
            "swapped": record["left"] > record["right"],
            "repeat_of": None,
            "turn": record["position"],
        }
        known = places.setdefault(key, place)
        if {**known, "answered": None} != {**place, "answered": None}:
            raise StudyError(f"Vote {record['vote']} contradicts an earlier one about what was shown there.")
        known["answered"] = record["choice"] != UNDO
        if record["repeat_of"] is not None:
            repeat_of[key] = (record["annotator"], record["repeat_of"])
    once = [(key[0], place["comparison_id"]) for key, place in places.items() if key not in repeat_of]
    if len(set(once)) < len(once):
        raise StudyError("An annotator has judged the same pair at two positions, of which neither is a repeat.")
    absent = [first for first in repeat_of.values() if first not in places or first in repeat_of]
    if absent:
        raise StudyError(f"The file lacks the vote at position {absent[0][1]} of {absent[0][0]}, which was repeated.")
    assignments = tables.assignments

    def add(keys: Sequence[tuple[str, int]]) -> None:
        if keys:
            connection.execute(insert(assignments), [places[key] for key in keys])

    columns = (assignments.c.annotator_id, assignments.c.position, assignments.c.id)
    mine = select(*columns).where(assignments.c.annotator_id.in_(list(annotators.values())))
    names = {number: name for name, number in annotators.items()}
    add([key for key in places if key not in repeat_of])
    ids = {(names[row.annotator_id], row.position): row.id for row in connection.execute(mine)}
    for key, first in repeat_of.items():
        places[key]["repeat_of"] = ids[first]
    add(list(repeat_of))
    return {(names[row.annotator_id], row.position): row.id for row in connection.execute(mine)}


def _insert_votes(
    connection: Connection,
    records: Sequence[Record],
    annotators: dict[str, int],
    places: dict[tuple[str, int], int],
) -> None:
    standing: dict[tuple[str, int], int] = {}  # the vote that stands at a place
    ids: dict[int, int] = {}  # in the database, by the number in the file
    seen: set[tuple[str, str]] = set()
    for record in records:
        place = (record["annotator"], record["position"])
        undo = record["choice"] == UNDO
        client = (record["annotator"], record["client_id"])
        follows = record["retracts"] == standing.get(place) if undo else record["retracts"] is None
        if not follows or undo == (place not in standing) or record["vote"] in ids or client in seen:
            raise StudyError(f"Vote {record['vote']} contradicts an earlier one.")
        if undo:
            row: dict[str, object] = {"choice": UNDO, "note": "", "left_tags": [], "right_tags": []}
            del standing[place]
        else:
            row = _ballot(record).columns()
            standing[place] = record["vote"]
        row |= {"annotator_id": annotators[place[0]], "assignment_id": places[place]}
        row |= {name: record[name] for name in ("client_id", "shown_at", "answered_at")}
        row["retracts"] = ids[record["retracts"]] if undo else None
        seen.add(client)
        # One at a time: an undo needs the id of its vote, and the ids' order is the order of time.
        ids[record["vote"]] = connection.execute(insert(tables.votes).values(row)).inserted_primary_key[0]


def _ballot(record: Record) -> Ballot:
    scores = {
        side: {name: record[f"{side}_{name}"] for name in CRITERIA if record[f"{side}_{name}"] is not None}
        for side in SIDES
    }
    return Ballot(
        record["choice"],
        scores["left"],
        scores["right"],
        record["left_tags"],
        record["right_tags"],
        record["left_box"],
        record["right_box"],
        record["note"],
    )
