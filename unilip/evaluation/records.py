"""What an evaluation run keeps on disk: its settings, and one line for each item done, so that a run that was
interrupted goes on where it stopped, with as many processes as there are then."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from PIL import Image

from ..processes import process_state

Item = TypeVar("Item")

FRESH = 0xF2E5  # see `fresh_rng`


class EvaluationError(Exception):
    """An evaluation cannot go on; the message says in one sentence what to change."""


class Records:
    """Results of one run in a folder: `settings.json`, and `records.jsonl` with one JSON object an item. Of several
    processes each writes a file of its own, `records-1.jsonl` and so on, until `gather` makes one of them.

    Raises EvaluationError if the folder holds a run with other settings.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]):
        folder.mkdir(parents=True, exist_ok=True)
        self.state = process_state()
        name = f"records-{self.state.process_index}.jsonl" if self.state.process_index else "records.jsonl"
        self.folder, self.path = folder, folder / name
        with self.state.main_process_first():
            self._keep_settings(settings)
        self.done: dict[str, dict[str, Any]] = {}
        self.gather()

    def _keep_settings(self, settings: dict[str, Any]) -> None:
        folder = self.folder
        kept = folder / "settings.json"
        if kept.is_file():
            before = json.loads(kept.read_text(encoding="utf-8"))
            other = [name for name in settings if before.get(name) != settings[name]]
            if other:
                what = "of another kind, or of an earlier version"
                if other[0] in before:
                    what = f"made with {other[0]} {before[other[0]]}, not {settings[other[0]]}"
                raise EvaluationError(f"{folder} holds results {what}: choose another folder with --out, or delete it.")
        else:
            kept.write_text(json.dumps(settings, indent=2), encoding="utf-8")

    def gather(self) -> None:
        """Waits for all processes, and reads what all have done; the first one then writes it as one file."""
        self.state.wait_for_everyone()
        files = sorted(self.folder.glob("records*.jsonl"))
        for line in (line for file in files for line in file.read_text(encoding="utf-8").splitlines()):
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue  # the run was killed while it wrote this line; the item is done again
            self.done[record["key"]] = record
        self.state.wait_for_everyone()
        if self.state.is_main_process:
            self._rewrite()
            for file in files:
                if file != self.path:
                    file.unlink()
        self.state.wait_for_everyone()

    def add(self, key: str, **values: Any) -> None:
        self.done[key] = {"key": key, **values}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.done[key]) + "\n")

    def clear(self) -> None:
        self.done = {}
        self._rewrite()

    def _rewrite(self) -> None:
        partial = self.path.with_suffix(".part")
        partial.write_text("".join(json.dumps(record) + "\n" for record in self.done.values()), encoding="utf-8")
        os.replace(partial, self.path)


def summary(asked: Sequence[Any]) -> str:
    """How many things a run asks, and a mark of what they are: another file, or a world that has changed since, may
    have as many, and none of the old results is one of theirs."""
    mark = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:8]
    return f"{len(asked)} (mark {mark})"


def fingerprint(source: str) -> str:
    """A mark of a local checkpoint's files by name, size and time, so that results of weights that were since replaced
    are not taken for the new ones'; the name itself of a hub id."""
    path = Path(source)
    if not path.exists():
        return source
    files = sorted(path.rglob("*.safetensors")) if path.is_dir() else [path]
    marks = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(json.dumps(marks).encode()).hexdigest()[:16]


def make_generator(seed: int, *place: int) -> torch.Generator:
    """A CPU generator that depends on the run's seed and an item's place in the run alone, so that a picture is the
    same in any batch and after any interruption."""
    state = np.random.SeedSequence((seed, *place)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state) >> 1)


def fresh_rng(seed: int, *place: int) -> np.random.Generator:
    """The random numbers of one item of an evaluation. Training draws its scenes from (seed, index); the mark in front
    keeps an evaluation's apart from them whatever the seed."""
    return np.random.default_rng((FRESH, seed, *place))


def save_picture(image: Image.Image, path: Path) -> None:
    """Writes a PNG so that a run killed meanwhile leaves no half picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    image.save(partial, format="PNG")
    os.replace(partial, path)


def in_batches(items: Iterable[Item], size: int) -> Iterator[Sequence[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def share(values: Iterable[bool]) -> float:
    """The part of values that is true; 0 of none."""
    listed = list(values)
    return sum(listed) / max(1, len(listed))
