"""One annotator's votes: order, sides, undo, double clicks, and what others may not see."""

import threading
import time
from collections import Counter
from dataclasses import replace

import pytest

from unilip.annotation.errors import AccessError, AlreadyVotedError, StudyError, StudyGoneError
from unilip.annotation.judging import HASTY_RUN, Ballot, Progress, Seat

LEFT = Ballot("left")


def vote_all(judge, choice="left"):
    pairs = []
    while (pair := judge.next()) is not None:
        judge.vote(f"vote {pair.assignment}", pair.assignment, Ballot(choice), pair.shown_at)
        pairs.append(pair)
    return pairs


@pytest.fixture
def ticket(make_study):
    return make_study(4, images=True)


@pytest.fixture
def judge(store, ticket):
    return store.judge(store.join(ticket.study, "ann").token)


def test_each_item_comes_once_with_its_input_and_both_results(store, judge):
    pairs = vote_all(judge)
    assert sorted(pair.prompt for pair in pairs) == [f"prompt {number}" for number in range(4)]
    for pair in pairs:
        assert len({pair.source, pair.left, pair.right}) == 3
        assert all(store.pictures.path(digest).is_file() for digest in (pair.source, pair.left, pair.right))
    assert judge.progress() == Progress(4, 4, 0, pytest.approx(0, abs=60))


def test_the_same_pair_comes_until_it_is_voted_on(judge):
    first = judge.next()
    assert judge.next().assignment == first.assignment
    judge.vote("1", first.assignment, LEFT)
    assert judge.next().assignment != first.assignment


def test_the_pair_ahead_is_the_one_after_a_vote_or_a_skip(judge):
    for turn in range(3):
        ahead = judge.ahead()
        if turn == 1:
            judge.skip(judge.next().assignment)
        else:
            judge.vote(str(turn), judge.next().assignment, LEFT)
        assert judge.next().assignment == ahead.assignment
    judge.vote("last but one", judge.next().assignment, LEFT)
    assert judge.ahead() is None


def test_order_and_sides_follow_from_the_seed(store, make_study):
    def seen(ticket, name):
        return [(pair.prompt, pair.left) for pair in vote_all(store.judge(store.join(ticket.study, name).token))]

    one, same, other = make_study(30, seed=1), make_study(30, seed=1), make_study(30, seed=2)
    first, second = seen(one, "ann"), seen(one, "ben")
    assert seen(same, "cyd") == first  # a name plays no part, the number does
    assert first != second and seen(other, "ann") != first
    assert [prompt for prompt, _ in first] != [prompt for prompt, _ in second]
    assert 5 < len(set(first) & set(second)) < 25  # the sides differ for about half of the items


def test_all_pairs_of_contestants_are_compared(store, make_study):
    judge = store.judge(store.join(make_study(2, contestants=4).study, "ann").token)
    shown = [frozenset((pair.left, pair.right)) for pair in vote_all(judge)]
    assert len(shown) == len(set(shown)) == 2 * 6


def test_a_share_comes_again_later_with_sides_exchanged(store, make_study):
    ticket = make_study(100, repeats=0.05)
    pairs = vote_all(store.judge(store.join(ticket.study, "ann").token))
    assert len(pairs) == 105
    times = Counter(pair.prompt for pair in pairs)
    for prompt in [prompt for prompt, count in times.items() if count == 2]:
        first, second = [index for index, pair in enumerate(pairs) if pair.prompt == prompt]
        assert second - first >= 30
        assert (pairs[first].left, pairs[first].right) == (pairs[second].right, pairs[second].left)


def test_a_repeat_waits_for_a_first_time_that_was_skipped(store, make_study):
    judge = store.judge(store.join(make_study(2, repeats=0.5).study, "ann").token)
    prompts = []
    for turn in range(6):
        pair = judge.next()
        if turn < 2:
            judge.skip(pair.assignment)
        elif pair is not None:
            prompts.append(pair.prompt)
            judge.vote(str(turn), pair.assignment, LEFT)
    assert len(prompts) == 3 and judge.next() is None


