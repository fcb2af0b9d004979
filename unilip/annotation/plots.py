"""Pictures of a study's results, for the page and for the report."""

import io
import math
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unilip.annotation.quality import AnnotatorQuality
from unilip.annotation.ranking import Ranking
from unilip.annotation.resampling import Estimate
from unilip.annotation.rubric import Rubric

WIDTH = 7.0  # inches
ROW = 0.36  # inches that a line of a chart takes
OUTCOMES = {"wins": "#2a78b5", "ties": "#b9c4cc", "bad": "#8a8f94", "losses": "#e1a43c"}
# Names come from people: a dollar sign in one is no formula. Text stays text, in the reader's own font.
STYLE = {"text.parse_math": False, "svg.fonttype": "none", "svg.hashsalt": "study", "font.size": 9}


def strengths(ranking: Ranking) -> Figure:
    """Bradley-Terry strengths with their intervals."""
    estimates = {standing.name: standing.strength for standing in ranking.standings}
    figure, axes = _chart(len(estimates))
    _whiskers(axes, estimates)
    axes.axvline(0, color="0.8", zorder=0)
    axes.set_xlabel("Bradley-Terry strength (log odds), 95 % interval")
    return figure


def outcomes(ranking: Ranking) -> Figure:
    """How often each contestant won, tied, was as bad as the other, and lost."""
    with mpl.rc_context(STYLE):
        figure, axes = _chart(len(ranking.standings))
        totals = np.array([standing.votes for standing in ranking.standings])
        start = np.zeros(len(totals))
        rows = np.arange(len(totals))
        for kind, colour in OUTCOMES.items():
            shares = np.array([getattr(standing, kind) for standing in ranking.standings]) / totals
            label = "both bad" if kind == "bad" else kind
            axes.barh(rows, shares, left=start, color=colour, label=label, height=0.7)
            start += shares
        _rows(axes, [standing.name for standing in ranking.standings])
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter("{x:.0%}")
        axes.legend(ncols=len(OUTCOMES), loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    return figure


def matrix(ranking: Ranking) -> Figure:
    """The win rate of each contestant (row) against each other one (column)."""
    names = [standing.name for standing in ranking.standings]
    with mpl.rc_context(STYLE):
        edge = min(WIDTH, 2 + 0.6 * len(names))
        figure = Figure(figsize=(edge + 1, edge), layout="constrained")
        axes = figure.subplots()
        shown = axes.imshow(ranking.rates, cmap="RdBu", vmin=0, vmax=1)
        for row, column in np.argwhere(np.isfinite(ranking.rates)):
            rate = ranking.rates[row, column]
            colour = "white" if abs(rate - 0.5) > 0.3 else "black"
            axes.text(column, row, f"{rate:.0%}", ha="center", va="center", color=colour)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set_yticks(range(len(names)), names)
        figure.colorbar(shown, ax=axes, format="{x:.0%}", label="win rate of the row")
    return figure


def categories(rankings: Mapping[str, Ranking]) -> Figure:
    """Win rates with intervals by category."""
    names = sorted({standing.name for ranking in rankings.values() for standing in ranking.standings})
    rates: dict[str, dict[str, Estimate]] = {name: {} for name in names}
    for category, ranking in rankings.items():
        for standing in ranking.standings:
            rates[standing.name][category or "(none)"] = standing.win_rate
    figure = _grouped(rates, [category or "(none)" for category in rankings], "win rate, 95 % interval")
    figure.axes[0].axvline(0.5, color="0.8", zorder=0)
    figure.axes[0].xaxis.set_major_formatter("{x:.0%}")
    return figure


def scores(rubric: Rubric) -> Figure:
    """Mean scores with intervals by criterion."""
    names = sorted({name for means in rubric.scores.values() for name in means})
    means = {name: {c: one[name] for c, one in rubric.scores.items() if name in one} for name in names}
    figure = _grouped(means, list(rubric.scores), "mean score (1 to 5), 95 % interval")
    figure.axes[0].set_xlim(1, 5)
    return figure


def sides(annotators: Sequence[AnnotatorQuality]) -> Figure:
    """The share of the left side in each annotator's votes, with intervals; without bias it is one half."""
    shares = {one.name: one.bias.share for one in annotators}
    figure, axes = _chart(len(shares))
    _whiskers(axes, shares)
    axes.axvline(0.5, color="0.8", zorder=0)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_xlabel("share of votes for the left side, 95 % interval")
    return figure


def svg(figure: Figure) -> bytes:
    """The figure as an SVG file; the same figure gives the same bytes."""
    file = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _chart(rows: int) -> tuple[Figure, Axes]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1 + ROW * rows), layout="constrained")
        axes = figure.subplots()
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure, axes


def _rows(axes: Axes, names: Sequence[str]) -> None:
    with mpl.rc_context(STYLE):
        axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)  # the first at the top
    axes.tick_params(axis="y", length=0)


def _whiskers(axes: Axes, estimates: Mapping[str, Estimate], shift: float = 0.0, **style) -> None:
    for row, one in enumerate(estimates.values()):
        if math.isfinite(one.value):
            low, high = (one.low, one.high) if math.isfinite(one.low) else (one.value, one.value)
            reach = [[max(one.value - low, 0)], [max(high - one.value, 0)]]
            axes.errorbar(one.value, row + shift, xerr=reach, fmt="o", capsize=3, **{"color": "#2a78b5"} | style)
    _rows(axes, list(estimates))


def _grouped(estimates: Mapping[str, Mapping[str, Estimate]], groups: Sequence[str], label: str) -> Figure:
    """A line for each group, and on it a whisker for each name."""
    figure, axes = _chart(max(len(groups), len(groups) * len(estimates) // 2))
    with mpl.rc_context(STYLE):
        for number, (name, by_group) in enumerate(estimates.items()):
            shift = (number + 0.5) / len(estimates) * 0.7 - 0.35
            colour = f"C{number % 10}"
            axes.plot([], [], "o", color=colour, label=name)
            unknown = Estimate(math.nan)
            _whiskers(axes, {group: by_group.get(group, unknown) for group in groups}, shift, color=colour)
        axes.set_xlabel(label)
        axes.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    return figure
