"""Real models, watched or disturbed from outside."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch


def wait_for(there: Callable[[], bool], seconds: float = 60) -> None:
    """Waits until something is so, and fails if it never is."""
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def before_forward(module: torch.nn.Module, hook: Callable) -> Iterator[None]:
    """Calls `hook(module, inputs)` before each of the module's forwards: to count, to slow down, or to fail."""
    handle = module.register_forward_pre_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def held_after(module: torch.nn.Module, forwards: int) -> Iterator[None]:
    """Lets the module do so many forwards, then holds the next one until the block is left."""
    release = threading.Event()
    done = []

    def hold(module: torch.nn.Module, inputs: tuple) -> None:
        done.append(True)
        if len(done) > forwards:
            release.wait(100)

    with before_forward(module, hold):
        try:
            yield
        finally:
            release.set()
