"""The statistics give back what is known: closed forms, published examples, what simulated annotators were made of."""

import math
from dataclasses import replace

import evalica
import numpy as np
import pytest

from tests.annotation.simulation import simulate
from unilip.annotation.errors import StudyError
from unilip.annotation.judgement import Judgement
from unilip.annotation.quality import agreement
from unilip.annotation.ranking import bradley_terry, rank
from unilip.annotation.report import lead_in_words
from unilip.annotation.statistics import as_frame, summarize


def votes(*outcomes, annotator="ann", left="a", right="b", **options):
    """One vote for each choice, each on an item of its own."""
    return [
        Judgement(annotator, f"i{number}", "", left, right, choice, **options) for number, choice in enumerate(outcomes)
    ]


def by_name(ranking):
    return {standing.name: standing for standing in ranking.standings}


def test_two_contestants_have_the_log_odds():
    ranking = rank(as_frame(votes(*["left"] * 30 + ["right"] * 10 + ["tie"] * 4 + ["bad"] * 2)))
    a, b = ranking.standings
    assert (a.name, a.votes, a.wins, a.losses, a.ties, a.bad) == ("a", 46, 30, 10, 4, 2)
    assert (b.wins, b.losses, b.ties, b.bad) == (10, 30, 4, 2)
    assert a.win_rate.value == pytest.approx(33 / 46) and b.win_rate.value == pytest.approx(13 / 46)
    assert ranking.lead.difference.value == pytest.approx(math.log(33.5 / 13.5), abs=1e-6)
    assert a.strength.value == pytest.approx(-b.strength.value)
    assert ranking.rates[0, 1] == pytest.approx(33 / 46) and ranking.counts.tolist() == [[0, 46], [46, 0]]


def test_it_is_the_side_shown_that_counts_not_the_order_of_names():
    ranking = rank(as_frame(votes("left", left="b", right="a") + votes("right", left="a", right="b")))
    assert by_name(ranking)["b"].wins == 2


def test_expected_wins_give_the_strengths_back():
    strengths = np.array([1.2, 0.4, 0.0, -0.6, -1.0])
    expected = 1e7 / (1 + np.exp(strengths[None] - strengths[:, None]))
    np.fill_diagonal(expected, 0)
    assert bradley_terry(expected, expected > 0) == pytest.approx(strengths - strengths.mean(), abs=1e-4)


def test_strengths_are_evalicas_when_votes_are_many():
    judgements = simulate({"a": 0.8, "b": 0.0, "c": -0.5}, items=400, annotators=2, seed=3, ties=0.2)
    known = evalica.bradley_terry(
        [judgement.left for judgement in judgements],
        [judgement.right for judgement in judgements],
        [{"left": evalica.Winner.X, "right": evalica.Winner.Y}.get(j.choice, evalica.Winner.Draw) for j in judgements],
        tolerance=1e-10,
        limit=10_000,
    ).scores
    logarithms = np.log(known) - np.log(known).mean()
    for name, standing in by_name(rank(as_frame(judgements), resamples=2)).items():
        assert standing.strength.value == pytest.approx(logarithms[name], abs=2e-3)


def test_who_lost_every_vote_has_a_finite_strength():
    a, b = rank(as_frame(votes(*["left"] * 20))).standings
    assert a.strength.value > 1 and b.strength.value == pytest.approx(-a.strength.value)
    assert math.isnan(b.strength.low)


def test_where_all_items_agree_a_share_has_wilsons_interval():
    a, b = rank(as_frame(votes(*["left"] * 20))).standings
    # (n + z^2 / 2 - z^2 / 2) / (n + z^2) with z = 1.96
    assert (a.win_rate.low, a.win_rate.high) == (pytest.approx(20 / 23.8415, abs=1e-4), pytest.approx(1.0))
    assert b.win_rate.high == pytest.approx(1 - a.win_rate.low)


@pytest.mark.parametrize("items, apart", [(2, False), (5, False), (6, True), (20, True)])
def test_few_items_tell_nobody_apart_however_they_agree(items, apart):
    lead = rank(as_frame(votes(*["left"] * items))).lead
    assert lead.separated == apart and lead.more_votes == (0 if apart else None) and math.isnan(lead.difference.low)
    assert ("so the two are told apart" if apart else "it takes 6") in lead_in_words(lead)


