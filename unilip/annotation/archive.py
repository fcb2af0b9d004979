"""What a visitor hands over for a study: a table of items, or a zip file with one and with pictures."""

import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from unilip.annotation.errors import StudyError
from unilip.annotation.sources import Contestant

MOST_FILES, LARGEST = 10_000, 200_000_000  # in a zip file; bytes, unpacked
TABLES = (".csv", ".jsonl")
GENEVAL = "*/metadata.jsonl"
SETTINGS = ":"  # stands between a contestant's name and its settings


@contextmanager
def unpacked(upload: Path) -> Iterator[Path]:
    """A temporary folder with what was handed over, gone when the block is left. A StudyError that leaves the block
    says "the zip file" where it named that folder.

    Raises:
        StudyError: neither a table nor a zip file, a damaged one, one that unpacks to too much, or one with paths that
            lead out of it.
    """
    with tempfile.TemporaryDirectory(prefix="unilip-") as temporary:
        folder = Path(temporary).resolve()
        if upload.suffix.lower() in TABLES:
            shutil.copy(upload, folder)
        elif upload.suffix.lower() == ".zip":
            _unpack(upload, folder)
            folder = _unwrapped(folder)
        else:
            raise StudyError("Please give a .csv, a .jsonl or a .zip file.")
        try:
            yield folder
        except StudyError as error:
            words = str(error).replace(f"{folder}{os.sep}", "").replace(str(folder), "the zip file")
            raise type(error)(words[0].upper() + words[1:]) from error


def find_source(folder: Path) -> Path:
    """What `sources.read_items` is to read in an unpacked folder.

    Raises:
        StudyError: there are several tables.
    """
    tables = sorted(path for path in folder.iterdir() if path.suffix.lower() in TABLES)
    if len(tables) > 1:
        raise StudyError(f"There are several tables, {', '.join(table.name for table in tables)}: please leave one.")
    if tables:
        return tables[0]
    # GenEval's layout, or a folder in it for each contestant: all hold the same prompts.
    return next((one for one in (folder, *sorted(folder.iterdir())) if any(one.glob(GENEVAL))), folder)


def find_contestant(folder: Path, name: str) -> Contestant:
    """The contestant whose pictures are in the folder of that name, below an unpacked folder.

    Raises:
        StudyError: it is not below it.
    """
    pictures = (folder / name).resolve()
    if not pictures.is_relative_to(folder):
        raise StudyError(f'"{name}" is no folder in {folder}.')
    if not pictures.is_dir():
        raise StudyError(f'There is no folder "{name}" in {folder}. Settings are written as name{SETTINGS} steps=20.')
    return Contestant(name, folder=pictures)


def _unpack(upload: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(upload) as file:
            entries = [entry for entry in file.infolist() if not entry.is_dir() and not _is_clutter(entry.filename)]
            # No more than an entry says of itself is ever unpacked, so that these sums hold.
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST:
                raise StudyError(
                    f"The zip file is too large: at most {MOST_FILES:,} files and {LARGEST // 10**6} MB, unpacked."
                )
            for entry in entries:
                path = (folder / entry.filename).resolve()
                if not path.is_relative_to(folder):
                    raise StudyError(f"The zip file has a path that leads out of it: {entry.filename[:60]}")
                path.parent.mkdir(parents=True, exist_ok=True)
                with file.open(entry) as packed, path.open("xb") as plain:
                    shutil.copyfileobj(packed, plain)
    # What zipfile, zlib and names that stand for both a file and a folder, or for nothing on this machine, raise.
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, FileExistsError,
        NotADirectoryError, UnicodeError,
    ) as error:  # fmt: skip
        raise StudyError("This is not a zip file, or it is damaged or locked by a password.") from error


def _is_clutter(name: str) -> bool:
    """What macOS and Windows leave in zip files."""
    path = PurePosixPath(name)
    return "__MACOSX" in path.parts or path.name in (".DS_Store", "Thumbs.db", "desktop.ini")


def _unwrapped(folder: Path) -> Path:
    """The folder itself, or the one in which everything is."""
    inside = list(folder.iterdir())
    while len(inside) == 1 and inside[0].is_dir() and not (inside[0] / "metadata.jsonl").exists():
        folder = inside[0]
        inside = list(folder.iterdir())
    return folder
