"""The results of a study as one HTML file that needs nothing else."""

import base64
import json
import math
from collections.abc import Iterable, Sequence
from html import escape

from matplotlib.figure import Figure

from unilip.annotation import plots
from unilip.annotation.judging import HASTY_SECONDS
from unilip.annotation.owner import Overview
from unilip.annotation.quality import Quality
from unilip.annotation.ranking import LEAST_ITEMS, Lead, Ranking
from unilip.annotation.resampling import Estimate
from unilip.annotation.rubric import Rubric
from unilip.annotation.statistics import Summary

STYLE = """
:root { color-scheme: light; font: 15px/1.5 system-ui, sans-serif; color: #1c2126; background: #fff }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto }
th, td { text-align: left; padding: .25rem .75rem; border-bottom: 1px solid #dde2e6 }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
img { max-width: 100%; height: auto }
.note { background: #fff4d6; padding: .5rem .75rem; border-radius: .25rem }
"""


def render(summary: Summary, study: Overview) -> str:
    """The report of a study as HTML. The same summary gives the same text."""
    title = escape(study.title)
    sections = [
        _head(summary, study),
        _ranking(summary.overall),
        _categories(summary),
        _rubric(summary.rubric),
        _quality(summary.quality),
        _settings(study),
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style>\n</head>\n<body>\n'
        f"<h1>{title}</h1>\n" + "\n".join(section for section in sections if section) + "\n</body>\n</html>\n"
    )


def lead_in_words(lead: Lead | None) -> str:
    """One sentence about the two strongest contestants."""
    if lead is None:
        return "Not all contestants have been compared with each other, so their strengths have no common scale."
    gap = f"{lead.first} leads {lead.second} by {estimate(lead.difference)} in log odds"
    if lead.separated and math.isnan(lead.difference.low):
        return f"{gap}: all items say the same, so the two are told apart."
    if lead.separated:
        return f"{gap}: the interval leaves out 0, so the two are told apart."
    if lead.items < LEAST_ITEMS:
        return f"{gap}: {_many(lead.items, 'item')} cannot tell anybody apart, it takes {LEAST_ITEMS}."
    if lead.more_votes is None:
        return f"{gap}: the two cannot be told apart, and no end is in sight."
    return (
        f"{gap}: the two cannot be told apart yet. If the difference is what it looks like, about "
        f"{lead.more_votes:,} more votes tell them apart with a chance of 80 %."
    )


def flagged_in_words(summary: Summary) -> str:
    """One sentence about flagged annotators; empty if there are none."""
    if not summary.flagged:
        return ""
    who = ", ".join(f"{name} ({votes:,})" for name, votes in summary.flagged.items())
    if summary.left_out:
        return f"The votes of flagged annotators are left out: {who}."
    return f"The votes of flagged annotators are counted: {who}."


def estimate(one: Estimate, percent: bool = False) -> str:
    """A value with its interval, such as "0.33 [0.10, 0.51]"; a dash where there is none."""
    if math.isnan(one.value):
        return "–"
    form = ".1%" if percent else ".2f"
    interval = "" if math.isnan(one.low) else f" [{one.low:{form}}, {one.high:{form}}]"
    return f"{one.value:{form}}{interval}"


def _head(summary: Summary, study: Overview) -> str:
    flagged = flagged_in_words(summary)
    note = f'\n<p class="note">{escape(flagged)}</p>' if flagged else ""
    annotators = len(summary.quality.annotators)
    return (
        f"<p>{_many(summary.votes, 'vote')} on {summary.items:,} of {_many(study.items, 'item')} by "
        f"{_many(annotators, 'annotator')}, and {_many(summary.repeats, 'repeat')} that measure the annotators and do "
        f"not count for the contestants.</p>{note}"
    )


def _ranking(ranking: Ranking) -> str:
    rows = [
        (one.name, one.votes, one.wins, one.ties, one.bad, one.losses, estimate(one.win_rate, True),
         estimate(one.strength))
        for one in ranking.standings
    ]  # fmt: skip
    heads = ("contestant", "votes", "wins", "ties", "both bad", "losses", "win rate", "strength")
    parts = [
        f"<h2>Who wins</h2>\n<p>{escape(lead_in_words(ranking.lead))}</p>",
        _table(heads, rows),
        "<p>A tie, or a vote that both are bad, counts as half a win for each. Strengths are Bradley and Terry's in "
        "log odds, with mean 0. Intervals are 95 % by the bootstrap over items; where all items say the same, a "
        f"share's is Wilson's over the items, and a strength has none. Fewer than {LEAST_ITEMS} items tell nobody "
        "apart.</p>",
        _picture(plots.outcomes(ranking), "Shares of wins, ties, both bad and losses of each contestant"),
    ]
    if ranking.lead is not None:
        parts.append(_picture(plots.strengths(ranking), "Strength of each contestant with its interval"))
    parts.append(_picture(plots.matrix(ranking), "Win rate of each contestant against each other"))
    return "\n".join(parts)


