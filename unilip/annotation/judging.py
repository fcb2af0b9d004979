"""One annotator's place in a study: what to judge next, and the votes. Everything here is theirs and nobody else's."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from unilip.annotation import rows
from unilip.annotation.database import Database
from unilip.annotation.errors import AccessError, AlreadyVotedError, StudyError, StudyGoneError
from unilip.annotation.judgement import CHOICES, CRITERIA, TAGS, UNDO
from unilip.annotation.order import repeat_gap
from unilip.annotation.tables import annotators, assignments, comparisons, items, results, studies, votes

MAX_NOTE = 2000  # characters
MAX_CLIENT_ID = 64  # characters
HASTY_SECONDS = 1.0  # nobody looks at two pictures and an instruction in less
PACE = 20  # votes
HASTY_RUN = 5  # hasty votes in a row before a word is said, and until the next one


@dataclass(frozen=True)
class Pair:
    """What an annotator is shown; nothing of it tells who made which picture.

    Attributes:
        assignment: names the pair in a vote.
        prompt: the prompt, or the instruction for the input picture.
        source: name of the input picture in the store's `Pictures`; None for a prompt alone.
        left, right: names of the two results.
        shown_at: when the pair was handed out, seconds since 1970; goes back with the vote.
    """

    assignment: int
    prompt: str
    source: str | None
    left: str
    right: str
    shown_at: float


@dataclass(frozen=True)
class Progress:
    """How many votes stand, of how many in all, how many pairs were put off, and the median time of the last PACE votes
    in seconds (None while no time is known)."""

    done: int
    total: int
    skipped: int
    seconds: float | None = None


@dataclass(frozen=True)
class Seat:
    """Whose place it is: the study's id and title, and the annotator's name in it."""

    study: str
    title: str
    annotator: str


@dataclass(frozen=True)
class Ballot:
    """What an annotator says about a pair: the choice, one of CHOICES, and as much more as they like.

    Scores are 1 to 5 by criterion (CRITERIA), tags of TAGS, boxes (left, top, right, bottom) as fractions of the
    picture.
    """

    choice: str
    left_scores: Mapping[str, int] = field(default_factory=dict)
    right_scores: Mapping[str, int] = field(default_factory=dict)
    left_tags: Sequence[str] = ()
    right_tags: Sequence[str] = ()
    left_box: tuple[float, float, float, float] | None = None
    right_box: tuple[float, float, float, float] | None = None
    note: str = ""

    def columns(self) -> dict[str, object]:
        """The ballot as columns of the votes' table.

        Raises:
            StudyError: a value is not one that a vote can have.
        """
        if self.choice not in CHOICES:
            raise StudyError(f"A vote is one of {', '.join(CHOICES)}, not {self.choice!r}.")
        if not isinstance(self.note, str) or len(self.note) > MAX_NOTE:
            raise StudyError(f"A note has at most {MAX_NOTE} characters.")
        row: dict[str, object] = {"choice": self.choice, "note": self.note}
        for side in ("left", "right"):
            scores = getattr(self, f"{side}_scores")
            if not all(name in CRITERIA and type(score) is int and 1 <= score <= 5 for name, score in scores.items()):
                raise StudyError(f"Scores are whole numbers from 1 to 5 for {', '.join(CRITERIA)}.")
            row |= {f"{side}_{name}": scores.get(name) for name in CRITERIA}
            tags = getattr(self, f"{side}_tags")
            if not set(tags) <= set(TAGS):
                raise StudyError(f"Tags are of {', '.join(TAGS)}.")
            row[f"{side}_tags"] = [tag for tag in TAGS if tag in tags]
            row[f"{side}_box"] = _box(getattr(self, f"{side}_box"))
        return row


@dataclass(frozen=True)
class Receipt:
    """A vote is on disk. `hasty` says that the last HASTY_RUN were each given in under HASTY_SECONDS, and is true for
    one vote in HASTY_RUN at most, so that the page can say a gentle word."""

    vote: int
    progress: Progress
    hasty: bool = False


class Judge:
    """Made by `Store.judge`, which knows whose place it is.

    Every method raises StudyGoneError if the study was deleted meanwhile, and AccessError for an assignment that is not
    this annotator's.
    """

    def __init__(self, database: Database, annotator: int):
        self._database = database
        self._annotator = annotator

    def seat(self) -> Seat:
        with self._database.read() as connection:
            study = self._study(connection)
            name = connection.scalar(select(annotators.c.name).where(annotators.c.id == self._annotator))
            return Seat(study.id, study.title, name)

    def next(self) -> Pair | None:
        """The pair to judge now; None when all are done that can be. The same one until it is voted on or skipped, in
        however many tabs."""
        with self._database.read() as connection:
            study = self._study(connection)
            return _pair(connection.execute(self._pairs(study).limit(1)).first())

    def pair(self, assignment: int) -> Pair:
        """A pair of this annotator's that was handed out, whatever comes next by now."""
        with self._database.read() as connection:
            self._study(connection)
            place = self._place(connection, assignment)
            return _pair(connection.execute(_shown().where(assignments.c.id == place.id)).first())

    def ahead(self) -> Pair | None:
        """The pair after the next one, as far as it is known: an undo, a repeat or another annotator's vote may come
        between. For the page to fetch its pictures while the annotator looks at this one's."""
        with self._database.read() as connection:
            study = self._study(connection)
            return _pair(connection.execute(self._pairs(study).offset(1).limit(1)).first())

    def vote(self, client_id: str, assignment: int, ballot: Ballot, shown_at: float | None = None) -> Receipt:
        """Records a vote; when this returns, it is on disk.

        Args:
            client_id: made by the page for this vote. Sent again, by a double click or after a lost answer, it changes
                nothing and returns the first one's receipt.
            assignment: of the pair that was shown.
            shown_at: of the pair.

        Raises:
            AlreadyVotedError: another vote on this pair stands, such as from another tab.
            StudyError: a value is not one that a vote can have.
        """
        _check_client_id(client_id)
        row = ballot.columns()
        now = time.time()
        # Where the clock was set back, or the page sends nonsense, the time is not known; the vote counts all the same.
        row["shown_at"] = shown_at if isinstance(shown_at, (int, float)) and 0 < shown_at <= now else None
        with self._database.write() as connection:
            study = self._study(connection, lock=True)
            known = self._known(connection, client_id)
            if known is not None:
                return Receipt(known, self._progress(connection, study))
            place = self._place(connection, assignment)
            if place.answered:
                raise AlreadyVotedError("You have voted on this pair already, perhaps in another tab.")
            vote = self._record(connection, client_id, place, {**row, "answered_at": now, "retracts": None})
            return Receipt(vote, self._progress(connection, study), self._hasty(connection))

    def undo(self, client_id: str) -> Receipt | None:
        """Takes back the last vote that stands, in a record of its own; its pair comes next. None if there is no vote.
        `client_id` is as for `vote`."""
        _check_client_id(client_id)
        with self._database.write() as connection:
            study = self._study(connection, lock=True)
            known = self._known(connection, client_id)
            if known is not None:
                return Receipt(known, self._progress(connection, study))
            last = connection.execute(self._standing().order_by(votes.c.id.desc()).limit(1)).first()
            if last is None:
                return None
            place = self._place(connection, last.assignment_id)
            row = {"choice": UNDO, "retracts": last.id, "answered_at": time.time()}
            row |= {"left_tags": [], "right_tags": [], "note": ""}
            vote = self._record(connection, client_id, place, row)
            return Receipt(vote, self._progress(connection, study))

    def skip(self, assignment: int) -> None:
        """Puts a pair off until all others are done.

        Raises:
            AlreadyVotedError: a vote on this pair stands.
        """
        with self._database.write() as connection:
            self._study(connection, lock=True)
            if self._place(connection, assignment).answered:
                raise AlreadyVotedError("You have voted on this pair already, perhaps in another tab.")
            last = connection.scalar(select(func.max(assignments.c.turn)).where(self._mine()))
            connection.execute(update(assignments).where(assignments.c.id == assignment).values(turn=last + 1))

    def resume_skipped(self) -> None:
        """Brings the pairs that were put off back to the front, in the order in which they were put off."""
        with self._database.write() as connection:
            self._study(connection, lock=True)
            waiting = select(assignments.c.id).where(self._mine(), ~assignments.c.answered)
            skipped = connection.scalars(waiting.where(self._is_skipped()).order_by(assignments.c.turn))
            for turn, assignment in enumerate(skipped.all()):
                connection.execute(update(assignments).where(assignments.c.id == assignment).values(turn=turn))

    def progress(self) -> Progress:
        with self._database.read() as connection:
            return self._progress(connection, self._study(connection))

    def votes(self) -> list[Row]:
        """This annotator's own votes that stand, oldest first: rows of the votes' table."""
        with self._database.read() as connection:
            self._study(connection)
            return list(connection.execute(self._standing().order_by(votes.c.id)).all())

    def taken_back(self, assignment: int) -> Row | None:
        """The vote on a pair to judge that was last taken back, a row of the votes' table; None if there was none."""
        with self._database.read() as connection:
            self._study(connection)
            said = select(votes).where(votes.c.assignment_id == self._place(connection, assignment).id)
            return connection.execute(said.where(votes.c.choice != UNDO).order_by(votes.c.id.desc()).limit(1)).first()

    def may_see(self, digest: str) -> bool:
        """Whether a picture belongs to this annotator's study: what the server asks before it hands one out."""
        with self._database.read() as connection:
            return rows.has_picture(connection, self._study(connection).id, digest)

    def _mine(self) -> ColumnElement[bool]:
        return assignments.c.annotator_id == self._annotator

    def _study(self, connection: Connection, lock: bool = False) -> Row:
        """The study; with `lock`, other transactions of this annotator wait until this one ends."""
        found = (
            select(studies.c.id, studies.c.title, studies.c.overlap)
            .join(annotators, annotators.c.study_id == studies.c.id)
            .where(annotators.c.id == self._annotator)
        )
        study = connection.execute(found.with_for_update(of=annotators) if lock else found).first()
        if study is None:
            raise StudyGoneError("This study was deleted; the votes that it had are gone with it.")
        return study

    def _place(self, connection: Connection, assignment: int) -> Row:
        mine = select(assignments).where(self._mine(), assignments.c.id == assignment)
        place = connection.execute(mine).first() if isinstance(assignment, int) else None
        if place is None:
            raise AccessError("This pair is not yours to judge.")
        return place

    def _known(self, connection: Connection, client_id: str) -> int | None:
        mine = votes.c.annotator_id == self._annotator
        return connection.scalar(select(votes.c.id).where(mine, votes.c.client_id == client_id))

    def _record(self, connection: Connection, client_id: str, place: Row, row: Mapping[str, object]) -> int:
        """Adds a vote or an undo, with what follows for the order and for the other annotators."""
        stands = row["choice"] != UNDO
        row = {**row, "annotator_id": self._annotator, "client_id": client_id, "assignment_id": place.id}
        vote = connection.execute(insert(votes).values(row)).inserted_primary_key[0]
        changed = {"answered": stands}
        if not stands:
            first = connection.scalar(select(func.min(assignments.c.turn)).where(self._mine()))
            changed["turn"] = min(first, 0) - 1
        connection.execute(update(assignments).where(assignments.c.id == place.id).values(changed))
        if place.repeat_of is None:
            answers = comparisons.c.answers + (1 if stands else -1)
            connection.execute(
                update(comparisons).where(comparisons.c.id == place.comparison_id).values(answers=answers)
            )
            if stands:
                self._put_off_repeat(connection, place)
        return vote

    def _put_off_repeat(self, connection: Connection, place: Row) -> None:
        """Where a pair was judged late, as after a skip, its repeat's turn may have come: then as many of the pairs
        that wait as belong between the two go before it, or all where there are fewer."""
        waiting = select(assignments).where(self._mine(), ~assignments.c.answered)
        repeat = connection.execute(waiting.where(assignments.c.repeat_of == place.id)).first()
        if repeat is None:
            return
        comparisons = connection.scalar(select(func.count()).where(self._mine(), assignments.c.repeat_of.is_(None)))
        others = waiting.where(assignments.c.id != repeat.id).order_by(assignments.c.turn, assignments.c.position)
        between = connection.execute(others.limit(repeat_gap(comparisons))).all()
        if between and (repeat.turn, repeat.position) < (between[-1].turn, between[-1].position):
            later = between[-1].turn + (repeat.position < between[-1].position)
            connection.execute(update(assignments).where(assignments.c.id == repeat.id).values(turn=later))

    def _standing(self) -> Select:
        retracted = votes.alias().c
        undone = select(retracted.id).where(retracted.retracts == votes.c.id).exists()
        return select(votes).where(votes.c.annotator_id == self._annotator, votes.c.choice != UNDO, ~undone)

    def _places(self) -> ScalarSelect:
        """How many places the order has; a pair that was put off has a turn from there on."""
        all_ = assignments.alias().c
        return select(func.max(all_.position) + 1).where(all_.annotator_id == self._annotator).scalar_subquery()

    def _is_skipped(self) -> ColumnElement[bool]:
        """Whether a pair was put off by the annotator. A repeat at the end may have been put off by `_put_off_repeat`
        and so is not counted."""
        return and_(assignments.c.turn >= self._places(), assignments.c.repeat_of.is_(None))

    def _waiting(self, study: Row, now: bool) -> ColumnElement[bool]:
        """The assignments that can be judged, now or some time: repeats of what has been judged, and comparisons that
        need more annotators, with (some time) their repeats. An undone vote's pair (its turn is negative) may be voted
        on again whatever the others did."""
        first = assignments.alias().c
        repeated = select(first.id).where(first.id == assignments.c.repeat_of, first.answered).exists()
        needed = true()
        if study.overlap is not None:
            needed = or_(comparisons.c.answers < study.overlap, assignments.c.turn < 0)
        if now:
            needed = and_(assignments.c.repeat_of.is_(None), needed)
        return and_(self._mine(), ~assignments.c.answered, or_(repeated, needed))

    def _pairs(self, study: Row) -> Select:
        """The pairs to judge, whose pictures are there, in order."""
        return _shown().where(self._waiting(study, now=True)).order_by(assignments.c.turn, assignments.c.position)

    def _progress(self, connection: Connection, study: Row) -> Progress:
        done = connection.scalar(select(func.count()).where(self._mine(), assignments.c.answered))
        waiting = (
            select(func.count(), func.count().filter(self._is_skipped()))
            .select_from(assignments)
            .join(comparisons, comparisons.c.id == assignments.c.comparison_id)
            .where(self._waiting(study, now=False))
        )
        left, skipped = connection.execute(waiting).one()
        times = [answered - shown for shown, answered in self._last_times(connection, PACE) if shown is not None]
        return Progress(done, done + left, skipped, median(times) if times else None)

    def _hasty(self, connection: Connection) -> bool:
        mine = select(func.count()).where(self._mine(), assignments.c.answered)
        if connection.scalar(mine) % HASTY_RUN:
            return False
        times = self._last_times(connection, HASTY_RUN)
        return all(shown is not None and answered - shown < HASTY_SECONDS for shown, answered in times)

    def _last_times(self, connection: Connection, count: int) -> list[tuple[float | None, float]]:
        """When the last votes' pairs were shown, and when they were answered."""
        last = self._standing().order_by(votes.c.id.desc()).limit(count)
        return [(vote.shown_at, vote.answered_at) for vote in connection.execute(last)]


