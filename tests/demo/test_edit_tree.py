"""The tree of edits: labels that show it, pictures found again, and zip files out and in, also bad ones."""

import json
import zipfile
from pathlib import Path

import pytest
from gradio.utils import _parse_file_size
from PIL import Image

from unilip.demo import edit_tree
from unilip.demo.edit_tree import FORMAT, MANIFEST, Node, TreeError, digest, find, label, read_zip, title, write_zip
from unilip.demo.page import MAX_FILE_SIZE


@pytest.fixture
def keep(tmp_path):
    """Writes a picture to a file of its own."""

    def keep(picture: Image.Image) -> str:
        path = tmp_path / f"{digest(picture)[:16]}.png"
        picture.save(path)
        return str(path)

    return keep


@pytest.fixture
def tree(keep):
    def node(shade: int, *origin) -> Node:
        picture = Image.new("RGB", (8, 8), (shade, 0, 0))
        return Node(keep(picture), digest(picture), *origin)

    return (
        node(0),
        node(10, 0, "make it blue", 5),
        node(20, 0, "remove it", 6),
        node(30, 1, "add a cup", 7),
        node(40),
        node(50, 3, "now two", 8),
    )


def test_labels_show_the_branches(tree):
    assert [label(tree, number) for number in range(len(tree))] == ["A", "A1", "A2", "A1.1", "B", "A1.1.1"]
    assert title(tree, 1) == "A1  make it blue"


def test_the_twenty_seventh_picture_has_a_label_of_its_own(tree):
    roots = tree[:1] * 28
    assert [label(roots, number) for number in (25, 26, 27)] == ["Z", "AA", "AB"]


def test_a_picture_is_found_by_its_pixels(tree):
    assert find(tree, Image.open(tree[3].path)) == 3
    assert find(tree, Image.new("RGB", (8, 8), "white")) is None


@pytest.fixture
def saved(tree, tmp_path) -> Path:
    path = tmp_path / "edits.zip"
    write_zip(path, tree)
    return path


def test_a_zip_file_brings_the_tree_back(saved, tree, keep):
    assert read_zip(saved, keep) == tree


def test_no_zip_file_is_written_that_would_not_be_read(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(edit_tree, "LARGEST_ZIP", edit_tree.MANIFEST_ROOM + 100)
    with pytest.raises(TreeError, match="one by one"):
        write_zip(tmp_path / "edits.zip", tree)
    assert not (tmp_path / "edits.zip").exists()


def test_the_page_takes_what_it_gives():
    assert _parse_file_size(MAX_FILE_SIZE) > edit_tree.LARGEST_ZIP


@pytest.mark.parametrize("change", [
    {"parent": 9}, {"parent": "0"}, {"parent": 0.5}, {"parent": -1},
    {"file": "../../etc/passwd"}, {"seed": "5"}, {"instruction": 3},
])  # fmt: skip
def test_a_zip_file_with_a_broken_node_is_refused(saved, keep, tmp_path, change):
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == MANIFEST:
                manifest = json.loads(content)
                manifest["nodes"][2].update(change)
                content = json.dumps(manifest)
            target.writestr(name, content)
    with pytest.raises(TreeError, match="not a zip file of edits, or it is damaged"):
        read_zip(broken, keep)


@pytest.mark.parametrize("manifest, words", [
    ("{", "damaged"),
    ("[]", "damaged"),
    (json.dumps({"format": "other", "version": 1, "nodes": []}), "another program"),
    (json.dumps({"format": FORMAT, "version": 2, "nodes": []}), "newer UniLIP"),
    (json.dumps({"format": FORMAT, "version": 1, "nodes": []}), "holds 0 pictures"),
])  # fmt: skip
def test_a_zip_file_with_a_strange_manifest_is_refused(keep, tmp_path, manifest, words):
    with zipfile.ZipFile(tmp_path / "strange.zip", "w") as file:
        file.writestr(MANIFEST, manifest)
    with pytest.raises(TreeError, match=words):
        read_zip(tmp_path / "strange.zip", keep)


def test_what_is_no_zip_file_is_refused(keep, tmp_path):
    (tmp_path / "notes.zip").write_text("no zip")
    with pytest.raises(TreeError, match="not a zip file of edits"):
        read_zip(tmp_path / "notes.zip", keep)


def test_a_picture_that_is_none_is_named(saved, keep, tmp_path):
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"text" if name.startswith("002") else source.read(name))
    with pytest.raises(TreeError, match="002-A2.png in the zip file: The file is not a PNG"):
        read_zip(broken, keep)


def test_a_zip_file_whose_pictures_are_damaged_is_refused(saved, keep, tmp_path):
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        start = target.getinfo("002-A2.png").header_offset + 50
    content = bytearray(path.read_bytes())
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(TreeError, match="not a zip file of edits, or it is damaged"):
        read_zip(path, keep)
