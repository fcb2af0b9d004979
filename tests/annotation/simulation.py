"""Annotators whose strengths, bias and noise are known."""

import numpy as np

from unilip.annotation.judgement import Judgement


def simulate(
    strengths: dict[str, float],
    items: int,
    annotators: int,
    seed: int,
    *,
    ties: float = 0.0,
    bias: float = 0.0,
    item_noise: float = 0.0,
    repeats: float = 0.0,
) -> list[Judgement]:
    """Votes on every pair of contestants on every item.

    Args:
        strengths: as natural logarithms.
        ties: share of votes that are ties, whoever is better.
        bias: added to the left one's strength.
        item_noise: standard deviation of each contestant's strength from item to item; all annotators share it.
        repeats: share of votes that come again, with sides exchanged.
    """
    rng = np.random.default_rng(seed)
    names, judgements = list(strengths), []
    for item in range(items):
        here = {name: value + item_noise * rng.standard_normal() for name, value in strengths.items()}
        for first, left in enumerate(names):
            for right in names[first + 1 :]:
                for annotator in range(annotators):
                    pair = (left, right) if rng.random() < 0.5 else (right, left)
                    again = rng.random() < repeats
                    for repeat in (False, True)[: 1 + again]:
                        pair = pair[::-1] if repeat else pair
                        choice = "tie"
                        if rng.random() >= ties:
                            odds = np.exp(here[pair[0]] + bias - here[pair[1]])
                            choice = "left" if rng.random() < odds / (1 + odds) else "right"
                        judgements.append(
                            Judgement(
                                f"n{annotator}", f"i{item}", ("add", "remove")[item % 2], *pair, choice, repeat,
                                seconds=float(rng.lognormal(1.5, 0.5)),
                            )
                        )  # fmt: skip
    return judgements
