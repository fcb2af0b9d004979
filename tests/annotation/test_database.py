"""The file of studies: opened, migrated, refused; its tables are what the migrations make."""

import sqlite3
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from unilip.annotation.database import Database
from unilip.annotation.errors import StudyError
from unilip.annotation.tables import metadata


def test_migrations_make_the_tables(tmp_path):
    database = Database(tmp_path / "a.sqlite")
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_commits_are_on_disk(tmp_path):
    database = Database(tmp_path / "a.sqlite")
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def test_two_programs_may_open_a_new_file_at_once(tmp_path):
    opened = []
    threads = [threading.Thread(target=lambda: opened.append(Database(tmp_path / "a.sqlite"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 8
    for database in opened:
        database.close()


def test_what_is_no_database_is_refused(tmp_path):
    (tmp_path / "text").write_text("not a database at all, but long enough to be looked at " * 100)
    for location, message in (
        (tmp_path / "text", "no database of studies"),
        (tmp_path, "is a folder"),
        ("nonsense://x", "not the URL"),
    ):
        with pytest.raises(StudyError, match=message):
            Database(location)


def test_a_newer_programs_file_is_refused(tmp_path):
    Database(tmp_path / "a.sqlite").close()
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StudyError, match="newer version"):
        Database(tmp_path / "a.sqlite")


def test_a_database_that_cannot_be_written_is_said_and_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("unilip.annotation.database.BUSY_SECONDS", 0.1)
    database = Database(tmp_path / "a.sqlite")
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StudyError, match="cannot be used now: database is locked"), database.write():
        pass
    other.execute("ROLLBACK")
    with database.write() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM votes").scalar() == 0
    other.close()
    database.close()


def test_a_place_that_cannot_be_written_is_said():
    with pytest.raises((StudyError, OSError)):
        Database("/proc/no/studies.sqlite")
