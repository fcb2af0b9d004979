"""How often the studies' 95 % intervals hold what they should, over many simulated studies: prints the coverage of
strengths, win rates, mean scores, position bias and self-consistency. Run it as
`python -m scripts.measure_study_statistics`; the standard error of a coverage over n seeds is about 0.22 / sqrt(n)."""

import argparse
import math
import time
from collections import defaultdict

import numpy as np

from unilip.annotation.judgement import Judgement
from unilip.annotation.ranking import bradley_terry
from unilip.annotation.resampling import Estimate
from unilip.annotation.statistics import summarize

STRENGTHS = {"a": 0.6, "b": 0.2, "c": -0.2, "d": -0.6}  # as log odds
SCORES = {"a": 4.2, "b": 3.4, "c": 3.0, "d": 2.2}  # means, 1 to 5
REPEATS = 0.05
# Each adds one trouble to the plain case: a share of ties, a preference for the left side in log odds, items on which
# contestants are better or worse than they are on the whole (standard deviation, in log odds).
SETTINGS = {
    "plain": {},
    "ties": {"ties": 0.3},
    "bias": {"bias": 0.5},
    "items differ": {"item_noise": 1.0},
    "all": {"ties": 0.3, "bias": 0.5, "item_noise": 1.0},
}


def left_chance(gap: np.ndarray, ties: float, bias: float) -> np.ndarray:
    """How likely the left one wins, by how much stronger it is."""
    return (1 - ties) / (1 + np.exp(-(gap + bias)))


def vote(rng: np.random.Generator, gap: float, ties: float, bias: float) -> str:
    if rng.random() < ties:
        return "tie"
    return "left" if rng.random() < left_chance(gap, 0.0, bias) else "right"


def simulate(
    rng: np.random.Generator, items: int, annotators: int, ties: float = 0.0, bias: float = 0.0, item_noise: float = 0.0
) -> list[Judgement]:
    """Every annotator's votes on every pair of contestants on every item, with scores, and a share of repeats."""
    names = list(STRENGTHS)
    judgements = []
    for item in range(items):
        here = {name: STRENGTHS[name] + item_noise * rng.standard_normal() for name in names}
        for first, second in [(x, y) for place, x in enumerate(names) for y in names[place + 1 :]]:
            for annotator in range(annotators):
                sides = (first, second) if rng.random() < 0.5 else (second, first)
                for repeat in (False, True)[: 1 + (rng.random() < REPEATS)]:
                    left, right = reversed(sides) if repeat else sides
                    given = {
                        side: {"quality": int(np.clip(round(SCORES[name] + rng.uniform(-1, 1)), 1, 5))}
                        for side, name in (("left_scores", left), ("right_scores", right))
                    }
                    choice = vote(rng, here[left] - here[right], ties, bias)
                    judgements.append(Judgement(f"n{annotator}", f"i{item}", "", left, right, choice, repeat, **given))
    return judgements


def truth(ties: float = 0.0, bias: float = 0.0, item_noise: float = 0.0) -> dict[str, float]:
    """What the measures are for endless votes: ties as half a win, the bias and the items' differences draw strengths
    together, and that is what the intervals are about. In the plain case the strengths are those of STRENGTHS."""
    names = list(STRENGTHS)
    values = np.array(list(STRENGTHS.values()))
    # The difference of two contestants' noise has sqrt(2) times its standard deviation: Gauss and Hermite's nodes.
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    weights = weights / weights.sum()
    gaps = (values[:, None] - values[None])[..., None] + math.sqrt(2) * item_noise * nodes
    as_left, as_right = left_chance(gaps, ties, bias), left_chance(-gaps, ties, bias)
    wins = (((as_left + (1 - ties) - as_right) / 2 + ties / 2) * weights).sum(-1)
    decided = ((as_left + as_right) / 2 * weights).sum(-1) / (1 - ties)
    off_diagonal = ~np.eye(len(names), dtype=bool)
    wins[~off_diagonal] = 0
    strengths = bradley_terry(wins * 1e9, off_diagonal)
    # A repeat has its sides exchanged: the same answer twice is the first one winning on the left, then on the right.
    swapped = 1 - ties - as_right
    same = ties**2 + as_left * swapped + (1 - ties - as_left) * as_right
    expected = {f"strength {name}": float(value) for name, value in zip(names, strengths, strict=True)}
    expected |= {f"win rate {name}": float(row.sum() / (len(names) - 1)) for name, row in zip(names, wins, strict=True)}
    expected |= {f"score {name}": rounded_mean(mean) for name, mean in SCORES.items()}
    expected["left side"] = float(decided[off_diagonal].mean())
    expected["repeats as before"] = float((same * weights).sum(-1)[off_diagonal].mean())
    return expected


def rounded_mean(mean: float) -> float:
    """Of a score that is uniform within 1 of `mean`, rounded, and kept within 1 to 5."""
    return float(np.clip(np.round(mean + np.linspace(-1, 1, 200_001)), 1, 5).mean())


def measured(judgements: list[Judgement], resamples: int) -> dict[str, Estimate]:
    summary = summarize(judgements, resamples=resamples)
    found: dict[str, Estimate] = {}
    for standing in summary.overall.standings:
        found[f"strength {standing.name}"] = standing.strength
        found[f"win rate {standing.name}"] = standing.win_rate
        found[f"score {standing.name}"] = summary.rubric.scores["quality"][standing.name]
    found["left side"] = summary.quality.bias.share
    found["repeats as before"] = summary.quality.consistency.share
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=400, help="simulated studies for each setting")
    parser.add_argument("--items", type=int, default=50)
    parser.add_argument("--annotators", type=int, default=3)
    parser.add_argument("--resamples", type=int, default=500)
    arguments = parser.parse_args()
    for name, options in SETTINGS.items():
        start, expected = time.perf_counter(), truth(**options)
        covered: dict[str, list[bool]] = defaultdict(list)
        for seed in range(arguments.seeds):
            judgements = simulate(np.random.default_rng(seed), arguments.items, arguments.annotators, **options)
            for measure, one in measured(judgements, arguments.resamples).items():
                if not math.isnan(one.low):
                    covered[measure.rsplit(" ", 1)[0] if measure[-2] == " " else measure].append(
                        one.low <= expected[measure] <= one.high
                    )
        print(f"{name} ({arguments.seeds} studies, {time.perf_counter() - start:.0f} s)")
        for measure, hits in covered.items():
            print(f"  {measure:<18} {np.mean(hits):6.1%} of {len(hits):,} intervals")


if __name__ == "__main__":
    main()
