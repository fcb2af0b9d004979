"""Buttons that end a run in the ordinary way.

Gradio's own `cancels` are not used: the page gets no sign of when the cancelled run is closed, half a second later.
What begins before is silently dropped, or loses its Stop button halfway.
"""

import threading
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from gradio.context import LocalContext


class Stops:
    """What runs, and for which visitor, so that a button can end it."""

    def __init__(self):
        self._runs: list[tuple[str | None, threading.Event]] = []

    def press(self) -> None:
        """Ends all that runs for the visitor, each at its next value."""
        for visitor, pressed in [*self._runs]:
            if visitor == _visitor():
                pressed.set()

    def runs(self) -> bool:
        """Whether anything runs for the visitor."""
        return any(visitor == _visitor() for visitor, _ in [*self._runs])

    def ends(
        self,
        handler: Callable[..., Iterator],
        last: Callable[[Any], Any] | None = None,
        behind: Callable[[Any], Any] | None = None,
    ) -> Callable[..., Iterator]:
        """The handler, a generator, as one that a press closes.

        Args:
            last: makes the last value after a press of the one before.
            behind: makes another value of one that comes while an earlier run of the visitor's is not over.
        """

        @wraps(handler)
        def run(*inputs: Any) -> Iterator[Any]:
            this = _visitor(), threading.Event()
            self._runs.append(this)
            values = handler(*inputs)
            try:
                for value in values:
                    if not this[1].is_set():  # else what is pressed while nothing comes is answered by one more value
                        yield value if behind is None or self._is_first(this) else behind(value)
                    if this[1].is_set():
                        values.close()
                        if last is not None:
                            yield last(value)
                        return
            finally:
                values.close()  # a closed page, too, is to free the model
                self._runs.remove(this)

        return run

    def _is_first(self, run: tuple[str | None, threading.Event]) -> bool:
        return next(one for one in [*self._runs] if one[0] == run[0]) is run


def _visitor() -> str | None:
    """One open page, or one client of the API."""
    request = LocalContext.request.get(None)
    return None if request is None else request.session_hash
