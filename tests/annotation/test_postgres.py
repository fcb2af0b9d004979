"""The same on PostgreSQL: a server of the tests' own where its programs are installed, else, or by choice, an empty
database whose contents may be deleted, as in
`UNILIP_TEST_POSTGRES=postgresql://user@host/name pytest tests/annotation/test_postgres.py`."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from PIL import Image
from sqlalchemy import create_engine, make_url, text

from tests.annotation.conftest import paint
from unilip.annotation.errors import AlreadyVotedError, StudyError, StudyGoneError
from unilip.annotation.judging import Ballot
from unilip.annotation.running import keep, missing
from unilip.annotation.sources import Contestant, Item
from unilip.annotation.store import Store
from unilip.annotation.tables import metadata

URL = os.environ.get("UNILIP_TEST_POSTGRES")


def programs() -> Path | None:
    """The folder of PostgreSQL's programs: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    debian = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), default=None)
    return Path(found).parent if found else debian


pytestmark = [
    pytest.mark.skipif(find_spec("psycopg") is None, reason="the package psycopg is not installed"),
    pytest.mark.skipif(not (URL or programs()), reason="no PostgreSQL here, and UNILIP_TEST_POSTGRES names none"),
]


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL of its own in a temporary folder; its URL."""
    # It refuses to run as root, as tests in containers do: then it runs as a user who owns nothing but its folder.
    user = {"user": "nobody"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="unilip-postgres-") as name:
        if user:
            shutil.chown(name, **user)
        said = {"cwd": name, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, **user}
        made = [programs() / "initdb", "--pgdata", "data", "--username", "tester", "--auth", "trust", "--no-sync"]
        done = subprocess.run([*made, "--encoding", "UTF8", "--locale", "C"], **said)
        assert done.returncode == 0, done.stdout
        options = f"-h 127.0.0.1 -p {port}" + (f" -k {name}" if os.name == "posix" else "")
        control = [programs() / "pg_ctl", "--pgdata", "data", "--wait"]
        started = subprocess.run([*control, "--log", "log", "--options", options, "start"], **said)
        assert started.returncode == 0, started.stdout
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "--mode", "immediate", "stop"], **said)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if URL:
        yield URL
    else:
        with server() as own:
            yield own


@pytest.fixture
def store(tmp_path, url):
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    opened = Store(tmp_path / "studies", url)
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


def test_a_study_is_deleted_while_many_vote(store, ticket):
    judges = [store.judge(store.join(ticket.study, f"n{number}").token) for number in range(8)]
    voting, said = threading.Barrier(9), []

    def annotate(number):
        voting.wait()
        try:
            for turn in count():
                judges[number].vote(f"{turn}", judges[number].next().assignment, Ballot("left"))
                judges[number].undo(f"undo {turn}")
        except StudyError as error:
            said.append(type(error))

    def delete(_):
        voting.wait()
        store.owner(ticket.token).delete()

    in_threads(lambda number: annotate(number) if number < 8 else delete(number), 9)
    assert said == [StudyGoneError] * 8 and store.studies() == []


def test_deleting_one_study_leaves_the_picture_that_another_is_just_getting(store, ticket, monkeypatch):
    settings = [Contestant(name, settings={}) for name in "ab"]
    owner = store.owner(store.create("other", [Item("1", "a cat")], settings).token)
    add, added, on = owner.pictures.add, threading.Event(), threading.Event()

    def add_slowly(picture):
        digest = add(picture)
        added.set()
        on.wait(20)
        return digest

    monkeypatch.setattr(owner.pictures, "add", add_slowly)
    job = missing(owner)[0]
    keeping = threading.Thread(target=keep, args=(owner, job, Image.new("RGB", (8, 8), "red")))
    deleting = threading.Thread(target=store.owner(ticket.token).delete)
    keeping.start()
    assert added.wait(20)
    deleting.start()
    deleting.join(1)  # time enough to sweep
    on.set()
    keeping.join()
    deleting.join()
    assert [path.stem for path in owner.pictures.folder.glob("*.png")] == [add(Image.new("RGB", (8, 8), "red"))]


def test_votes_go_on_after_the_server_has_cut_the_connections(store, ticket, url):
    judge = store.judge(store.join(ticket.study, "ann").token)
    judge.vote("1", judge.next().assignment, Ballot("left"))
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()
    judge.vote("2", judge.next().assignment, Ballot("right"))
    assert [vote.choice for vote in judge.votes()] == ["left", "right"]


def test_a_server_that_is_away_is_told_without_its_password(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(StudyError, match="cannot be used now") as told:
            Store(tmp_path / "studies", f"postgresql://tester:secret@127.0.0.1:{free.getsockname()[1]}/postgres")
    assert "secret" not in str(told.value)
