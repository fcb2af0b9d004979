"""Pictures, captions and edits in tar shards of webdataset's layout, read by index without unpacking."""

import glob
import hashlib
import io
import json
import logging
import os
import tarfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from unilip.images import PictureError, open_picture, squash
from unilip.processes import process_state
from unilip.training.config import ConfigError

logger = logging.getLogger(__name__)

PICTURES = ("jpg", "jpeg", "png", "webp")
PARTS = {  # of a sample of each kind; the text is last
    "picture": ("picture",),
    "captioned": ("picture", "text"),
    "edited": ("input", "output", "text"),
}
TEXT_KEYS = {"captioned": "caption", "edited": "instruction"}
INDEX_VERSION = 2  # grows when samples are found in another way, so that no kept index outlives it
MOST_SKIPPED = 100  # samples in a row; more unreadable ones mean that something else is wrong


class Shards:
    """A data source over tar files. The files of one sample share their name up to its first dot:

    - picture: KEY.jpg (or .jpeg, .png, .webp);
    - captioned: a picture, and KEY.txt or KEY.json with "caption";
    - edited: KEY.input.jpg, KEY.output.jpg, and KEY.txt or KEY.json with "instruction".

    Where there are both, as img2dataset writes, KEY.txt is the text.

    A sample that cannot be read is skipped for the one after it, counted and logged; so is the end of a cut shard.
    """

    def __init__(self, patterns: dict[str, list[str]], cache: Path):
        """
        Args:
            patterns: for each kind that will be asked for, file names or glob patterns.
            cache: folder where the places of the samples in the shards are kept, so that they are looked up once.

        Raises:
            ConfigError: a kind without readable samples.
        """
        self.skipped = 0
        self.sets: dict[str, tuple[list[Path], np.ndarray]] = {}
        for kind, names in patterns.items():
            paths = sorted({Path(path) for name in names for path in glob.glob(name, recursive=True)})
            if not paths:
                wanted = ", ".join(names) or "nothing is given"
                raise ConfigError(
                    f"There are no {kind} shards ({wanted}): name them under [data] in a copy of the file."
                )
            with process_state().main_process_first():
                rows = read_index(paths, kind, cache)
            if not len(rows):
                raise ConfigError(f"The {kind} shards hold no samples: {paths[0]} needs {describe(kind)}.")
            self.sets[kind] = paths, rows

    def picture(self, rng: np.random.Generator, size: int) -> Image.Image:
        return self.read("picture", rng, size)[0]

    def captioned(self, rng: np.random.Generator, size: int) -> tuple[Image.Image, str]:
        return self.read("captioned", rng, size)

    def edited(self, rng: np.random.Generator, size: int) -> tuple[Image.Image, Image.Image, str]:
        return self.read("edited", rng, size)

    def faults(self) -> dict[str, torch.Tensor]:
        skipped, self.skipped = self.skipped, 0
        return {"skipped": torch.tensor(float(skipped))}

    def read(self, kind: str, rng: np.random.Generator, size: int) -> tuple:
        """A sample drawn evenly from all, its pictures squashed to squares of `size` pixels as in use; or the next one
        that is readable.

        Raises:
            OSError: `MOST_SKIPPED` samples in a row are unreadable.
        """
        paths, rows = self.sets[kind]
        first = int(rng.integers(len(rows)))
        for row in np.take(rows, np.arange(first, first + MOST_SKIPPED), axis=0, mode="wrap"):
            path = paths[row[0]]
            try:
                return read_sample(path, row, kind, size)
            except (PictureError, OSError, ValueError, KeyError, TypeError) as error:
                self.skipped += 1
                logger.warning("A sample of %s at byte %d is skipped: %s", path, row[2], error)
        raise OSError(f"{MOST_SKIPPED} {kind} samples in a row cannot be read, the last in {path}.")


def describe(kind: str) -> str:
    """The files that make a sample of a kind, for messages."""
    if kind == "edited":
        return "KEY.input.jpg, KEY.output.jpg and KEY.txt or KEY.json"
    return "KEY.jpg" if kind == "picture" else "KEY.jpg and KEY.txt or KEY.json"