def test_what_one_item_of_many_says_has_no_interval():
    judgements = votes(*["left"] * 10)
    judgements[3] = replace(judgements[3], left_scores={"quality": 5})
    score = summarize(judgements).rubric.scores["quality"]["a"]
    assert score.value == 5.0 and math.isnan(score.low)


def test_contestants_that_never_met_have_no_common_scale():
    ranking = rank(as_frame(votes("left", "left") + votes("left", "right", left="c", right="d")))
    assert all(math.isnan(standing.strength.value) for standing in ranking.standings)
    assert ranking.lead is None and by_name(ranking)["a"].win_rate.value == 1.0
    assert math.isnan(ranking.rates[0, 2])


def test_strengths_are_covered_at_the_nominal_rate():
    truth = {"a": 0.5, "b": 0.1, "c": -0.6}
    covered = 0
    for seed in range(40):
        for standing in rank(as_frame(simulate(truth, 60, 2, seed)), resamples=200).standings:
            covered += standing.strength.low <= truth[standing.name] <= standing.strength.high
    assert 0.90 <= covered / 120 <= 0.99


def test_votes_on_one_item_are_not_taken_for_independent():
    once = votes(*["left"] * 40 + ["right"] * 20)
    many = [replace(judgement, annotator=f"n{number}") for judgement in once for number in range(10)]
    single, tenfold = (rank(as_frame(one)).lead.difference for one in (once, many))
    assert tenfold.high - tenfold.low == pytest.approx(single.high - single.low, rel=0.2)


def test_how_many_more_votes_until_the_leaders_separate():
    ranking = rank(as_frame(votes(*["left"] * 55 + ["right"] * 45)), resamples=2000)
    # A share of 0.55 is told from 0.5 with an 80 % chance by ((1.96 + 0.84) * 0.5 / 0.05)^2 = 784 votes.
    assert ranking.lead.more_votes == pytest.approx(684, rel=0.2) and not ranking.lead.separated
    assert rank(as_frame(votes(*["left"] * 80 + ["right"] * 20))).lead.separated
    assert rank(as_frame(votes(*["left"] * 50 + ["right"] * 50))).lead.more_votes is None
    assert rank(as_frame(votes("tie", "tie"))).lead.more_votes is None  # no gap, and nothing varies


def test_the_same_votes_give_the_same_numbers():
    judgements = simulate({"a": 0.5, "b": 0.0}, 30, 2, seed=1)
    assert repr(summarize(judgements)) == repr(summarize(judgements))


def test_one_item_has_no_interval():
    standing = rank(as_frame(votes("left"))).standings[0]
    assert standing.win_rate.value == 1.0 and math.isnan(standing.win_rate.low)


def test_categories_are_ranked_apart():
    judgements = [replace(one, category="add") for one in votes(*["left"] * 8)]
    judgements += [replace(one, category="remove", item=f"r{one.item}") for one in votes(*["right"] * 6)]
    summary = summarize(judgements)
    assert {name: ranking.standings[0].name for name, ranking in summary.categories.items()} == {
        "add": "a",
        "remove": "b",
    }
    assert summary.overall.votes == 14 and summary.categories["remove"].votes == 6


def test_repeats_measure_the_annotator_and_do_not_count():
    judgements = votes(*["left"] * 4) + votes("right", "left", "tie", "right", left="b", right="a", repeat=True)
    summary = summarize(judgements)
    assert (summary.votes, summary.repeats, summary.overall.standings[0].wins) == (4, 4, 4)
    consistency = summary.quality.consistency
    assert consistency.repeats == 4 and consistency.share.value == 0.5  # both "right", where a stands then


def test_simulated_consistency_is_recovered():
    # Ties come by chance: a repeat agrees if both are ties, or neither is and both go one way.
    judgements = simulate({"a": 9.0, "b": -9.0}, 2000, 1, seed=2, ties=0.3, repeats=0.5)
    share = summarize(judgements, resamples=2).quality.consistency.share
    assert share.low < 0.3**2 + 0.7**2 < share.high


def test_a_bias_for_the_left_is_found_and_none_is_not():
    biased, fair = (simulate({"a": 0.3, "b": 0.0}, 400, 2, seed=4, bias=bias) for bias in (0.8, 0.0))
    found, none = (summarize(one, resamples=2).quality.bias for one in (biased, fair))
    left = np.mean([1 / (1 + math.exp(-(gap + 0.8))) for gap in (0.3, -0.3)])
    assert found.share.low < left < found.share.high and found.p_value < 1e-6
    assert none.share.low < 0.5 < none.share.high and none.p_value > 0.05


