"""The report is whole, safe against names that are markup, and the same after export and import."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.annotation.simulation import simulate
from unilip.annotation.judging import Ballot
from unilip.annotation.owner import Overview
from unilip.annotation.report import flagged_in_words, lead_in_words, render
from unilip.annotation.statistics import summarize

STUDY = Overview("id", "Two <b>models</b>", 5, 0.05, None, True, 40, {"a": None, "b": {"guidance": 7}}, 80, 80, 80)


class Outline(HTMLParser):
    """What is open, and every address in the page."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses, self.tags = [], [], set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def scored(judgements):
    given = {"left_scores": {"quality": 4}, "right_scores": {"quality": 2}, "left_tags": ("artefacts",)}
    return [replace(judgement, **given) for judgement in judgements]


def test_the_report_needs_nothing_else():
    text = render(summarize(scored(simulate({"a": 0.5, "b": 0, "c": 0}, 20, 2, 1, repeats=0.1)), resamples=50), STUDY)
    outline = Outline()
    outline.feed(text)
    assert outline.open == [] and "script" not in outline.tags
    assert len(outline.addresses) == 6 and all(
        one.startswith("data:image/svg+xml;base64,") for one in outline.addresses
    )
    for word in (
        "Krippendorff",
        "Fleiss",
        "Share of the left side",
        "By category",
        "Scores",
        "What went wrong",
        "Seed 5",
    ):
        assert word in text
    assert "nan" not in re.sub('base64,[^"]*', "", text)


def test_names_are_no_markup_and_no_formulas():
    judgements = [
        replace(one, left=f"<i>${one.left}_$", right=f"<i>${one.right}_$", annotator="<script>x</script>")
        for one in simulate({"a": 0.5, "b": 0}, 6, 1, 1)
    ]
    outline = Outline()
    outline.feed(render(summarize(judgements, resamples=20), STUDY))
    assert not {"i", "b", "script"} & outline.tags


@pytest.mark.parametrize("choice", ["left", "tie", "bad"])
def test_a_single_vote_makes_a_report(choice):
    judgement = replace(simulate({"a": 0, "b": 0}, 1, 1, 1)[0], choice=choice, seconds=None)
    assert "1 vote on 1 of 40 items by 1 annotator" in render(summarize([judgement], resamples=20), STUDY)


def test_contestants_that_never_met_make_a_report():
    judgement = simulate({"a": 0, "b": 0}, 1, 1, 1)[0]
    summary = summarize([judgement, replace(judgement, left="c", right="d")], resamples=20)
    assert "no common scale" in render(summary, STUDY)


def test_the_lead_in_words():
    said = [
        lead_in_words(summarize(simulate({"a": gap, "b": 0}, 100, 1, 3), resamples=50).overall.lead)
        for gap in (0.25, 3)
    ]
    assert re.search(r"about [\d,]+ more votes tell them apart with a chance of 80 %", said[0])
    assert said[1].startswith("a leads b by") and said[1].endswith("the two are told apart.")


def test_flagged_annotators_are_named():
    judgements = simulate({"a": 0.5, "b": 0}, 5, 2, 1)
    assert flagged_in_words(summarize(judgements, resamples=20)) == ""
    judgements = [replace(one, flagged=one.annotator == "n1") for one in judgements]
    text = render(summarize(judgements, leave_out_flagged=True, resamples=20), STUDY)
    assert "The votes of flagged annotators are left out: n1 (5)." in text
    assert flagged_in_words(summarize(judgements, resamples=20)).startswith(
        "The votes of flagged annotators are counted"
    )


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_export_and_import_give_the_same_report(store, make_study, tmp_path, suffix):
    ticket = make_study(20, contestants=3, repeats=0.1)
    for number, name in enumerate(("ann", "ben")):
        judge = store.judge(store.join(ticket.study, name).token)
        while (pair := judge.next()) is not None:
            choice = ("left", "right", "tie")[(pair.assignment + number) % 3]
            ballot = Ballot(choice, {"quality": 1 + pair.assignment % 5})
            judge.vote(str(pair.assignment), pair.assignment, ballot, pair.shown_at - 2)
    owner = store.owner(ticket.token)
    owner.export(tmp_path / f"votes.{suffix}")
    copy = store.owner(store.load(tmp_path / f"votes.{suffix}").token)
    overview = owner.overview()
    texts = [render(summarize(one.judgements(), resamples=50), overview) for one in (owner, copy)]
    assert texts[0] == texts[1]
