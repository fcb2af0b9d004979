"""The tree of a visitor's edits: pictures, what each was made from, and the whole as a zip file."""

import hashlib
import io
import json
import logging
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from unilip.images import PictureError, open_picture

logger = logging.getLogger(__name__)

MANIFEST = "manifest.json"
FORMAT = "unilip-edits"  # of the manifest, whose "version" grows when readers have to know more
MOST_NODES, LARGEST_ZIP = 500, 200_000_000  # bytes, unpacked
MANIFEST_ROOM = 10_000_000  # bytes of them


class TreeError(ValueError):
    """A zip file that holds no tree of edits; the message is one sentence for the person who gave it."""


@dataclass(frozen=True)
class Node:
    """A picture file, the words and the seed that made it, and the number of the node that it was made from; a root
    was made by no edit."""

    path: str
    digest: str  # of its pixels
    parent: int | None = None
    instruction: str = ""
    seed: int | None = None


Tree = tuple[Node, ...]


def digest(picture: Image.Image) -> str:
    """What tells one picture's pixels from another's."""
    return hashlib.sha256(f"{picture.size}".encode() + picture.convert("RGB").tobytes()).hexdigest()


def find(tree: Tree, picture: Image.Image) -> int | None:
    """The number of the latest node with these pixels."""
    wanted = digest(picture)
    return next((number for number in reversed(range(len(tree))) if tree[number].digest == wanted), None)


def label(tree: Tree, number: int) -> str:
    """A node's place: roots are A, B, …; A2 is the second edit of A, A2.1 the first edit of that."""
    parent = tree[number].parent
    before = sum(node.parent == parent for node in tree[:number])
    if parent is None:
        return (chr(ord("A") + before // 26 - 1) if before >= 26 else "") + chr(ord("A") + before % 26)
    return f"{label(tree, parent)}{'.' if tree[parent].parent is not None else ''}{before + 1}"


def title(tree: Tree, number: int, root: str = "your picture") -> str:
    """A node's place and words; `root` is what a picture is called that no edit made."""
    return f"{label(tree, number)}  {tree[number].instruction or root}"


def write_zip(path: Path, tree: Tree) -> None:
    """Writes a zip file with every picture and a manifest.

    Raises:
        TreeError: `read_zip` would refuse it.
    """
    size = sum(Path(node.path).stat().st_size for node in tree)
    if size > LARGEST_ZIP - MANIFEST_ROOM:
        raise TreeError(
            f"The edits have {size / 1e6:.0f} MB; a zip file that can be loaded again has room for "
            f"{LARGEST_ZIP / 1e6:.0f} MB. Please save the pictures one by one."
        )
    names = [f"{number:03d}-{label(tree, number)}.png" for number in range(len(tree))]
    nodes = [
        {
            "file": name,
            "label": label(tree, number),
            "parent": node.parent,
            "instruction": node.instruction,
            "seed": node.seed,
        }
        for number, (name, node) in enumerate(zip(names, tree, strict=True))
    ]
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(MANIFEST, json.dumps({"format": FORMAT, "version": 1, "nodes": nodes}, indent=1))
        for name, node in zip(names, tree, strict=True):
            file.write(node.path, name)


def read_zip(path: str, keep) -> Tree:
    """The tree in a zip file that `write_zip` made.

    Args:
        keep: writes a picture to where the page may show it from, and returns its path.

    Raises:
        TreeError: anything else.
    """
    try:
        with zipfile.ZipFile(path) as file:
            if sum(entry.file_size for entry in file.infolist()) > LARGEST_ZIP:
                raise TreeError("The zip file is too large to be opened here.")
            manifest = json.loads(file.read(MANIFEST))
            if manifest["format"] != FORMAT or manifest["version"] != 1:
                raise TreeError("The zip file was made by another program, or by a newer UniLIP.")
            nodes = manifest["nodes"]
            if not 0 < len(nodes) <= MOST_NODES:
                raise TreeError(f"The zip file holds {len(nodes)} pictures; it can be 1 to {MOST_NODES}.")
            return tuple(_read_node(file, number, node, keep) for number, node in enumerate(nodes))
    except TreeError:
        raise
    # What zipfile, zlib, json and the look-ups above raise for a damaged, encrypted or foreign file.
    except (
        zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        logger.info("A zip file of edits was refused.", exc_info=error)
        raise TreeError("This is not a zip file of edits, or it is damaged.") from error


def _read_node(file: zipfile.ZipFile, number: int, node: dict, keep) -> Node:
    name, parent, instruction, seed = (node[key] for key in ("file", "parent", "instruction", "seed"))
    if not isinstance(instruction, str) or not isinstance(seed, (int, type(None))):
        raise ValueError(f"node {number} has no proper instruction and seed")
    if parent is not None and not (isinstance(parent, int) and 0 <= parent < number):
        raise ValueError(f"node {number} comes from {parent}")
    try:
        picture = open_picture(io.BytesIO(file.read(name)))
    except PictureError as error:
        raise TreeError(f"{PurePosixPath(name).name} in the zip file: {error}") from error
    return Node(keep(picture), digest(picture), parent, instruction, seed)
