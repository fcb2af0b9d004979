"""What a study's votes mean, all in one: who wins, by category too, the rubric, and how far to trust it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from unilip.annotation.errors import StudyError
from unilip.annotation.judgement import Judgement
from unilip.annotation.quality import Quality, assess
from unilip.annotation.ranking import Ranking, rank
from unilip.annotation.resampling import RESAMPLES
from unilip.annotation.rubric import Rubric, rate


@dataclass(frozen=True)
class Summary:
    """The results of a study.

    Attributes:
        votes: counted for the contestants; repeats are not.
        repeats: votes on what the annotator had judged before; they measure the annotator.
        items: with at least one vote.
        flagged: flagged annotators and how many votes they gave, repeats among them.
        left_out: whether these votes are left out of everything here.
        overall, categories: rankings of all votes, and of each category's; none where all items are of one.
    """

    votes: int
    repeats: int
    items: int
    flagged: dict[str, int]
    left_out: bool
    overall: Ranking
    categories: dict[str, Ranking]
    rubric: Rubric
    quality: Quality


def summarize(
    judgements: Sequence[Judgement],
    leave_out_flagged: bool = False,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Summary:
    """The results of votes, in the order of time. The same votes and seed give the same results.

    Raises:
        StudyError: there are no votes, or none is left.
    """
    flagged = Counter(judgement.annotator for judgement in judgements if judgement.flagged)
    kept = [judgement for judgement in judgements if not (leave_out_flagged and judgement.flagged)]
    counted = [judgement for judgement in kept if not judgement.repeat]
    if not counted:
        raise StudyError("All votes are flagged annotators' and left out." if judgements else "There are no votes yet.")
    votes = as_frame(kept)
    once = votes[~votes["repeat"]]
    groups = {str(name): group for name, group in once.groupby("category", sort=True)}
    return Summary(
        votes=len(once),
        repeats=len(votes) - len(once),
        items=once["item"].nunique(),
        flagged=dict(sorted(flagged.items())),
        left_out=leave_out_flagged,
        overall=rank(once, resamples, seed),
        categories={name: rank(group, resamples, seed) for name, group in groups.items()} if len(groups) > 1 else {},
        rubric=rate(counted, resamples, seed),
        quality=assess(votes),
    )


def as_frame(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """A row for each judgement, without scores and tags."""
    names = ("annotator", "item", "category", "left", "right", "choice", "repeat", "flagged")
    columns = {name: [getattr(judgement, name) for judgement in judgements] for name in names}
    seconds = [np.nan if judgement.seconds is None else judgement.seconds for judgement in judgements]
    return pd.DataFrame({**columns, "seconds": seconds})
