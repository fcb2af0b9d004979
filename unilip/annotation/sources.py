"""What a study is made from: a table of items (CSV, JSONL, GenEval's or ImgEdit's layout) and contestants' pictures."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unilip.annotation.errors import StudyError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
NAMED = 3  # of many faulty ids, so many are named in an error


@dataclass(frozen=True)
class Item:
    """What the contestants were asked: a prompt, or an instruction for the picture in the file `image`.

    `name` is the id by which the contestants' pictures are found, `category` such as the kind of edit.
    """

    name: str
    prompt: str
    category: str = ""
    image: Path | None = None


@dataclass(frozen=True)
class Contestant:
    """Who takes part: a folder of pictures made elsewhere, or settings that this app runs with.

    In a folder, the picture of the item with id "x" is x.png (or of another of SUFFIXES), or, in GenEval's layout, the
    first one in x/samples.
    """

    name: str
    folder: Path | None = None
    settings: Mapping[str, Any] | None = None


def read_items(source: Path, images: Path | None = None) -> list[Item]:
    """The items in a CSV or JSONL file, a folder in GenEval's layout, or ImgEdit's JSON file or folder.

    CSV and JSONL: columns id and prompt (or instruction), optional image (a path below `images`) and category.
    GenEval: 00000/metadata.jsonl and so on; the tag is the category.
    ImgEdit: a JSON object of {"prompt", "id", "edit_type"} by key; "id" is the path of the input picture.

    Args:
        images: the folder that the input pictures are below; default: where the file is (for ImgEdit also a folder
            next to it). Pictures elsewhere are refused: whoever uploads a table must not read the machine's files.

    Raises:
        StudyError: not such a file or folder, missing columns, missing pictures, an id twice.
    """
    if not source.exists():
        raise StudyError(f"There is no file or folder {source}.")
    try:
        if source.is_dir() and any(source.glob("*/metadata.jsonl")):
            items = _read_geneval(source)
        elif source.is_dir():
            items = _read_imgedit(_only_json(source), images)
        elif source.suffix.lower() == ".csv":
            items = _read_csv(source, images or source.parent)
        elif source.suffix.lower() == ".jsonl":
            items = _read_jsonl(source, images or source.parent)
        elif source.suffix.lower() == ".json":
            items = _read_imgedit(source, images)
        else:
            raise StudyError(f"{source.name} is no CSV, JSONL or JSON file.")
    except UnicodeDecodeError as error:
        raise StudyError(f"{source.name} is not text in UTF-8.") from error
    check_items(items)
    return items


def check_items(items: Sequence[Item]) -> None:
    """Raises StudyError if there are no items, an id stands twice, or input pictures are missing."""
    if not items:
        raise StudyError("There are no items.")
    seen: set[str] = set()
    for item in items:
        if item.name in seen:
            raise StudyError(f'The id "{item.name}" stands twice.')
        seen.add(item.name)
    missing = [item.name for item in items if item.image is not None and not item.image.is_file()]
    if missing:
        raise StudyError(f"{len(missing):,} of {len(items):,} input pictures are missing: those of {_some(missing)}.")


def find_pictures(folder: Path, items: Sequence[Item]) -> dict[str, Path]:
    """A contestant's picture of each item, by the item's id.

    Raises:
        StudyError: there is no such folder, or pictures are missing or there twice.
    """
    if not folder.is_dir():
        raise StudyError(f"There is no folder {folder}.")
    files: dict[str, Path] = {}
    samples: dict[str, Path] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES):
        relative = path.relative_to(folder)
        if relative.parent.name == "samples":
            samples.setdefault(relative.parent.parent.as_posix(), path)
        key = relative.with_suffix("").as_posix()
        if key in files:
            raise StudyError(f'There are two pictures of "{key}" in {folder}: {files[key].name} and {path.name}.')
        files[key] = path
    found = {}
    for item in items:
        name = Path(item.name)
        stem = name.with_suffix("").as_posix() if name.suffix.lower() in SUFFIXES else item.name
        found[item.name] = files.get(item.name) or files.get(stem) or samples.get(item.name)
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise StudyError(
            f"{len(missing):,} of {len(items):,} pictures are missing in {folder}: those of {_some(missing)}."
        )
    return found


def _read_csv(source: Path, images: Path) -> list[Item]:
    with source.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = list(csv.DictReader(file, strict=True))
        except csv.Error as error:
            raise StudyError(f"{source.name} cannot be read as CSV: {error}.") from error
    # A row with too few cells holds None, one with too many a list under the key None.
    return [_item(row, f"Row {number} of {source.name}", images) for number, row in enumerate(rows, start=1)]


def _read_jsonl(source: Path, images: Path) -> list[Item]:
    items = []
    with source.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                place = f"Line {number} of {source.name}"
                items.append(_item(_parse(line, place), place, images))
    return items


def _item(row: Mapping[str | None, Any], place: str, images: Path) -> Item:
    prompt = "prompt" if "prompt" in row else "instruction"
    absent = [name for name in ("id", prompt) if name not in row]
    if absent:
        columns = ", ".join(str(name) for name in row if name is not None) or "none"
        needed = " and ".join("prompt (or instruction)" if name == prompt else name for name in absent)
        raise StudyError(f"{place} has no {needed}; its columns are: {columns}.")
    cells = {name: str(row.get(name) or "").strip() for name in (prompt, "category", "image")}
    name = "" if row["id"] is None else str(row["id"]).strip()
    if not name or not cells[prompt]:
        raise StudyError(f"{place} has an empty {'prompt' if name else 'id'}.")
    image = _inside(images, cells["image"], place) if cells["image"] else None
    return Item(name, cells[prompt], cells["category"], image)


def _read_geneval(folder: Path) -> list[Item]:
    items = []
    for path in sorted(folder.glob("*/metadata.jsonl")):
        metadata = _parse(path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.name}")
        row = {"id": path.parent.name, "prompt": metadata.get("prompt"), "category": metadata.get("tag")}
        items.append(_item(row, f"{path.parent.name}/{path.name}", folder))
    return items


def _read_imgedit(source: Path, images: Path | None) -> list[Item]:
    edits = _parse(source.read_text(encoding="utf-8-sig"), source.name)
    if not edits or not all(isinstance(edit, dict) and {"id", "prompt"} <= edit.keys() for edit in edits.values()):
        raise StudyError(f'{source.name} is no list of ImgEdit\'s edits: each key needs a "prompt" and an "id".')
    if images is None:
        first = str(next(iter(edits.values()))["id"])
        folders = [source.parent, *sorted(path for path in source.parent.iterdir() if path.is_dir())]
        images = next((folder for folder in folders if (folder / first).is_file()), source.parent)
    rows = {
        key: {"id": key, "prompt": edit["prompt"], "category": edit.get("edit_type"), "image": edit["id"]}
        for key, edit in edits.items()
    }
    return [_item(row, f'"{key}" in {source.name}', images) for key, row in rows.items()]


def _only_json(folder: Path) -> Path:
    files = sorted(folder.glob("*.json"))
    if len(files) != 1:
        raise StudyError(
            f"{folder} has neither GenEval's layout (00000/metadata.jsonl) nor ImgEdit's (one JSON file of edits)."
        )
    return files[0]


def _parse(text: str, place: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise StudyError(f"{place} is not JSON.") from error
    if not isinstance(parsed, dict):
        raise StudyError(f"{place} is not a JSON object.")
    return parsed


def _inside(folder: Path, path: str, place: str) -> Path:
    resolved = (folder / path).resolve()
    if not resolved.is_relative_to(folder.resolve()):
        raise StudyError(f"{place} names a picture outside of {folder}.")
    return resolved


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (" and others" if len(names) > NAMED else "")
