"""Mean scores of the rubric, and how often each thing went wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from unilip.annotation.judgement import CRITERIA, TAGS, Judgement
from unilip.annotation.resampling import RESAMPLES, Estimate, ItemBootstrap


@dataclass(frozen=True)
class Rubric:
    """Means and shares for each contestant.

    Attributes:
        scores: mean score (1 to 5) by criterion and contestant, only of what was scored.
        given: how many scores each mean is of.
        tags: share of the votes (0 to 1) in which a contestant got the tag, by tag and contestant; only tags that
            somebody gave.
    """

    scores: dict[str, dict[str, Estimate]]
    given: dict[str, dict[str, int]]
    tags: dict[str, dict[str, Estimate]]


def rate(judgements: Sequence[Judgement], resamples: int = RESAMPLES, seed: int = 0) -> Rubric:
    """The rubric of votes, among which are no repeats."""
    names = sorted({name for judgement in judgements for name in (judgement.left, judgement.right)})
    index = {name: number for number, name in enumerate(names)}
    bootstrap = ItemBootstrap([judgement.item for judgement in judgements], resamples, seed)

    def table(value: Callable[[Judgement, str], float | None]) -> tuple[np.ndarray, np.ndarray]:
        """Values and how many there are: two arrays (votes, contestants)."""
        values, there = np.zeros((2, len(judgements), len(names)))
        for row, judgement in enumerate(judgements):
            for side in ("left", "right"):
                one = value(judgement, side)
                if one is not None:
                    column = index[getattr(judgement, side)]
                    values[row, column], there[row, column] = one, 1
        return values, there

    scores, given, tags = {}, {}, {}
    for criterion in CRITERIA:
        values, there = table(lambda judgement, side: getattr(judgement, f"{side}_scores").get(criterion))  # noqa: B023
        kept = there.any(0)
        if kept.any():
            means = dict(zip(names, bootstrap.ratios(values, there), strict=True))
            counts = dict(zip(names, there.sum(0).astype(int).tolist(), strict=True))
            scores[criterion] = {name: means[name] for name in names if counts[name]}
            given[criterion] = {name: counts[name] for name in names if counts[name]}
    for tag in TAGS:
        values, there = table(lambda judgement, side: tag in getattr(judgement, f"{side}_tags"))  # noqa: B023
        if values.any():
            tags[tag] = dict(zip(names, bootstrap.ratios(values, there, share=True), strict=True))
    return Rubric(scores, given, tags)