def _shown() -> Select:
    """Pairs whose pictures are there, with these."""
    first, second = results.alias(), results.alias()
    return (
        select(
            assignments.c.id,
            assignments.c.swapped,
            items.c.prompt,
            items.c.source,
            first.c.picture.label("first"),
            second.c.picture.label("second"),
        )
        .join(comparisons, comparisons.c.id == assignments.c.comparison_id)
        .join(items, items.c.id == comparisons.c.item_id)
        .join(first, and_(first.c.item_id == items.c.id, first.c.contestant_id == comparisons.c.first_id))
        .join(second, and_(second.c.item_id == items.c.id, second.c.contestant_id == comparisons.c.second_id))
    )


def _pair(row: Row | None) -> Pair | None:
    if row is None:
        return None
    left, right = (row.second, row.first) if row.swapped else (row.first, row.second)
    return Pair(row.id, row.prompt, row.source, left, right, time.time())


def _box(box: Sequence[float] | None) -> list[float] | None:
    if box is None:
        return None
    numbers = isinstance(box, Sequence) and all(isinstance(edge, (int, float)) for edge in box)
    if not numbers or len(box) != 4:
        raise StudyError("A box is four numbers: left, top, right, bottom.")
    left, top, right, bottom = box
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise StudyError("A box lies within the picture: its edges are fractions from 0 to 1, left before right.")
    return [float(edge) for edge in box]


def _check_client_id(client_id: str) -> None:
    if not isinstance(client_id, str) or not 0 < len(client_id) <= MAX_CLIENT_ID:
        raise StudyError(f"A vote's id is a text of 1 to {MAX_CLIENT_ID} characters.")
