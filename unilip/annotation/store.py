"""The studies in a folder: making one, and letting people in."""

import math
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Row, func, insert, select, update

from unilip.annotation import exchange, rows, tables
from unilip.annotation.database import Database
from unilip.annotation.errors import AccessError, StudyError, StudyGoneError
from unilip.annotation.importing import insert_records
from unilip.annotation.judging import Judge
from unilip.annotation.owner import Owner
from unilip.annotation.pictures import Pictures
from unilip.annotation.sources import Contestant, Item, check_items, find_pictures

MAX_SEED = 2**32 - 1
MAX_REPEATS = 0.5
MAX_TITLE = 200  # characters
MAX_CONTESTANTS = 20
MAX_COMPARISONS = 50_000  # of which each annotator gets an order of their own


@dataclass(frozen=True)
class Ticket:
    """What its holder needs to come back: the study's id and a secret token, which is shown once and kept nowhere."""

    study: str
    token: str


@dataclass(frozen=True)
class Study:
    """What anybody may know of a study."""

    id: str
    title: str
    open: bool
    items: int
    created_at: float


class Store:
    """Studies, their pictures and votes. One may serve many threads.

    Args:
        folder: holds the pictures, and the database unless `database` names another.
        database: an SQLAlchemy URL, such as of PostgreSQL; default: the file studies.sqlite in the folder.

    Raises:
        StudyError: the database cannot be opened.
    """

    def __init__(self, folder: str | Path, database: str | None = None):
        self.pictures = Pictures(Path(folder) / "pictures")
        self.database = Database(database or Path(folder) / "studies.sqlite")

    def close(self) -> None:
        self.database.close()

    def create(
        self,
        title: str,
        items: Sequence[Item],
        contestants: Sequence[Contestant],
        *,
        seed: int | None = None,
        repeats: float = 0.05,
        overlap: int | None = None,
        open: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> Ticket:
        """Makes a study and returns its owner's ticket. Nothing of it exists until all of it does.

        Args:
            items: what the contestants were asked, from `sources.read_items` or your own.
            contestants: 2 to MAX_CONTESTANTS; those with settings get their pictures from `running.run`.
            seed: of the order and the sides, 0 to MAX_SEED; default: a new one. It is recorded.
            repeats: share of an annotator's comparisons that come twice, 0 to MAX_REPEATS.
            overlap: annotators who judge each comparison; default: all.
            open: whether anybody may join by giving a name.
            progress: called with the pictures read so far and how many there are.

        Raises:
            StudyError: an argument is out of its range, an id or a contestant twice, pictures missing or damaged.
        """
        seed = secrets.randbelow(MAX_SEED + 1) if seed is None else seed
        check_items(items)
        _check(title, contestants, seed, repeats, overlap)
        pairs = len(items) * math.comb(len(contestants), 2)
        if pairs > MAX_COMPARISONS:
            raise StudyError(f"That makes {pairs:,} comparisons, more than {MAX_COMPARISONS:,}: use fewer items.")
        files = {one.name: find_pictures(one.folder, items) for one in contestants if one.folder is not None}
        digests = self._read(items, files, progress)
        token = rows.new_token()
        settings = {"title": title.strip(), "seed": seed, "repeats": repeats, "overlap": overlap, "open": open}
        with self.database.write() as connection:
            # What another study's deletion has swept away meanwhile comes back; it cannot be swept before the commit.
            self.database.lock_pictures(connection)
            for path in digests:
                if not self.pictures.path(digests[path]).exists():
                    self.pictures.add(path)
            study = rows.insert_study(connection, token, created_at=time.time(), **settings)
            item_ids, contestant_ids = rows.insert_items(
                connection,
                study,
                [
                    {"name": item.name, "prompt": item.prompt, "category": item.category, "source": source}
                    for item in items
                    for source in [None if item.image is None else digests[item.image]]
                ],
                [{"name": one.name, "settings": _plain(one.settings)} for one in contestants],
            )
            results = [
                {"contestant_id": contestant_ids[contestant], "item_id": item_ids[item], "picture": digests[path]}
                for contestant, found in files.items()
                for item, path in found.items()
            ]
            if results:
                connection.execute(insert(tables.results), results)
            rows.insert_comparisons(connection, item_ids.values(), contestant_ids.values())
        return Ticket(study, token)

    def _read(
        self,
        items: Sequence[Item],
        files: Mapping[str, Mapping[str, Path]],
        progress: Callable[[int, int], None] | None,
    ) -> dict[Path, str]:
        """Keeps copies of all pictures; their names, by path."""
        from unilip.images import PictureError  # brings torch, which only this needs

        paths = {item.image: f'The input picture of "{item.name}"' for item in items if item.image is not None}
        for contestant, found in files.items():
            paths |= {path: f'The picture of "{name}" by "{contestant}"' for name, path in found.items()}
        digests: dict[Path, str] = {}
        try:
            for path, what in paths.items():
                if progress is not None:
                    progress(len(digests), len(paths))
                try:
                    digests[path] = self.pictures.add(path)
                except PictureError as error:
                    raise StudyError(f"{what} cannot be used: {error}") from error
        except BaseException:
            rows.sweep(self.database, self.pictures)
            raise
        return digests

    def load(self, path: Path) -> Ticket:
        """Makes a study of a file that `Owner.export` wrote, to read its results: they are the same as there. It is
        closed to newcomers, and its pictures are not in the file.

        Raises:
            StudyError: the file is not such an export.
        """
        records = exchange.read(path)
        token = rows.new_token()
        with self.database.write() as connection:
            return Ticket(insert_records(connection, records, token), token)

    def studies(self) -> list[Study]:
        """All studies, newest first."""
        items, studies = tables.items, tables.studies
        count = select(func.count()).where(items.c.study_id == studies.c.id).scalar_subquery()
        columns = (studies.c.id, studies.c.title, studies.c.open, count, studies.c.created_at)
        with self.database.read() as connection:
            return [Study(*row) for row in connection.execute(select(*columns).order_by(studies.c.created_at.desc()))]

    def join(self, study: str, name: str) -> Ticket:
        """Lets a new annotator into an open study; the ticket is what they come back with.

        Raises:
            StudyGoneError: there is no such study.
            AccessError: the study is closed, or somebody has that name.
            StudyError: the name is empty or too long.
        """
        token = rows.new_token()
        with self.database.write() as connection:
            _check_open(rows.lock_study(connection, study))
            rows.insert_annotator(connection, study, name, token)
        return Ticket(study, token)

    def join_by_login(self, study: str, login: str) -> Ticket:
        """The same for somebody whom the platform has identified, now or before: `login` must come from the platform,
        never from the visitor. Only a hash of it is kept, and the annotator is named by a number. Each time the token
        is a new one, and an earlier one no longer works.

        Raises:
            StudyGoneError: there is no such study.
            AccessError: the study is closed to newcomers.
        """
        hashed, annotators, token = rows.hashed(f"{study}:{login}"), tables.annotators, rows.new_token()
        mine = (annotators.c.study_id == study) & (annotators.c.login_hash == hashed)
        with self.database.write() as connection:
            row = rows.lock_study(connection, study)
            renewed = connection.execute(update(annotators).where(mine).values(token_hash=rows.hashed(token)))
            if not renewed.rowcount:
                _check_open(row)
                rows.insert_annotator(connection, study, token=token, login_hash=hashed)
        return Ticket(study, token)

    def judge(self, token: str) -> Judge:
        """One annotator's place in their study.

        Raises:
            AccessError: the token is nobody's, or the owner's, who judges under a name of their own.
        """
        holder = self._holder(token)
        if holder.owner:
            raise AccessError("This is the owner's token: join under a name of your own to judge.")
        return Judge(self.database, holder.id)

    def owner(self, token: str) -> Owner:
        """The owner's view of a study.

        Raises:
            AccessError: the token is not an owner's.
        """
        holder = self._holder(token)
        if not holder.owner:
            raise AccessError("Only the study's owner may do this.")
        return Owner(self.database, self.pictures, holder.study_id)

    def administer(self, study: str) -> Owner:
        """The owner's view without a token: for the command line, whose user holds the database itself. Never call this
        for a visitor.

        Raises:
            StudyGoneError: there is no such study.
        """
        if study not in {one.id for one in self.studies()}:
            raise StudyGoneError(f"There is no study {study}.")
        return Owner(self.database, self.pictures, study)

    def _holder(self, token: str) -> Row:
        annotators = tables.annotators
        with self.database.read() as connection:
            known = select(annotators).where(annotators.c.token_hash == rows.hashed(token))
            holder = connection.execute(known).first()
        if holder is None:
            raise AccessError("This token is not known; the study may have been deleted.")
        return holder


def _check_open(study: Row) -> None:
    if not study.open:
        raise AccessError("This study is closed to newcomers: sign in with the token that you were given.")


def _check(title: str, contestants: Sequence[Contestant], seed: int, repeats: float, overlap: int | None) -> None:
    if not 0 < len(title.strip()) <= MAX_TITLE:
        raise StudyError(f"A study needs a title of at most {MAX_TITLE} characters.")
    if not 2 <= len(contestants) <= MAX_CONTESTANTS:
        raise StudyError(f"A study compares 2 to {MAX_CONTESTANTS} contestants, not {len(contestants)}.")
    names = [rows.check_name(one.name) for one in contestants]
    if len(set(names)) < len(names):
        raise StudyError("Two contestants have the same name.")
    for one in contestants:
        if (one.folder is None) == (one.settings is None):
            raise StudyError(f'Contestant "{one.name}" needs either a folder of pictures or settings.')
    if not 0 <= seed <= MAX_SEED:
        raise StudyError(f"The seed is a number from 0 to {MAX_SEED}.")
    if not 0 <= repeats <= MAX_REPEATS:
        raise StudyError(f"The share of repeats is a number from 0 to {MAX_REPEATS}.")
    if overlap is not None and overlap < 1:
        raise StudyError("Each comparison needs at least one annotator.")


def _plain(settings: Mapping | None) -> dict | None:
    return None if settings is None else dict(settings)
