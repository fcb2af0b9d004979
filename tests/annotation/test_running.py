"""Contestants that are settings get their pictures here, and a stopped run goes on."""

import pytest
from PIL import Image

from unilip.annotation.errors import StudyGoneError
from unilip.annotation.running import run
from unilip.annotation.sources import Contestant, Item
from unilip.annotation.store import MAX_SEED

from .conftest import paint


@pytest.fixture
def ticket(store, tmp_path):
    items = [Item(str(number), f"p{number}", image=paint(tmp_path / f"{number}.png", number)) for number in range(3)]
    entrants = [Contestant(name, settings={"guidance": value}) for name, value in (("weak", 2), ("strong", 7))]
    return store.create("t", items, entrants, seed=1)


def draw(job):
    return Image.new("RGB", (4, 4), (job.settings["guidance"], int(job.item), 0))


def test_a_run_makes_every_picture_once(store, ticket):
    owner, jobs = store.owner(ticket.token), []
    judge = store.judge(store.join(ticket.study, "ann").token)
    assert judge.next() is None  # nothing to see yet

    def make(job):
        jobs.append(job)
        return draw(job)

    assert list(run(owner, make)) == [(number, 6) for number in range(7)]
    assert [job.contestant for job in jobs] == ["weak"] * 3 + ["strong"] * 3
    assert all(job.source.is_file() and 0 <= job.seed <= MAX_SEED for job in jobs)
    assert jobs[0].seed == jobs[3].seed != jobs[1].seed
    assert judge.next() is not None
    assert list(run(owner, make)) == [(6, 6)] and len(jobs) == 6


def test_a_stopped_run_goes_on(store, ticket):
    owner = store.owner(ticket.token)
    steps = run(owner, draw)
    assert [next(steps) for _ in range(3)][-1] == (2, 6)
    steps.close()
    assert list(run(owner, draw)) == [(number, 6) for number in range(2, 7)]


def test_a_failure_keeps_what_was_made(store, ticket):
    owner = store.owner(ticket.token)

    def fail(job):
        if job.item == "2":
            raise MemoryError
        return draw(job)

    with pytest.raises(MemoryError):
        list(run(owner, fail))
    assert owner.overview().pictures == 2


def test_two_runs_at_once_make_one_picture_each(store, ticket):
    owner = store.owner(ticket.token)
    one, two = run(owner, draw), run(owner, draw)
    for _ in range(7):
        next(one), next(two)
    assert owner.overview().pictures == 6


def test_a_study_deleted_meanwhile_ends_the_run(store, ticket):
    owner = store.owner(ticket.token)
    steps = run(owner, draw)
    next(steps)
    owner.delete()
    with pytest.raises(StudyGoneError):
        list(steps)
    assert list(store.pictures.folder.iterdir()) == []
