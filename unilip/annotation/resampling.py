"""Intervals by the bootstrap. Items are what is drawn: several annotators' votes on one item are not independent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

RESAMPLES = 500
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; NaN where there is nothing to tell it from."""

    value: float
    low: float = math.nan
    high: float = math.nan


class ItemBootstrap:
    """Draws of as many items as there are, with replacement.

    Args:
        items: of each row, the item that it is about.
        resamples: how many draws.
        seed: of the draws; the same votes give the same intervals.
    """

    def __init__(self, items: Sequence[str], resamples: int = RESAMPLES, seed: int = 0):
        self.codes, names = pd.factorize(np.asarray(items, dtype=object), sort=True)
        self.count = len(names)
        share = np.full(self.count, 1 / max(self.count, 1))
        self.weights = np.random.default_rng(seed).multinomial(self.count, share, size=resamples)  # (resamples, items)

    def totals(self, values: np.ndarray) -> np.ndarray:
        """Sums over the rows of each draw: (rows, columns) to (resamples, columns)."""
        by_item = np.zeros((self.count, values.shape[1]))
        np.add.at(by_item, self.codes, values)
        return self.weights @ by_item

    def estimate(self, value: float, samples: np.ndarray) -> Estimate:
        """The value with the interval that the samples (resamples,) span; none if there is but one item to draw."""
        samples = samples[np.isfinite(samples)]
        if self.count < 2 or not len(samples):
            return Estimate(value)
        low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(value, float(low), float(high))

    def ratios(self, numerators: np.ndarray, denominators: np.ndarray) -> list[Estimate]:
        """The ratio of sums for each column of two arrays (rows, columns): shares, or means."""
        with np.errstate(invalid="ignore", divide="ignore"):
            values = numerators.sum(0) / denominators.sum(0)
            samples = self.totals(numerators) / self.totals(denominators)
        return [self.estimate(float(value), column) for value, column in zip(values, samples.T, strict=True)]