def test_the_binomial_tests_known_value():
    bias = summarize(votes(*["left"] * 8 + ["right"] * 2 + ["tie"] * 5)).quality.bias
    assert (bias.votes, bias.share.value) == (10, 0.8)
    assert bias.p_value == pytest.approx(0.109375)
    assert (bias.share.low, bias.share.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)  # Wilson


def test_krippendorffs_published_example():
    # Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, part C: four observers, twelve units.
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
    table = np.array(
        [[column.count(value) for value in range(1, 6)] for column in map(list, zip(*observers, strict=True))]
    )
    measured = agreement(table)
    assert measured.alpha == pytest.approx(0.743, abs=5e-4) and measured.pairs == 11


def test_fleiss_published_example():
    # Fourteen raters, ten subjects, five categories: the example of Wikipedia's article on Fleiss' kappa.
    table = np.array(
        [
            [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
        ]
    )  # fmt: skip
    measured = agreement(table)
    assert measured.kappa == pytest.approx(0.210, abs=5e-4)
    assert (measured.kappa_pairs, measured.kappa_raters) == (10, 14)


def test_agreement_is_about_the_contestant_not_the_side():
    judgements = votes("left", "right", annotator="ann")
    judgements += votes("right", "left", annotator="ben", left="b", right="a")
    quality = summarize(judgements).quality
    assert quality.agreement.alpha == quality.agreement.kappa == 1.0
    assert [annotator.agreement for annotator in quality.annotators] == [1.0, 1.0]


@pytest.mark.parametrize("annotators", [1, 2])
def test_agreement_that_cannot_be_told_is_nan(annotators):
    judgements = [one for number in range(annotators) for one in votes("left", "left", annotator=f"n{number}")]
    assert math.isnan(summarize(judgements).quality.agreement.alpha)


def test_scores_have_means_and_intervals():
    judgements = [
        replace(one, left_scores={"quality": 5}, right_scores={"quality": score, "instruction": 1})
        for one, score in zip(votes(*["left"] * 40), [2, 4] * 20, strict=True)
    ]
    rubric = summarize(judgements).rubric
    same = rubric.scores["quality"]["a"]
    assert same.value == 5.0 and math.isnan(same.low)  # nothing tells how much it could vary
    mean = rubric.scores["quality"]["b"]
    assert mean.value == 3.0 and mean.high - mean.low == pytest.approx(2 * 1.96 / math.sqrt(40), rel=0.2)
    assert rubric.given["quality"] == {"a": 40, "b": 40} and list(rubric.scores["instruction"]) == ["b"]
    assert "preservation" not in rubric.scores


def test_tags_are_shares_of_the_votes():
    judgements = votes("left", "left", "left", left_tags=("artefacts",))
    judgements += votes("left", left="b", right="a", annotator="ben")
    tags = summarize(judgements).rubric.tags
    assert list(tags) == ["artefacts"] and tags["artefacts"]["a"].value == 0.75 and tags["artefacts"]["b"].value == 0.0


def test_flagged_votes_are_left_out_on_demand_and_named():
    judgements = votes(*["left"] * 5) + votes(*["right"] * 9, annotator="troll", flagged=True)
    both, without = summarize(judgements), summarize(judgements, leave_out_flagged=True)
    assert both.overall.standings[0].name == "b" and without.overall.standings[0].name == "a"
    assert (both.votes, without.votes) == (14, 5)
    assert both.flagged == without.flagged == {"troll": 9} and without.left_out
    assert [one.name for one in without.quality.annotators] == ["ann"]
    with pytest.raises(StudyError, match="left out"):
        summarize(judgements[5:], leave_out_flagged=True)


def test_no_votes_is_said():
    with pytest.raises(StudyError, match="no votes yet"):
        summarize([])


def test_speed_and_doubts():
    quick = votes(*["left"] * 30, annotator="quick", seconds=0.4)
    slow = [
        replace(one, seconds=float(number)) for number, one in enumerate(votes("left", "right", "tie", "bad", "bad"))
    ]
    quality = summarize([*quick, *slow]).quality
    careful, hasty = quality.annotators
    assert (careful.speed.first_quartile, careful.speed.median, careful.speed.third_quartile) == (1.0, 2.0, 3.0)
    assert careful.doubts == () and hasty.speed.hasty == 1.0
    assert hasty.doubts == ("votes for the left side 100% of the time", "takes less than 1 s for 100% of the votes")
    assert math.isnan(summarize(votes("left")).quality.speed.median)
