"""Real models, watched or disturbed from outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch


@contextmanager
def before_forward(module: torch.nn.Module, hook: Callable) -> Iterator[None]:
    """Calls `hook(module, inputs)` before each of the module's forwards: to count, to slow down, or to fail."""
    handle = module.register_forward_pre_hook(hook)
    try:
        yield
    finally:
        handle.remove()
