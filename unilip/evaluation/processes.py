"""An evaluation on several GPUs: `accelerate launch -m unilip evaluate …` starts a process for each; every process does
its share of the items, and the first one puts the results together."""

from collections.abc import Sequence
from typing import TypeVar

from ..processes import process_state

Item = TypeVar("Item")


def own_share(items: Sequence[Item]) -> Sequence[Item]:
    """Every n-th item, so that all processes have about as much to do and an item's place tells whose it is."""
    state = process_state()
    return items[state.process_index :: state.num_processes]


def is_first() -> bool:
    """Whether this is the process that puts the results together; the only one, if there is but one."""
    return process_state().is_main_process


def wait_for_all() -> None:
    """Returns when all processes have come here."""
    process_state().wait_for_everyone()


def own_device(device: str | None) -> str | None:
    """The device that was asked for, else the process's own GPU where there are several."""
    state = process_state()
    return str(state.device) if device is None and state.num_processes > 1 else device
