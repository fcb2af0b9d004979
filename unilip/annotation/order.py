"""What an annotator sees, when, and on which side: all of it follows from the study's seed and the annotator's number.

SHA-256 is the source of chance: it gives the same on every machine and in every version of Python.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

REPEAT_GAP = 30  # comparisons between one and its repeat, so that nobody answers from memory


@dataclass(frozen=True)
class Place:
    """One place in an annotator's order: the comparison, whether its second contestant stands on the left, and, for a
    repeat, the position of the first time."""

    comparison: int
    swapped: bool
    repeat_of: int | None = None


def chance(seed: int, number: int, *what: object) -> int:
    """A number from 0 to 2**64 - 1 that the study's seed, the annotator's number and `what` determine."""
    words = ":".join(str(word) for word in (seed, number, *what))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big")


def repeat_gap(comparisons: int) -> int:
    """Comparisons between one and its repeat, where there are so many in all."""
    return min(REPEAT_GAP, comparisons // 2)


def arrange(comparisons: Sequence[int], seed: int, number: int, repeats: float) -> list[Place]:
    """The order in which an annotator sees the comparisons, of which a share comes a second time.

    A repeat has its sides exchanged, so that somebody who always votes for the same side is not called consistent. It
    comes `repeat_gap` comparisons after the first time.

    Args:
        comparisons: their places in the study, which, unlike ids in a database, are the same everywhere.
        number: of the annotator in the study.
        repeats: share of the comparisons to repeat, 0 to 0.5.
    """
    order = sorted(comparisons, key=lambda comparison: chance(seed, number, "order", comparison))
    gap = repeat_gap(len(order))
    early = order[: len(order) - gap]  # the others have too few after them
    early.sort(key=lambda comparison: chance(seed, number, "repeat", comparison))
    repeated = set(early[: round(repeats * len(order))])
    places: list[Place] = []
    first: dict[int, int] = {}  # position of each comparison's first time
    for index, comparison in enumerate(order):
        first[comparison] = len(places)
        places.append(Place(comparison, chance(seed, number, "side", comparison) % 2 == 1))
        earlier = order[index - gap] if index >= gap else None
        if earlier in repeated:
            places.append(Place(earlier, not places[first[earlier]].swapped, first[earlier]))
    return places
