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


def run(owner: Owner, make: Callable[[Job], Image.Image]) -> Iterator[tuple[int, int]]:
    """Makes the pictures that a study still lacks, contestant by contestant so that each model is loaded once; yields
    how many there are, of how many, first before any is made. Closing the iterator stops it; run again, it goes on.

    Raises:
        StudyGoneError: the study was deleted meanwhile.
        Exception: whatever `make` raises; the pictures made before it stay.
    """
    overview = owner.overview()
    missing = (
        select(
            items.c.id.label("item_id"),
            contestants.c.id.label("contestant_id"),
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
        todo = connection.execute(missing).all()
    total = overview.pictures_needed
    made = total - len(todo)
    yield made, total
    for row in todo:
        source = None if row.source is None else owner.pictures.path(row.source)
        seed = noise_seed(overview.seed, row.item)
        picture = make(Job(row.item, row.contestant, row.prompt, source, row.settings, seed))
        place = {"item_id": row.item_id, "contestant_id": row.contestant_id}
        with owner.database.write() as connection:
            lock_study(connection, owner.study)
            # Another run of the same study may have been quicker.
            if connection.execute(select(results.c.id).filter_by(**place)).first() is None:
                # Within the transaction, so that nobody sweeps the picture away before a study has it.
                digest = owner.pictures.add(picture)
                connection.execute(insert(results).values(picture=digest, seed=seed, **place))
        made += 1
        yield made, total


def noise_seed(seed: int, item: str) -> int:
    """Of an item's noise, from the study's seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{item}".encode()).digest()[:4], "big")