def _categories(summary: Summary) -> str:
    if not summary.categories:
        return ""
    rows = [
        (category or "(none)", one.name, one.votes, estimate(one.win_rate, True), estimate(one.strength))
        for category, ranking in summary.categories.items()
        for one in ranking.standings
    ]
    picture = _picture(plots.categories(summary.categories), "Win rates by category")
    table = _table(("category", "contestant", "votes", "win rate", "strength"), rows)
    return f"<h2>By category</h2>\n{picture}\n{table}"


def _rubric(rubric: Rubric) -> str:
    parts = []
    if rubric.scores:
        rows = [
            (criterion, name, rubric.given[criterion][name], estimate(mean))
            for criterion, means in rubric.scores.items()
            for name, mean in means.items()
        ]
        parts.append("<h2>Scores</h2>\n" + _picture(plots.scores(rubric), "Mean scores by criterion"))
        parts.append(_table(("criterion", "contestant", "scores", "mean"), rows))
    if rubric.tags:
        rows = [
            (tag.replace("_", " "), name, estimate(share, True))
            for tag, shares in rubric.tags.items()
            for name, share in shares.items()
        ]
        parts.append("<h2>What went wrong</h2>\n" + _table(("tag", "contestant", "share of votes"), rows))
    return "\n".join(parts)


def _quality(quality: Quality) -> str:
    agreement, bias, pace = quality.agreement, quality.bias, quality.speed
    facts = [
        ("Share of the left side", estimate(bias.share, True), f"p = {_number(bias.p_value, '.3g')}, "
         f"{_many(bias.votes, 'vote')} for a side; without bias it is 50 %"),
        ("Repeats answered as before", estimate(quality.consistency.share, True),
         f"{_many(quality.consistency.repeats, 'repeat')}, sides exchanged"),
        ("Krippendorff's alpha", _number(agreement.alpha, ".3f"),
         f"nominal, {_many(agreement.pairs, 'pair')} that two or more judged"),
        ("Fleiss' kappa", _number(agreement.kappa, ".3f"),
         f"{_many(agreement.kappa_pairs, 'pair')} with {_many(agreement.kappa_raters, 'vote')} each"),
        ("Median time of a vote", f"{_number(pace.median, '.1f')} s",
         f"half of them from {_number(pace.first_quartile, '.1f')} to {_number(pace.third_quartile, '.1f')} s; "
         f"{_number(pace.hasty, '.1%')} under {HASTY_SECONDS:g} s"),
    ]  # fmt: skip
    rows = [
        (one.name + (" (flagged)" if one.flagged else ""), one.votes, estimate(one.bias.share, True),
         estimate(one.consistency.share, True), _number(one.agreement, ".0%"), _number(one.speed.median, ".1f"),
         "; ".join(one.doubts))
        for one in quality.annotators
    ]  # fmt: skip
    heads = ("annotator", "votes", "left side", "repeats as before", "agrees with others", "median s", "worth a look")
    return "\n".join(
        (
            "<h2>How far to trust the votes</h2>",
            _table(("measure", "value", "of"), facts),
            _table(heads, rows),
            _picture(plots.sides(quality.annotators), "Share of the left side by annotator"),
        )
    )


def _settings(study: Overview) -> str:
    rows = [
        (name, "pictures made elsewhere" if settings is None else json.dumps(settings, ensure_ascii=False))
        for name, settings in study.contestants.items()
    ]
    overlap = "all annotators" if study.overlap is None else _many(study.overlap, "annotator")
    return (
        f"<h2>The study</h2>\n<p>Seed {study.seed}; {study.repeats:.0%} of an annotator's comparisons come twice; each "
        f"comparison is judged by {overlap}.</p>\n" + _table(("contestant", "settings"), rows)
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    rows = list(rows)
    numeric = [bool(rows) and all(isinstance(row[column], int) for row in rows) for column in range(len(heads))]

    def line(tag: str, cells: Sequence[object]) -> str:
        texts = [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells]
        kinds = [" class=number" if number else "" for number in numeric]
        return "".join(f"<{tag}{kind}>{escape(text)}</{tag}>" for text, kind in zip(texts, kinds, strict=True))

    body = "\n".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{line('th', heads)}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _picture(figure: Figure, alt: str) -> str:
    content = base64.b64encode(plots.svg(figure)).decode()
    return f'<p><img src="data:image/svg+xml;base64,{content}" alt="{escape(alt)}"></p>'


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else f"{value:{form}}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