def read_sample(path: Path, row: np.ndarray, kind: str, size: int) -> tuple:
    """One sample by its row of the index."""
    sample = []
    with path.open("rb") as file:
        for part, (offset, length) in zip(PARTS[kind], row[2:].reshape(-1, 2).tolist(), strict=True):
            file.seek(offset)
            content = file.read(length)
            if len(content) < length:
                raise OSError("the shard is shorter than it was")
            if part == "text":
                sample.append(read_text(content, TEXT_KEYS[kind] if row[1] else None))
            else:
                sample.append(squash(open_picture(io.BytesIO(content)), size))
    return tuple(sample)


def read_text(content: bytes, key: str | None) -> str:
    """A text, or the one under `key` of a JSON object."""
    text = content.decode("utf-8")
    if key is not None:
        text = json.loads(text)[key]
    if not isinstance(text, str) or not text.strip():
        raise ValueError("it has no text")
    return text.strip()


def read_index(paths: list[Path], kind: str, cache: Path) -> np.ndarray:
    """Where the samples are: int64 (samples, 2 + 2 parts), each row the shard's number, whether the text is JSON, and
    offset and length in bytes of each part. Kept in `cache` for as long as the shards keep their names and sizes."""
    sizes = [path.stat().st_size for path in paths]
    state = json.dumps([INDEX_VERSION, kind, list(map(str, paths)), sizes])
    file = cache / f"{kind}-{hashlib.sha256(state.encode()).hexdigest()[:16]}.npy"
    if file.is_file():
        return np.load(file, mmap_mode="r")
    index = np.concatenate([scan(path, number, kind) for number, path in enumerate(tqdm(paths, desc=f"index {kind}"))])
    cache.mkdir(parents=True, exist_ok=True)
    # Several processes may write at once; each its own file, and then in one move.
    fresh = file.with_name(f"{file.stem}-{os.getpid()}.new.npy")
    np.save(fresh, index)
    fresh.replace(file)
    logger.info("%d %s samples in %d shards.", len(index), kind, len(paths))
    return index


def scan(path: Path, number: int, kind: str) -> np.ndarray:
    """The rows of one shard's complete samples; of a cut shard, those before the cut."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    json_texts, size, cut = set(), path.stat().st_size, False
    width = 2 + 2 * len(PARTS[kind])
    try:
        with tarfile.open(path, "r:") as tar:
            try:
                for member in tar:
                    folder, _, name = member.name.rpartition("/")
                    stem, _, suffix = name.partition(".")
                    key, part = f"{folder}/{stem}", part_of(suffix.lower())
                    if not member.isfile() or part not in PARTS[kind] or member.offset_data + member.size > size:
                        continue
                    parts, is_json = found.setdefault(key, {}), suffix.lower() == "json"
                    if is_json and "text" in parts:
                        continue
                    parts[part] = (member.offset_data, member.size)
                    if part == "text":
                        (json_texts.add if is_json else json_texts.discard)(key)
            except tarfile.ReadError:
                cut = True
            end = tar.offset
        with path.open("rb") as file:
            file.seek(end)
            # A whole tar file ends in blocks of zeros; the reader takes a missing or broken header for the end, too.
            cut = cut or file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE)
    except (tarfile.ReadError, OSError) as error:
        logger.warning("The shard %s is skipped: %s", path, error)
        return np.empty((0, width), dtype=np.int64)
    rows = [
        [number, int(key in json_texts), *(value for part in PARTS[kind] for value in parts[part])]
        for key, parts in found.items()
        if parts.keys() == set(PARTS[kind])
    ]
    if cut:
        logger.warning("The shard %s is cut short; its first %d samples are used.", path, len(rows))
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)


def part_of(suffix: str) -> str | None:
    """What a file is in its sample, by what follows its key."""
    if suffix in ("txt", "json"):
        return "text"
    role, _, extension = suffix.rpartition(".")
    if extension not in PICTURES:
        return None
    return role or "picture"
