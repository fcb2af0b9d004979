"""How far the votes can be trusted: position bias, self-consistency, agreement between annotators, speed."""

import math
import warnings
from dataclasses import dataclass

import krippendorff
import numpy as np
import pandas as pd
from statsmodels.stats.inter_rater import fleiss_kappa
from statsmodels.stats.proportion import binom_test, proportion_confint

from unilip.annotation.judging import HASTY_SECONDS
from unilip.annotation.resampling import Estimate

BIASED = 0.001  # p value of the position bias from which an annotator is worth a look
INCONSISTENT = 0.5  # upper end of the interval of an annotator's self-consistency
HASTY = 0.5  # share of hasty votes


@dataclass(frozen=True)
class PositionBias:
    """The share of the left side among the votes that chose a side, with Wilson's interval, and the exact binomial
    test's p value for a share of one half. Sides are shuffled: without bias it is one half, whoever is better."""

    share: Estimate
    p_value: float
    votes: int


@dataclass(frozen=True)
class Consistency:
    """The share of repeats that were answered as the first time, with Wilson's interval. Sides were exchanged."""

    share: Estimate
    repeats: int


@dataclass(frozen=True)
class Agreement:
    """Agreement beyond chance between annotators about who is better (the one, the other, tie, both bad).

    Attributes:
        alpha: Krippendorff's, nominal, over the pairs that two or more have judged; NaN if there are none, or all votes
            are the same.
        pairs: how many these are.
        kappa: Fleiss', which needs the same number of votes on each pair: over those with the most frequent number.
        kappa_pairs, kappa_raters: how many pairs these are, and the number of votes on each.
    """

    alpha: float
    pairs: int
    kappa: float
    kappa_pairs: int
    kappa_raters: int


@dataclass(frozen=True)
class Speed:
    """Seconds from showing a pair to the vote: quartiles; and the share of votes in under HASTY_SECONDS. `votes` is how
    many votes' times are known."""

    first_quartile: float
    median: float
    third_quartile: float
    hasty: float
    votes: int


@dataclass(frozen=True)
class AnnotatorQuality:
    """One annotator. `agreement` is the mean share of the others who answered the same, 0 to 1; `doubts` says in words
    what is worth a look."""

    name: str
    votes: int
    bias: PositionBias
    consistency: Consistency
    agreement: float
    speed: Speed
    flagged: bool
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class Quality:
    """All annotators together, and each."""

    bias: PositionBias
    consistency: Consistency
    agreement: Agreement
    speed: Speed
    annotators: tuple[AnnotatorQuality, ...]


def assess(votes: pd.DataFrame) -> Quality:
    """The quality of votes.

    Args:
        votes: one a row, in the order of time, with annotator, item, left, right, choice, repeat, seconds (NaN if not
            known), flagged. Repeats are among them.
    """
    votes = votes.copy()
    left, right = votes["left"], votes["right"]
    first = left.where(left < right, right)
    votes["pair"] = first + "\n" + right.where(left < right, left)  # a name is on one line
    # What was said, whichever side it was on: 0 for the pair's first contestant, 1 for its second, 2 tie, 3 bad.
    chosen = np.where(votes["choice"] == "left", votes["left"], votes["right"])
    votes["answer"] = np.select(
        [votes["choice"] == "tie", votes["choice"] == "bad", chosen == first], [2, 3, 0], default=1
    )
    votes["same"] = _same_as_before(votes)
    once = votes[~votes["repeat"]]
    table = pd.crosstab([once["item"], once["pair"]], once["answer"]).reindex(columns=range(4), fill_value=0)
    votes["agreement"] = _agreement_with_others(once, table)
    annotators = tuple(_annotator(str(name), group) for name, group in votes.groupby("annotator", sort=True))
    return Quality(position_bias(votes), consistency(votes), agreement(table.to_numpy()), speed(votes), annotators)


def _same_as_before(votes: pd.DataFrame) -> pd.Series:
    """Of each repeat, whether it has the answer of the first time; of others, NaN."""
    key = ["annotator", "item", "pair"]
    before = votes[~votes["repeat"]].set_index(key)["answer"]
    repeats = votes[votes["repeat"]]
    earlier = before.reindex(pd.MultiIndex.from_frame(repeats[key])).to_numpy()
    same = pd.Series(np.nan, index=votes.index)
    # An undone first time leaves its repeat nothing to be compared with.
    same[repeats.index] = np.where(np.isnan(earlier), np.nan, earlier == repeats["answer"].to_numpy())
    return same


def _agreement_with_others(once: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Of each vote, the share of the other votes on the pair that say the same; NaN if there are none."""
    rows = table.index.get_indexer(pd.MultiIndex.from_frame(once[["item", "pair"]]))
    counts = table.to_numpy()
    others = counts.sum(1)[rows] - 1
    same = counts[rows, once["answer"]] - 1
    return pd.Series(np.where(others > 0, same / np.maximum(others, 1), np.nan), index=once.index)


def position_bias(votes: pd.DataFrame) -> PositionBias:
    left, decided = int((votes["choice"] == "left").sum()), int(votes["choice"].isin(["left", "right"]).sum())
    p_value = float(binom_test(left, decided, 0.5)) if decided else math.nan
    return PositionBias(_share(left, decided), p_value, decided)


def consistency(votes: pd.DataFrame) -> Consistency:
    same = votes["same"].dropna()
    return Consistency(_share(int(same.sum()), len(same)), len(same))


def agreement(table: np.ndarray) -> Agreement:
    """Agreement from counts (pairs, answers): how many annotators gave each answer."""
    table = table[table.sum(1) >= 2]
    used = int((table.sum(0) > 0).sum())
    if used < 2:  # both measures are 0 / 0
        return Agreement(math.nan, len(table), math.nan, 0, 0)
    alpha = krippendorff.alpha(value_counts=table, level_of_measurement="nominal")
    raters = int(np.bincount(table.sum(1)).argmax())
    alike = table[table.sum(1) == raters]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # 0 / 0 where these have all the same answer
        kappa = fleiss_kappa(alike)
    return Agreement(float(alpha), len(table), float(kappa), len(alike), raters)


def speed(votes: pd.DataFrame) -> Speed:
    seconds = votes["seconds"].dropna()
    if not len(seconds):
        return Speed(math.nan, math.nan, math.nan, math.nan, 0)
    quartiles = (float(value) for value in seconds.quantile([0.25, 0.5, 0.75]))
    return Speed(*quartiles, float((seconds < HASTY_SECONDS).mean()), len(seconds))


def _annotator(name: str, votes: pd.DataFrame) -> AnnotatorQuality:
    bias, repeated, pace = position_bias(votes), consistency(votes), speed(votes)
    doubts = []
    if bias.p_value < BIASED:
        doubts.append(f"votes for the left side {bias.share.value:.0%} of the time")
    if repeated.share.high < INCONSISTENT:
        doubts.append(f"answers {repeated.share.value:.0%} of the repeats as before")
    if pace.hasty > HASTY:
        doubts.append(f"takes less than {HASTY_SECONDS:g} s for {pace.hasty:.0%} of the votes")
    return AnnotatorQuality(
        name, len(votes), bias, repeated, float(votes["agreement"].mean()), pace, bool(votes["flagged"].any()),
        tuple(doubts),
    )  # fmt: skip


def _share(count: int, total: int) -> Estimate:
    if not total:
        return Estimate(math.nan)
    low, high = proportion_confint(count, total, method="wilson")
    return Estimate(count / total, float(low), float(high))