def test_a_repeat_keeps_its_distance_from_a_first_time_that_was_skipped(store, make_study):
    judge = store.judge(store.join(make_study(100, repeats=0.3).study, "ann").token)
    for _ in range(40):
        judge.skip(judge.next().assignment)
    pairs, skipped = [], [judge.progress().skipped]
    while (pair := judge.next()) is not None:
        judge.vote(f"vote {pair.assignment}", pair.assignment, LEFT)
        pairs.append(pair)
        skipped.append(judge.progress().skipped)
    assert len(pairs) == 130 and skipped == sorted(skipped, reverse=True) and (skipped[0], skipped[-1]) == (40, 0)
    places = {}
    for index, pair in enumerate(pairs):
        places.setdefault(pair.prompt, []).append(index)
    distances = sorted(two[1] - two[0] for two in places.values() if len(two) == 2)
    assert len(distances) == 30
    # Those that were put off are judged at the end, where fewer and fewer are left to stand between.
    assert distances[0] > 5 and distances[10] > 20


def test_a_pair_is_shown_again_whatever_comes_next_by_now(store, make_study):
    ticket = make_study(10, overlap=1)
    ann, ben = (store.judge(store.join(ticket.study, name).token) for name in ("ann", "ben"))
    shown = ann.next()
    for pair in vote_all(ben):  # all of them
        assert pair
    assert ann.next() is None
    again = ann.pair(shown.assignment)
    assert replace(again, shown_at=shown.shown_at) == shown
    with pytest.raises(AccessError):
        ben.pair(shown.assignment)


def test_overlap_is_how_many_judge_each(store, make_study):
    ticket = make_study(10, overlap=1)
    ann, ben = (store.judge(store.join(ticket.study, name).token) for name in ("ann", "ben"))
    for turn in range(4):
        ann.vote(str(turn), ann.next().assignment, LEFT)
    assert ben.progress() == Progress(0, 6, 0)
    seen = vote_all(ben)
    assert len(seen) == 6 and ann.next() is None
    judgements = store.owner(ticket.token).judgements()
    assert len({judgement.item for judgement in judgements}) == 10


def test_two_on_the_last_free_pair_both_count(store, make_study):
    ticket = make_study(1, overlap=1)
    ann, ben = (store.judge(store.join(ticket.study, name).token) for name in ("ann", "ben"))
    pairs = ann.next(), ben.next()
    ann.vote("1", pairs[0].assignment, LEFT)
    ben.vote("1", pairs[1].assignment, LEFT)
    assert len(store.owner(ticket.token).judgements()) == 2


def test_a_vote_sent_twice_counts_once(judge):
    pair = judge.next()
    first = judge.vote("1", pair.assignment, LEFT)
    again = judge.vote("1", pair.assignment, Ballot("right"))
    assert again == first
    assert [vote.choice for vote in judge.votes()] == ["left"]


def test_another_tab_is_told_that_the_pair_has_a_vote(judge):
    pair = judge.next()
    judge.vote("1", pair.assignment, LEFT)
    with pytest.raises(AlreadyVotedError):
        judge.vote("2", pair.assignment, Ballot("right"))
    with pytest.raises(AlreadyVotedError):
        judge.skip(pair.assignment)
    assert [vote.choice for vote in judge.votes()] == ["left"]


def test_many_tabs_at_once_make_one_vote(judge):
    pair = judge.next()
    outcomes = []

    def send(number):
        try:
            outcomes.append(judge.vote(str(number % 3), pair.assignment, LEFT).vote)
        except AlreadyVotedError:
            outcomes.append(None)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 12 and outcomes.count(None) == 8
    assert len({vote for vote in outcomes if vote is not None}) == len(judge.votes()) == 1


def test_undo_is_a_record_and_the_pair_comes_back(store, ticket, judge, tmp_path):
    first = judge.next()
    judge.vote("1", first.assignment, LEFT)
    second = judge.next()
    judge.undo("2")
    assert judge.undo("2").progress.done == 0  # sent twice
    assert judge.next().assignment == first.assignment
    judge.vote("3", first.assignment, Ballot("right"))
    assert judge.next().assignment == second.assignment
    assert [vote.choice for vote in judge.votes()] == ["right"]
    assert store.owner(ticket.token).export(tmp_path / "votes.jsonl") == 3


def test_what_was_said_of_a_pair_is_there_after_an_undo(judge):
    pair = judge.next().assignment
    assert judge.taken_back(pair) is None
    judge.vote("1", pair, Ballot("left", left_scores={"quality": 4}, note="first", right_box=(0, 0, 0.5, 1)))
    judge.undo("2")
    judge.vote("3", pair, Ballot("right", right_tags=["artefacts"], note="second"))
    judge.undo("4")
    said = judge.taken_back(pair)
    assert (said.note, said.right_tags, said.left_quality) == ("second", ["artefacts"], None)
    judge.vote("5", pair, Ballot("tie"))
    assert judge.taken_back(judge.next().assignment) is None


