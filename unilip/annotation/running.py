"""Pictures of the contestants that are settings of this app: made one by one, each kept at once, so that a run that was
stopped goes on where it was."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import and_, insert, select

from unilip.annotation.owner import Owner
from unilip.annotation.rows import lock_study
from unilip.annotation.tables import contestants, items, results


@dataclass(frozen=True)
class Job:
    """A picture to make.

    Attributes:
        item, contestant: their names.
        prompt: the prompt, or the instruction for `source`.
        source: file of the input picture; None for a prompt alone.
        settings: the contestant's.
        seed: of the noise, 0 to 2**32 - 1; the same for all contestants of an item, so that they differ by their
            settings alone.
    """

    item: str
    contestant: str
    prompt: str
    source: Path | None
    settings: dict[str, Any]
    seed: int


def missing(owner: Owner) -> list[Job]:
    """The pictures that a study still lacks, contestant by contestant so that each model is loaded once.

    Raises:
        StudyGoneError: the study was deleted meanwhile.
    """
    overview = owner.overview()
    query = (
        select(
            items.c.name.label("item"),
            contestants.c.name.label("contestant"),
            items.c.prompt,
            items.c.source,
            contestants.c.settings,
        )
        .join(contestants, contestants.c.study_id == items.c.study_id)
        .join(
            results,
            and_(results.c.item_id == items.c.id, results.c.contestant_id == contestants.c.id),
            isouter=True,
        )
        .where(items.c.study_id == owner.study, results.c.id.is_(None))
        .order_by(contestants.c.position, items.c.position)
    )
    with owner.database.read() as connection:
        todo = connection.execute(query).all()
    return [
        Job(
            row.item, row.contestant, row.prompt, None if row.source is None else owner.pictures.path(row.source),
            row.settings, noise_seed(overview.seed, row.item),
        )
        for row in todo
    ]  # fmt: skip


def keep(owner: Owner, job: Job, picture: Image.Image) -> None:
    """Adds a picture to its study; when this returns, it is on disk.

    Raises:
        StudyGoneError: the study was deleted meanwhile.
    """
    place = {
        "item_id": select(items.c.id).where(items.c.study_id == owner.study, items.c.name == job.item),
        "contestant_id": select(contestants.c.id).where(
            contestants.c.study_id == owner.study, contestants.c.name == job.contestant
        ),
    }
    with owner.database.write() as connection:
        lock_study(connection, owner.study)
        place = {name: connection.scalar(query) for name, query in place.items()}
        # Another run of the same study may have been quicker.
        if connection.execute(select(results.c.id).filter_by(**place)).first() is None:
            # Within the transaction, so that nobody sweeps the picture away before a study has it.
            owner.database.lock_pictures(connection)
            digest = owner.pictures.add(picture)
            connection.execute(insert(results).values(picture=digest, seed=job.seed, **place))


def run(owner: Owner, make: Callable[[Job], Image.Image]) -> Iterator[tuple[int, int]]:
    """Makes the pictures that a study still lacks; yields how many there are, of how many, first before any is made.
    Closing the iterator stops it; run again, it goes on.

    Raises:
        StudyGoneError: the study was deleted meanwhile.
        Exception: whatever `make` raises; the pictures made before it stay.
    """
    total, jobs = owner.overview().pictures_needed, missing(owner)
    for made, job in enumerate(jobs, start=total - len(jobs)):
        yield made, total
        keep(owner, job, make(job))
    yield total, total


def noise_seed(seed: int, item: str) -> int:
    """Of an item's noise, from the study's seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{item}".encode()).digest()[:4], "big")
