"""What whoever runs a study sees and does: everybody's votes, the annotators, export, the study's end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from unilip.annotation import exchange, rows
from unilip.annotation.database import Database
from unilip.annotation.errors import StudyError, StudyGoneError
from unilip.annotation.judgement import CRITERIA, Judgement
from unilip.annotation.pictures import Pictures
from unilip.annotation.tables import annotators, assignments, contestants, items, results, studies


@dataclass(frozen=True)
class Overview:
    """A study as its owner sees it.

    `pictures` of `pictures_needed` are there; `votes` stand, repeats among them. `settings` of a contestant are None
    where its pictures were made elsewhere.
    """

    id: str
    title: str
    seed: int
    repeats: float
    overlap: int | None
    open: bool
    items: int
    contestants: dict[str, dict[str, Any] | None]
    pictures: int
    pictures_needed: int
    votes: int


@dataclass(frozen=True)
class Annotator:
    """An annotator's name, how many of their votes stand, and whether the owner flagged them as not to be trusted."""

    name: str
    votes: int
    flagged: bool


class Owner:
    """Made by `Store.owner`, which checks the token, or `Store.administer`. Every method raises StudyGoneError if the
    study was deleted meanwhile."""

    def __init__(self, database: Database, pictures: Pictures, study: str):
        self.database = database
        self.pictures = pictures
        self.study = study

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self.database.read() as connection:
            if connection.scalar(select(studies.c.id).where(studies.c.id == self.study)) is None:
                raise StudyGoneError("This study was deleted.")
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self.database.write() as connection:
            rows.lock_study(connection, self.study)
            yield connection

    def overview(self) -> Overview:
        with self._read() as connection:
            study = connection.execute(select(studies).where(studies.c.id == self.study)).one()
            entrants = connection.execute(
                select(contestants.c.name, contestants.c.settings)
                .where(contestants.c.study_id == self.study)
                .order_by(contestants.c.position)
            )
            settings = dict(entrants.all())
            count = connection.scalar(select(func.count()).where(items.c.study_id == self.study))
            made = (
                select(func.count())
                .select_from(results)
                .join(items, items.c.id == results.c.item_id)
                .where(items.c.study_id == self.study)
            )
            pictures = connection.scalar(made)
        return Overview(
            study.id, study.title, study.seed, study.repeats, study.overlap, study.open, count, settings, pictures,
            count * len(settings), sum(annotator.votes for annotator in self.annotators()),
        )  # fmt: skip

    def annotators(self) -> list[Annotator]:
        """All but the owner, in the order in which they came."""
        done = select(func.count()).where(assignments.c.annotator_id == annotators.c.id, assignments.c.answered)
        query = (
            select(annotators.c.name, done.scalar_subquery(), annotators.c.flagged)
            .where(annotators.c.study_id == self.study, ~annotators.c.owner)
            .order_by(annotators.c.number)
        )
        with self._read() as connection:
            return [Annotator(*row) for row in connection.execute(query)]

    def judgements(self) -> list[Judgement]:
        """The votes that stand, oldest first."""
        with self._read() as connection:
            return [_judgement(record) for record in exchange.records(connection, self.study, standing=True)]

    def may_see(self, digest: str) -> bool:
        """Whether a picture belongs to this study: what the server asks before it hands one out."""
        with self._read() as connection:
            return rows.has_picture(connection, self.study, digest)

    def export(self, path: Path) -> int:
        """Writes every vote and every undo to a .jsonl or .csv file, whole or not at all, and returns how many.

        Raises:
            StudyError: the file's name ends otherwise.
        """
        with self._read() as connection:
            return exchange.write(path, exchange.records(connection, self.study))

    def invite(self, name: str) -> str:
        """A token for an annotator, who is added if there is none of that name; an earlier token no longer works."""
        token = rows.new_token()
        mine = (
            (annotators.c.study_id == self.study) & (annotators.c.name == rows.check_name(name)) & ~annotators.c.owner
        )
        with self._write() as connection:
            renewed = connection.execute(update(annotators).where(mine).values(token_hash=rows.hashed(token)))
            if not renewed.rowcount:
                rows.insert_annotator(connection, self.study, name, token)
        return token

    def flag(self, name: str, flagged: bool = True) -> None:
        """Marks an annotator as not to be trusted, or takes the mark back; the votes stay.

        Raises:
            StudyError: there is no annotator of that name.
        """
        mine = (annotators.c.study_id == self.study) & (annotators.c.name == name) & ~annotators.c.owner
        with self._write() as connection:
            if not connection.execute(update(annotators).where(mine).values(flagged=flagged)).rowcount:
                raise StudyError(f'There is no annotator "{name}" in this study.')

    def set_open(self, open: bool) -> None:
        """Whether anybody may join by a name; who has joined goes on either way."""
        with self._write() as connection:
            connection.execute(update(studies).where(studies.c.id == self.study).values(open=open))

    def delete(self) -> None:
        """Deletes the study with its votes, and the pictures that no other study has."""
        with self._write() as connection:
            connection.execute(delete(studies).where(studies.c.id == self.study))
        rows.sweep(self.database, self.pictures)


def _judgement(record: dict[str, Any]) -> Judgement:
    shown, answered = record["shown_at"], record["answered_at"]
    scores = {
        side: {name: record[f"{side}_{name}"] for name in CRITERIA if record[f"{side}_{name}"] is not None}
        for side in ("left", "right")
    }
    return Judgement(
        annotator=record["annotator"],
        item=record["item"],
        category=record["category"],
        left=record["left"],
        right=record["right"],
        choice=record["choice"],
        repeat=record["repeat_of"] is not None,
        seconds=None if shown is None else answered - shown,
        left_scores=scores["left"],
        right_scores=scores["right"],
        left_tags=tuple(record["left_tags"]),
        right_tags=tuple(record["right_tags"]),
        flagged=record["flagged"],
    )
