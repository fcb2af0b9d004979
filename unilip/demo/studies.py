"""The studies that the page serves, and what goes wrong with them in words for the visitor."""

import html
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unilip.annotation.errors import StudyError
from unilip.annotation.store import Store
from unilip.demo.engine import refusal

logger = logging.getLogger(__name__)


class Studies:
    """The store of a folder, and of a database if there is one elsewhere (see `Store`), opened when it is first needed:
    a page whose visitors compare nothing writes nothing."""

    def __init__(self, folder: Path, database: str | None = None):
        self.folder = folder
        self._database = database
        self._lock = threading.Lock()
        self._store: Store | None = None

    def store(self) -> Store:
        """Raises gr.Error where the store cannot be opened; the next call tries again."""
        with self._lock:
            if self._store is None:
                try:
                    self._store = Store(self.folder, self._database)
                except (StudyError, OSError) as error:
                    logger.error("The studies cannot be opened.", exc_info=error)
                    raise refusal(
                        "The studies cannot be opened here. Please tell whoever runs this page; the other tabs work."
                    ) from None
            return self._store

    def may_exist(self) -> bool:
        """Whether there can be any studies yet; where not, nothing has to be opened."""
        return self._database is not None or self.folder.exists()

    def open_ones(self) -> list[tuple[str, str]]:
        """Titles and ids of the studies that anybody may join, newest first."""
        if not self.may_exist():
            return []
        with plain_words():
            return [(study.title, study.id) for study in self.store().studies() if study.open]

    def close(self) -> None:
        with self._lock:
            if self._store is not None:
                self._store.close()


@contextmanager
def plain_words() -> Iterator[None]:
    """Turns what goes wrong with a study into a message on the page, where titles and names are no markup."""
    try:
        yield
    except StudyError as error:
        raise refusal(html.escape(str(error))) from None
    except OSError as error:
        logger.error("A study's files cannot be used.", exc_info=error)
        raise refusal("The studies cannot be read or written now: the disk may be full. Please try again.") from None
