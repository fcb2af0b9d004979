"""The connection to the studies' database: SQLite in a file by default, PostgreSQL by URL, migrated when opened."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from unilip.annotation.errors import StudyError

BUSY_SECONDS = 30  # how long a writer waits for another process's
MIGRATION_LOCK, PICTURES_LOCK = 5_071_990, 5_071_991  # any numbers; PostgreSQL's writers agree on them
ALEMBIC = threading.Lock()  # its context is one for the whole process


class Database:
    """Transactions over an engine.

    Args:
        location: the path of an SQLite file, made if it is not there, or an SQLAlchemy URL such as
            "postgresql+psycopg://user:password@host/name".

    Raises:
        StudyError: the database cannot be opened, is none, or was written by a newer version.
    """

    def __init__(self, location: str | Path):
        self.location = str(location)
        if "://" not in self.location:
            path = Path(location)
            if path.is_dir():
                raise StudyError(f"{path} is a folder, not a file of studies.")
            path.parent.mkdir(parents=True, exist_ok=True)
            self.location = f"sqlite:///{path}"
        # SQLite lets one transaction write at a time and makes the others poll; a lock wakes them in turn instead.
        self._writer = threading.Lock()
        try:
            url = make_url(self.location)
            # Of PostgreSQL's drivers the one that pyproject.toml names, also for a plain postgresql:// URL.
            if url.drivername == "postgresql":
                url = url.set(drivername="postgresql+psycopg")
            self._one_writer = url.get_backend_name() == "sqlite"
            # A server may have cut connections that lie idle, such as when it was started anew.
            options = {"connect_args": {"timeout": BUSY_SECONDS}} if self._one_writer else {"pool_pre_ping": True}
            self._engine = create_engine(url, pool_size=8, max_overflow=64, **options)
        except (ArgumentError, NoSuchModuleError) as error:
            raise StudyError(f"{self.location} is not the URL of a database that can be used.") from error
        except ModuleNotFoundError as error:
            raise StudyError(f'This database needs the package {error.name}: pip install "{error.name}".') from error
        if self._one_writer:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self._migrate()

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        try:
            # The transaction that finds out what is missing is the one that adds it, so two programs may start at once.
            with ALEMBIC, self.write() as connection:
                if not self._one_writer:
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError as error:
            raise StudyError(
                f"The studies at {self._name} were written by a newer version of this program: update it."
            ) from error
        except DatabaseError as error:
            raise StudyError(f"{self._name} is no database of studies.") from error

    @property
    def _name(self) -> str:
        url = self._engine.url
        return url.database if self._one_writer else url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database, whatever others write meanwhile.

        Raises:
            StudyError: the database cannot be reached.
        """
        with self._plain_errors(), self._engine.connect() as connection:
            if not self._one_writer:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk, whole, when the block ends, or leaves nothing when it raises.

        Raises:
            StudyError: the database cannot be reached or written, such as on a full disk.
        """
        if not self._one_writer:
            with self._plain_errors(), self._engine.begin() as connection:
                yield connection
            return
        with self._plain_errors(), self._writer, self._engine.connect() as connection:
            with connection.execution_options(write=True).begin():
                yield connection

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise StudyError(f"The studies at {self._name} cannot be used now: {error.orig}.") from error

    def lock_pictures(self, connection: Connection) -> None:
        """Until this transaction ends, others that do the same wait: one that sweeps pictures away would not see what
        one has added that is not committed yet. SQLite has one writer at a time anyway."""
        if not self._one_writer:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({PICTURES_LOCK})"))

    def close(self) -> None:
        self._engine.dispose()


def _prepare_sqlite(connection, _record) -> None:
    # sqlite3 would begin transactions by itself, too late and in the mode that cannot wait for another writer.
    connection.isolation_level = None
    cursor = connection.cursor()
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # a commit is on disk, not only in the system's memory
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    # Where another connection does the same to a new file, SQLite gives up at once instead of waiting its timeout.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
