"""Intervals by the bootstrap. Items are what is drawn: several annotators' votes on one item are not independent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

RESAMPLES = 500
LEVEL = 0.95
SAME = 1e-9  # below, samples differ by rounding alone


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

    def estimate(self, value: float, samples: np.ndarray, items: int | None = None, share: bool = False) -> Estimate:
        """The value with the interval that the samples (resamples,) span.

        Where all items say the same, so do all samples, which tells nothing of the items that were not drawn: a share
        then has Wilson's interval over the items, and anything else none. Nor has what comes from one item.

        Args:
            items: how many the value comes from, by default all.
            share: whether the value is a share of something, 0 to 1.
        """
        samples = samples[np.isfinite(samples)]
        items = self.count if items is None else items
        if items < 2 or not len(samples):
            return Estimate(value)
        if np.ptp(samples) < SAME:
            low, high = proportion_confint(value * items, items, method="wilson") if share else (math.nan, math.nan)
        else:
            low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(value, float(low), float(high))

    def ratios(self, numerators: np.ndarray, denominators: np.ndarray, share: bool = False) -> list[Estimate]:
        """The ratio of sums for each column of two arrays (rows, columns): shares, or means."""
        with np.errstate(invalid="ignore", divide="ignore"):
            values = numerators.sum(0) / denominators.sum(0)
            samples = self.totals(numerators) / self.totals(denominators)
        return [
            self.estimate(float(value), column, len(np.unique(self.codes[there > 0])), share)
            for value, column, there in zip(values, samples.T, denominators.T, strict=True)
        ]
