"""The same on PostgreSQL. Needs a database whose contents may be deleted, as in
`UNILIP_TEST_POSTGRES=postgresql://user@host/name pytest tests/annotation/test_postgres.py`."""

import os
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text

from tests.annotation.conftest import paint
from unilip.annotation.errors import AlreadyVotedError, StudyGoneError
from unilip.annotation.judging import Ballot
from unilip.annotation.sources import Contestant, Item
from unilip.annotation.store import Store
from unilip.annotation.tables import metadata

URL = os.environ.get("UNILIP_TEST_POSTGRES")
pytestmark = pytest.mark.skipif(URL is None, reason="UNILIP_TEST_POSTGRES names no database")


@pytest.fixture
def store(tmp_path):
    engine = create_engine(make_url(URL).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    opened = Store(tmp_path / "studies", URL)
    yield opened
    opened.close()


@pytest.fixture
def ticket(store, tmp_path):
    items = [Item(str(number), f"p{number}") for number in range(20)]
    for shade, item in enumerate(items):
        for number, name in enumerate("ab"):
            paint(tmp_path / name / f"{item.name}.png", shade + 100 * number)
    return store.create(
        "t", items, [Contestant(name, tmp_path / name) for name in "ab"], seed=1, repeats=0.1, overlap=2
    )


def in_threads(act, count):
    threads = [threading.Thread(target=act, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_migrations_make_the_tables(store):
    with store.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_annotators_and_tabs_at_once_lose_nothing_and_count_nothing_twice(store, ticket, tmp_path):
    judges = [store.judge(store.join(ticket.study, f"n{number}").token) for number in range(4)]
    receipts = []

    def annotate(number):
        judge = judges[number % 4]  # two tabs of each annotator
        for turn in range(12):
            pair = judge.next()
            try:
                receipts.append(judge.vote(f"{number}-{turn}", pair.assignment, Ballot("left"), pair.shown_at).vote)
            except AlreadyVotedError:
                continue
            if turn % 4 == 3:
                judge.undo(f"{number}-{turn}-undo")

    in_threads(annotate, 8)
    owner = store.owner(ticket.token)
    standing = [judge.votes() for judge in judges]
    assert len(set(receipts)) == len(receipts)
    assert sum(map(len, standing)) == len(owner.judgements()) == owner.overview().votes
    for judge, votes in zip(judges, standing, strict=True):
        assert len({vote.assignment_id for vote in votes}) == len(votes) == judge.progress().done
    owner.export(tmp_path / "votes.jsonl")
    assert store.owner(store.load(tmp_path / "votes.jsonl").token).judgements() == owner.judgements()


def test_one_vote_sent_by_many_at_once_is_one(store, ticket):
    judge = store.judge(store.join(ticket.study, "ann").token)
    pair, receipts = judge.next(), []
    in_threads(lambda _: receipts.append(judge.vote("same", pair.assignment, Ballot("left")).vote), 8)
    assert len(receipts) == 8 and len(set(receipts)) == 1 == len(judge.votes())


def test_a_deleted_study_is_gone(store, ticket):
    judge = store.judge(store.join(ticket.study, "ann").token)
    pair = judge.next()
    judge.vote("1", pair.assignment, Ballot("left"))
    judge.skip(judge.next().assignment)
    judge.resume_skipped()
    store.owner(ticket.token).delete()
    with pytest.raises(StudyGoneError):
        judge.vote("2", pair.assignment, Ballot("left"))
    assert list(store.pictures.folder.iterdir()) == []
