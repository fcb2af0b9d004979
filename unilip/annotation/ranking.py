"""Who wins: win rates with ties, Bradley-Terry strengths, the pairwise matrix, how far the leaders are apart."""

import math
from dataclasses import dataclass

import evalica
import numpy as np
import pandas as pd

from unilip.annotation.resampling import RESAMPLES, SAME, Estimate, ItemBootstrap

PRIOR = 0.5  # wins added to each side of two contestants, as Haldane and Anscombe do for log odds; shared among more
TOLERANCE = 1e-9
MAX_ITERATIONS = 10_000
Z_LEVEL = 1.959964  # normal quantiles: of a 95 % interval
Z_POWER = 0.841621  # and of an 80 % chance
LEAST_ITEMS = 6  # that all say the same before chance is ruled out: two times 0.5 to the 6th is below 5 %
FAR = 1000  # times the votes that there are: more is as good as never


@dataclass(frozen=True)
class Standing:
    """How a contestant fares. A tie counts as half a win, and so does a vote that both are bad.

    Attributes:
        votes: in which it was one of the two; wins + losses + ties + bad.
        win_rate: 0 to 1.
        strength: Bradley-Terry's, as a natural logarithm with mean 0 over the contestants: the odds that one of
            strength a beats one of strength b are exp(a - b). NaN where the contestants have not all been compared,
            directly or by way of others.
    """

    name: str
    votes: int
    wins: int
    losses: int
    ties: int
    bad: int
    win_rate: Estimate
    strength: Estimate


@dataclass(frozen=True)
class Lead:
    """The two strongest, and the difference of their strengths.

    `more_votes` is how many more, shared among contestants as they have been so far, give an 80 % chance that the
    difference's interval leaves out 0, if it is as large as it looks now; 0 where it does already, None where no end is
    in sight, as with fewer than LEAST_ITEMS `items`. The difference has no interval where all items say the same.
    """

    first: str
    second: str
    difference: Estimate
    more_votes: int | None
    items: int

    @property
    def separated(self) -> bool:
        return self.more_votes == 0


@dataclass(frozen=True)
class Ranking:
    """Contestants, the strongest first, with what each two have between them.

    Attributes:
        votes: counted.
        rates: (contestants, contestants) in the order of the standings: the row's win rate against the column; NaN for
            pairs that were never compared.
        counts: (contestants, contestants), votes on each pair.
        lead: None where strengths cannot be told.
    """

    standings: tuple[Standing, ...]
    votes: int
    rates: np.ndarray
    counts: np.ndarray
    lead: Lead | None


def rank(votes: pd.DataFrame, resamples: int = RESAMPLES, seed: int = 0) -> Ranking:
    """The ranking that votes make.

    Args:
        votes: one a row, with item, left, right and choice; repeats are not to be among them.
        resamples, seed: of the bootstrap.
    """
    names = sorted({*votes["left"], *votes["right"]})
    size = len(names)
    left, right = (pd.Categorical(votes[side], names).codes.astype(int) for side in ("left", "right"))
    choice = votes["choice"].to_numpy()
    points = np.select([choice == "left", choice == "right"], [1.0, 0.0], 0.5)  # the left one's
    rows = np.arange(len(votes))
    pair_points = np.zeros((len(votes), size * size))
    pair_points[rows, left * size + right] = points
    pair_points[rows, right * size + left] = 1 - points

    bootstrap = ItemBootstrap(votes["item"].to_numpy(), resamples, seed)
    wins = pair_points.sum(0).reshape(size, size)
    sampled_wins = bootstrap.totals(pair_points).reshape(-1, size, size)
    counts = wins + wins.T
    by_contestant = pair_points.reshape(-1, size, size)
    rates = bootstrap.ratios(by_contestant.sum(2), by_contestant.sum(2) + by_contestant.sum(1), share=True)

    compared = counts > 0
    connected = bool((np.linalg.matrix_power(np.eye(size) + compared, size) > 0).all())
    strengths, sampled_strengths = np.full(size, math.nan), np.full((resamples, size), math.nan)
    if connected:
        strengths = bradley_terry(wins, compared)
        sampled_strengths = np.array([bradley_terry(one, compared) for one in sampled_wins])

    order = sorted(
        range(size), key=lambda index: (-(strengths[index] if connected else rates[index].value), names[index])
    )
    ended = {
        "wins": np.where(choice == "left", left, np.where(choice == "right", right, -1)),
        "losses": np.where(choice == "left", right, np.where(choice == "right", left, -1)),
    }
    tallies = {key: np.bincount(value[value >= 0], minlength=size) for key, value in ended.items()}
    for key, kind in (("ties", "tie"), ("bad", "bad")):
        both = np.concatenate([left[choice == kind], right[choice == kind]])
        tallies[key] = np.bincount(both, minlength=size)
    standings = tuple(
        Standing(
            names[index],
            int(counts[index].sum()),
            **{key: int(tally[index]) for key, tally in tallies.items()},
            win_rate=rates[index],
            strength=bootstrap.estimate(float(strengths[index]), sampled_strengths[:, index]),
        )
        for index in order
    )
    lead = None
    if connected and size > 1:
        first, second = order[:2]
        gaps = sampled_strengths[:, first] - sampled_strengths[:, second]
        gap = bootstrap.estimate(float(strengths[first] - strengths[second]), gaps)
        needed = more_votes(gap, float(gaps.std(ddof=1)), len(votes), bootstrap.count)
        lead = Lead(names[first], names[second], gap, needed, bootstrap.count)
    with np.errstate(invalid="ignore"):
        matrix = (wins / counts)[np.ix_(order, order)]
    return Ranking(standings, len(votes), matrix, counts[np.ix_(order, order)].astype(int), lead)


def bradley_terry(wins: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """Strengths (Bradley and Terry 1952) as natural logarithms with mean 0.

    Who has lost, or won, all its votes would be infinitely weak, or strong; PRIOR keeps it finite.

    Args:
        wins: (contestants, contestants), how often the row beat the column, ties as half.
        compared: (contestants, contestants), whether the two have met; together they must be connected.
    """
    size = len(wins)
    winners, losers = np.nonzero(compared)
    weights = wins[compared] + PRIOR / max(size - 1, 1)
    result = evalica.bradley_terry(
        winners,
        losers,
        [evalica.Winner.X] * len(winners),
        index=pd.RangeIndex(size),
        weights=weights,
        tolerance=TOLERANCE,
        limit=MAX_ITERATIONS,
    )
    logarithms = np.log(result.scores.sort_index().to_numpy())
    return logarithms - logarithms.mean()


def more_votes(gap: Estimate, standard_error: float, votes: int, items: int) -> int | None:
    """See `Lead`. The standard error shrinks with the square root of the number of votes."""
    if items < LEAST_ITEMS or abs(gap.value) * math.sqrt(FAR) <= (Z_LEVEL + Z_POWER) * standard_error:
        return None
    if gap.low > 0 or gap.high < 0 or standard_error < SAME:
        return 0
    factor = ((Z_LEVEL + Z_POWER) * standard_error / gap.value) ** 2
    return max(1, math.ceil(votes * (factor - 1)))
