"""Buttons that end a run."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from gradio.context import LocalContext

from unilip.demo.stopping import Stops


@contextmanager
def visitor(name: str):
    token = LocalContext.request.set(SimpleNamespace(session_hash=name))
    try:
        yield
    finally:
        LocalContext.request.reset(token)


@pytest.fixture
def closed() -> list[bool]:
    return []


@pytest.fixture
def count(closed):
    def count(start: int):
        try:
            yield from range(start, start + 3)
        finally:
            closed.append(True)

    return count


def test_a_press_closes_the_run_and_gives_the_last_value(count, closed):
    stops = Stops()
    with visitor("one"):
        run = stops.ends(count, lambda value: f"stopped after {value}")(5)
        assert next(run) == 5
        stops.press()
        assert [*run] == ["stopped after 5"]
    assert closed == [True]


def test_a_press_ends_nobody_elses_run(count):
    stops = Stops()
    with visitor("one"):
        run = stops.ends(count)(5)
        next(run)
    with visitor("two"):
        stops.press()
    with visitor("one"):
        assert [*run] == [6, 7]


def test_a_press_when_nothing_ran_does_not_end_the_next_run(count):
    stops = Stops()
    with visitor("one"):
        stops.press()
        assert [*stops.ends(count)(5)] == [5, 6, 7]


def test_a_press_does_not_end_the_run_after_the_one_that_it_ended(count):
    stops = Stops()
    with visitor("one"):
        run = stops.ends(count)(5)
        next(run)
        stops.press()
        assert [*run] == []
        assert [*stops.ends(count)(8)] == [8, 9, 10]


def test_a_press_ends_all_that_runs_for_a_visitor(count):
    stops = Stops()
    with visitor("one"):
        assert not stops.runs()
        runs = [stops.ends(count)(start) for start in (5, 8)]
        assert [next(run) for run in runs] == [5, 8]
        stops.press()
        assert [[*run] for run in runs] == [[], []]
        assert not stops.runs()


def test_a_run_is_one_until_its_end_and_for_its_visitor_alone(count):
    stops = Stops()
    with visitor("one"):
        run = stops.ends(count)(5)
        next(run)
        assert stops.runs()
    with visitor("two"):
        assert not stops.runs()
    with visitor("one"):
        assert [*run] == [6, 7] and not stops.runs()


def test_a_run_behind_another_of_the_visitors_speaks_once_that_is_over(count):
    stops = Stops()
    with visitor("two"):
        other = stops.ends(count)(1)
        next(other)
    with visitor("one"):
        first, second = (stops.ends(count, behind=lambda value: f"behind: {value}")(start) for start in (5, 8))
        assert [next(first), next(second)] == [5, "behind: 8"]
        assert [*first] == [6, 7]
        assert [*second] == [9, 10]


def test_a_closed_page_closes_the_run(count, closed):
    with visitor("one"):
        run = Stops().ends(count)(5)
        next(run)
        run.close()
    assert closed == [True]