def test_a_late_copy_of_an_undone_vote_changes_nothing(judge):
    pair = judge.next()
    judge.vote("1", pair.assignment, LEFT)
    judge.undo("2")
    judge.vote("1", pair.assignment, LEFT)
    assert judge.votes() == [] and judge.progress().done == 0


def test_undo_goes_back_vote_by_vote_and_ends(judge):
    pairs = vote_all(judge)
    for number, pair in enumerate(reversed(pairs)):
        judge.undo(f"undo {number}")
        assert judge.next().assignment == pair.assignment
    assert judge.undo("once more") is None


def test_an_undone_vote_may_be_given_again_though_others_have_judged_enough(store, make_study):
    ticket = make_study(1, overlap=1)
    ann, ben = (store.judge(store.join(ticket.study, name).token) for name in ("ann", "ben"))
    theirs = ben.next()
    ann.vote("1", ann.next().assignment, LEFT)
    ann.undo("2")
    ben.vote("1", theirs.assignment, LEFT)
    assert ann.next() is not None


def test_skipped_pairs_come_last_or_when_asked_for(judge):
    first = judge.next()
    judge.skip(first.assignment)
    second = judge.next()
    judge.skip(second.assignment)
    assert judge.progress() == Progress(0, 4, 2)
    third = judge.next()
    judge.resume_skipped()
    assert judge.progress().skipped == 0
    order = [pair.assignment for pair in vote_all(judge)]
    assert order[:3] == [first.assignment, second.assignment, third.assignment]


def test_a_vote_keeps_everything_that_was_said(judge):
    ballot = Ballot(
        "bad",
        {"instruction": 1},
        {"quality": 5, "preservation": 2},
        ["artefacts", "not_followed"],
        [],
        (0.1, 0.2, 0.5, 1),
        None,
        "a note ünd more",
    )
    pair = judge.next()
    judge.vote("1", pair.assignment, ballot, pair.shown_at)
    vote = judge.votes()[0]
    assert (vote.choice, vote.left_instruction, vote.right_quality, vote.right_preservation) == ("bad", 1, 5, 2)
    assert vote.left_quality is None and vote.left_tags == ["not_followed", "artefacts"] and vote.right_tags == []
    assert vote.left_box == [0.1, 0.2, 0.5, 1.0] and vote.right_box is None and vote.note == "a note ünd more"
    assert 0 < pair.shown_at == vote.shown_at <= vote.answered_at


@pytest.mark.parametrize(
    "ballot",
    [
        Ballot("undo"),
        Ballot("up"),
        Ballot("left", {"beauty": 3}),
        Ballot("left", {"quality": 6}),
        Ballot("left", {"quality": True}),
        Ballot("left", right_scores={"quality": 2.5}),
        Ballot("left", left_tags=["ugly"]),
        Ballot("left", left_box=(0.5, 0, 0.4, 1)),
        Ballot("left", left_box=(0, 0, 1, float("nan"))),
        Ballot("left", right_box=(0, 0, 1)),
        Ballot("left", note="x" * 3000),
    ],
)
def test_a_vote_that_cannot_be_is_refused(judge, ballot):
    with pytest.raises(StudyError):
        judge.vote("1", judge.next().assignment, ballot)
    assert judge.votes() == []


@pytest.mark.parametrize("client_id", ["", "x" * 65, None])
def test_a_vote_needs_an_id(judge, client_id):
    with pytest.raises(StudyError):
        judge.vote(client_id, judge.next().assignment, LEFT)


def test_an_impossible_time_is_not_kept(judge):
    for number, shown_at in enumerate((-1.0, float("nan"), "now", 4e9)):
        judge.vote(str(number), judge.next().assignment, LEFT, shown_at)
    assert [vote.shown_at for vote in judge.votes()] == [None] * 4


def test_hasty_votes_are_noticed_now_and_then(store, make_study):
    judge = store.judge(store.join(make_study(12).study, "ann").token)
    hasty = []
    for number in range(12):
        pair = judge.next()
        hasty.append(judge.vote(str(number), pair.assignment, LEFT, time.time()).hasty)
    assert [number for number, one in enumerate(hasty, start=1) if one] == [HASTY_RUN, 2 * HASTY_RUN]


def test_the_pace_is_the_median_of_the_last_votes(store, make_study):
    judge = store.judge(store.join(make_study(6).study, "ann").token)
    assert judge.progress().seconds is None
    for number, seconds in enumerate((200, 30_000, 400, None)):
        pair = judge.next()
        judge.vote(str(number), pair.assignment, LEFT, seconds and pair.shown_at - seconds)
    assert judge.progress().seconds == pytest.approx(400, abs=60)
    judge.undo("undo")
    assert judge.undo("again").progress.seconds == pytest.approx(15_100, abs=60)


