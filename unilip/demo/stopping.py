"""Buttons that end a run in the ordinary way.

Gradio's own `cancels` are not used: the page gets no sign of when the cancelled run is closed, half a second later.
What begins before is silently dropped, or loses its Stop button halfway.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from gradio.context import LocalContext


class Stops:
    """Which visitors have pressed a button that ends what runs for them."""

    def __init__(self):
        self._pressed: set[str | None] = set()

    def press(self) -> None:
        """Ends the visitor's run at its next value; does nothing where none runs."""
        self._pressed.add(_visitor())

    def ends(self, handler: Callable[..., Iterator], last: Callable[[], Any] | None = None) -> Callable[..., Iterator]:
        """The handler, a generator, as one that a press closes; `last` then gives its last value."""

        @wraps(handler)
        def run(*inputs: Any) -> Iterator[Any]:
            self._pressed.discard(_visitor())  # pressed when nothing ran
            values = handler(*inputs)
            try:
                for value in values:
                    yield value
                    if _visitor() in self._pressed:
                        values.close()
                        if last is not None:
                            yield last()
            finally:
                values.close()  # a closed page, too, is to free the model
                self._pressed.discard(_visitor())

        return run


def _visitor() -> str | None:
    """One open page, or one client of the API."""
    request = LocalContext.request.get(None)
    return None if request is None else request.session_hash
