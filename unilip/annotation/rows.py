"""Rows that more than one part of the store writes: studies, items, annotators. Callers hold the transaction."""

import hashlib
import re
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from unilip.annotation import tables
from unilip.annotation.database import Database
from unilip.annotation.errors import AccessError, StudyError, StudyGoneError
from unilip.annotation.order import arrange
from unilip.annotation.pictures import Pictures

MAX_NAME = 60  # characters
NUMBERED = re.compile(r"annotator \d+")  # names of those who log in
OWNER = "owner"  # the name of the owner's own row among the annotators


def new_token() -> str:
    return secrets.token_urlsafe(24)


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def insert_study(connection: Connection, token: str, **columns: Any) -> str:
    """Adds a study with its owner and returns its id."""
    study = secrets.token_hex(8)
    connection.execute(insert(tables.studies).values(id=study, **columns))
    owner = {"number": 0, "name": OWNER, "owner": True, "flagged": False, "token_hash": hashed(token)}
    connection.execute(insert(tables.annotators).values(study_id=study, created_at=columns["created_at"], **owner))
    return study


def lock_study(connection: Connection, study: str) -> Row:
    """The study's row; other transactions that lock it wait until this one ends.

    Raises:
        StudyGoneError: there is no such study.
    """
    found = connection.execute(select(tables.studies).where(tables.studies.c.id == study).with_for_update()).first()
    if found is None:
        raise StudyGoneError("There is no such study; it may have been deleted.")
    return found


def insert_items(
    connection: Connection, study: str, items: Sequence[Mapping[str, Any]], contestants: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, int], dict[str, int]]:
    """Adds items and contestants (columns but for study and position); returns the ids of both by name."""
    for table, rows in ((tables.items, items), (tables.contestants, contestants)):
        placed = [{**row, "study_id": study, "position": position} for position, row in enumerate(rows)]
        connection.execute(insert(table), placed)
    return tuple(
        dict(connection.execute(select(table.c.name, table.c.id).where(table.c.study_id == study)).all())
        for table in (tables.items, tables.contestants)
    )


def insert_comparisons(connection: Connection, items: Collection[int], contestants: Collection[int]) -> None:
    """Every two contestants are compared on every item."""
    pairs = [
        {"item_id": item, "first_id": first, "second_id": second, "answers": 0}
        for item in items
        for first, second in combinations(contestants, 2)
    ]
    connection.execute(insert(tables.comparisons), pairs)


def check_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise StudyError("The name is empty.")
    if len(name) > MAX_NAME or not name.isprintable():
        raise StudyError(f"A name has at most {MAX_NAME} characters, on one line.")
    return name


def insert_annotator(
    connection: Connection, study: str, name: str | None = None, token: str | None = None, login_hash: str | None = None
) -> int:
    """Adds an annotator with the order in which they see the comparisons, and returns their id.

    Args:
        name: None names them by their number.
        token, login_hash: how they are known again.
    """
    annotators, assignments = tables.annotators, tables.assignments
    number = 1 + connection.scalar(select(func.max(annotators.c.number)).where(annotators.c.study_id == study))
    if name is None:
        name = f"annotator {number}"
    elif NUMBERED.fullmatch(name := check_name(name)):
        raise StudyError("Such names are given to those who log in: take another.")
    taken = select(annotators.c.id).where(annotators.c.study_id == study, annotators.c.name == name)
    if connection.scalar(taken) is not None:
        raise AccessError(f'Somebody is called "{name}" here: sign in with the token of that name, or take another.')
    row = {"study_id": study, "number": number, "name": name, "login_hash": login_hash}
    row["token_hash"] = None if token is None else hashed(token)
    row |= {"owner": False, "flagged": False, "created_at": time.time()}
    annotator = connection.execute(insert(annotators).values(row)).inserted_primary_key[0]

    settings = connection.execute(select(tables.studies).where(tables.studies.c.id == study)).one()
    comparisons, items = tables.comparisons, tables.items
    in_order = (
        select(comparisons.c.id)
        .join(items, items.c.id == comparisons.c.item_id)
        .where(items.c.study_id == study)
        .order_by(items.c.position, comparisons.c.first_id, comparisons.c.second_id)
    )
    ids = connection.scalars(in_order).all()
    places = [
        {
            "annotator_id": annotator,
            "position": position,
            "comparison_id": ids[place.comparison],
            "swapped": place.swapped,
            "repeat_of": place.repeat_of,  # a position, until the ids of these are known
            "turn": position,
            "answered": False,
        }
        for position, place in enumerate(arrange(range(len(ids)), settings.seed, number, settings.repeats))
    ]
    connection.execute(insert(assignments), [place for place in places if place["repeat_of"] is None])
    by_position = select(assignments.c.position, assignments.c.id).where(assignments.c.annotator_id == annotator)
    first = dict(connection.execute(by_position).all())
    repeats = [place | {"repeat_of": first[place["repeat_of"]]} for place in places if place["repeat_of"] is not None]
    if repeats:
        connection.execute(insert(assignments), repeats)
    return annotator


def has_picture(connection: Connection, study: str, digest: str) -> bool:
    """Whether a picture is an input or a result of the study."""
    items, results = tables.items, tables.results
    inputs = select(items.c.id).where(items.c.study_id == study, items.c.source == digest)
    outputs = (
        select(items.c.id)
        .join(results, results.c.item_id == items.c.id)
        .where(items.c.study_id == study, results.c.picture == digest)
    )
    return any(connection.execute(query.limit(1)).first() for query in (inputs, outputs))


def sweep(database: Database, pictures: Pictures) -> None:
    """Deletes the pictures that no study has."""
    with database.write() as connection:
        database.lock_pictures(connection)
        used = {
            *connection.scalars(select(tables.items.c.source)),
            *connection.scalars(select(tables.results.c.picture)),
        }
        pictures.keep_only(used)