def test_a_seat_tells_where_one_is(judge, ticket):
    assert judge.seat() == Seat(ticket.study, "A study", "ann")


def test_votes_at_a_human_pace_are_not_hasty(store, make_study):
    judge = store.judge(store.join(make_study(5).study, "ann").token)
    for number in range(5):
        pair = judge.next()
        assert not judge.vote(str(number), pair.assignment, LEFT, pair.shown_at - 3).hasty


def test_an_annotator_reaches_only_their_own(store, ticket, judge):
    ben = store.judge(store.join(ticket.study, "ben").token)
    pair = judge.next()
    judge.vote("1", pair.assignment, LEFT)
    for act in (
        lambda: ben.vote("1", pair.assignment, LEFT),
        lambda: ben.skip(pair.assignment),
        lambda: ben.vote("1", f"{pair.assignment} OR 1", LEFT),
    ):
        with pytest.raises(AccessError):
            act()
    assert ben.votes() == [] and ben.undo("2") is None
    assert [vote.choice for vote in judge.votes()] == ["left"]


def test_pictures_of_other_studies_are_not_shown(store, make_study, ticket, judge):
    pair = judge.next()
    assert all(judge.may_see(digest) for digest in (pair.source, pair.left, pair.right))
    other = store.judge(store.join(make_study(5, shade=100).study, "ann").token)
    assert not other.may_see(pair.source) and not judge.may_see("0" * 64)
    assert store.owner(ticket.token).may_see(pair.left) and not store.owner(ticket.token).may_see(other.next().left)


def test_tokens_open_only_their_own_doors(store, ticket):
    ann = store.join(ticket.study, "ann")
    with pytest.raises(AccessError):
        store.owner(ann.token)
    with pytest.raises(AccessError):
        store.judge(ticket.token)
    for token in ("", "guess", ticket.study):
        with pytest.raises(AccessError):
            store.judge(token)
        with pytest.raises(AccessError):
            store.owner(token)


def test_a_name_is_taken_once(store, ticket):
    store.join(ticket.study, " ann ")
    for name in ("ann", "owner"):
        with pytest.raises(AccessError):
            store.join(ticket.study, name)
    for name in ("", "  ", "x" * 61, "a\nb", "annotator 7"):
        with pytest.raises(StudyError):
            store.join(ticket.study, name)


def test_a_login_comes_back_to_its_own_votes_and_is_kept_nowhere(store, ticket, tmp_path):
    def place(login):
        return store.judge(store.join_by_login(ticket.study, login).token)

    first = place("somebody@platform")
    first.vote("1", first.next().assignment, LEFT)
    assert len(place("somebody@platform").votes()) == 1
    assert place("another@platform").votes() == []
    store.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "studies").glob("studies.sqlite*"))
    assert b"another" not in kept and b"somebody" not in kept


def test_a_login_in_two_tabs_at_once_is_one_annotator(store, ticket):
    threads = [threading.Thread(target=store.join_by_login, args=(ticket.study, "somebody")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.name for one in store.owner(ticket.token).annotators()] == ["annotator 1"]


def test_a_closed_study_takes_invited_annotators_alone(store, make_study):
    ticket = make_study(open=False)
    with pytest.raises(AccessError):
        store.join(ticket.study, "ann")
    with pytest.raises(AccessError):
        store.join_by_login(ticket.study, "ann")
    owner = store.owner(ticket.token)
    old = owner.invite("ann")
    judge = store.judge(old)
    judge.vote("1", judge.next().assignment, LEFT)
    new = owner.invite("ann")
    assert len(store.judge(new).votes()) == 1
    with pytest.raises(AccessError):
        store.judge(old)


def test_a_study_that_goes_while_somebody_votes(store, make_study):
    ticket = make_study()
    judge = store.judge(store.join(ticket.study, "ann").token)
    pair = judge.next()
    store.owner(ticket.token).delete()
    for act in (judge.next, judge.progress, judge.votes, judge.resume_skipped, lambda: judge.undo("1")):
        with pytest.raises(StudyGoneError):
            act()
    with pytest.raises(StudyGoneError):
        judge.vote("1", pair.assignment, LEFT)
    with pytest.raises(StudyGoneError):
        store.join(ticket.study, "ben")
    with pytest.raises(AccessError):
        store.owner(ticket.token)
