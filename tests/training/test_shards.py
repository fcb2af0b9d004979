"""Shards: samples by index alone, damage passed over and counted, and what is wrong said in one sentence."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from unilip.training.config import ConfigError
from unilip.training.shards import Shards

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)


def png(color, size=(20, 10)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "png")
    return file.getvalue()


def write_shard(path, files: dict[str, bytes]):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def open_shards(folder, kind="captioned") -> Shards:
    return Shards({kind: [str(folder / "*.tar")]}, folder / "cache")


def texts_of(shards: Shards, draws: int = 60) -> set[str]:
    return {shards.captioned(np.random.default_rng(index), 8)[1] for index in range(draws)}


@pytest.fixture
def folder(tmp_path):
    write_shard(tmp_path / "0.tar", {
        "a/1.png": png(RED), "a/1.txt": b"one", "a/2.json": b'{"caption": "two"}', "a/2.png": png(RED),
        "a/3.png": png(RED),  # no caption: no sample
        "a/notes.md": b"nothing of ours",
    })  # fmt: skip
    write_shard(tmp_path / "1.tar", {"1.jpg.png": b"", "1.png": png(BLUE), "1.txt": b" three\n"})
    return tmp_path


def test_captions_come_from_text_or_json_of_every_shard(folder):
    assert texts_of(open_shards(folder)) == {"one", "two", "three"}


@pytest.mark.parametrize("first", ["json", "txt"])
def test_of_a_text_and_a_json_the_text_is_the_caption(tmp_path, first):
    texts = {"json": b'{"url": "x", "caption": "of the json"}', "txt": b"of the text"}
    order = sorted(texts, key=lambda one: one != first)
    write_shard(tmp_path / "0.tar", {"1.png": png(RED), **{f"1.{one}": texts[one] for one in order}})
    assert texts_of(open_shards(tmp_path), 3) == {"of the text"}


def test_a_sample_depends_on_the_generator_alone(folder):
    shards, again = open_shards(folder), open_shards(folder)
    for index in (5, 3, 5, 8):
        picture, text = shards.captioned(np.random.default_rng(index), 8)
        other, same = again.captioned(np.random.default_rng(index), 8)
        assert text == same and np.array_equal(picture, other)


def test_pictures_are_squashed_to_the_size_asked_for(folder):
    picture = open_shards(folder, "picture").picture(np.random.default_rng(0), 8)
    assert picture.size == (8, 8) and picture.mode == "RGB"


def test_an_edit_is_input_output_and_instruction(tmp_path):
    files = {"7.input.png": png(RED), "7.output.png": png(GREEN), "7.json": b'{"instruction": "make it green"}'}
    write_shard(tmp_path / "edits.tar", files)
    source, target, instruction = open_shards(tmp_path, "edited").edited(np.random.default_rng(0), 4)
    assert (source.getpixel((0, 0)), target.getpixel((0, 0)), instruction) == (RED, GREEN, "make it green")


@pytest.mark.parametrize("name, content", [
    ("2.png", b"no picture"), ("2.png", b""), ("2.txt", b"\xff\xfe"), ("2.txt", b"  "),
])  # fmt: skip
def test_an_unreadable_sample_is_skipped_counted_and_logged(tmp_path, caplog, name, content):
    files = {"1.png": png(RED), "1.txt": b"one", "2.png": png(BLUE), "2.txt": b"two", "3.png": png(BLUE), "3.txt": b"3"}
    write_shard(tmp_path / "0.tar", {**files, name: content})
    shards = open_shards(tmp_path)
    assert texts_of(shards) == {"one", "3"}
    assert shards.faults()["skipped"] > 0 and "is skipped" in caplog.text and "0.tar" in caplog.text
    assert shards.faults()["skipped"] == 0


@pytest.mark.parametrize("bad", [b'["caption"]', b'{"text": "two"}', b'{"caption": 2}', b"{"])
def test_a_caption_that_is_no_text_is_skipped(tmp_path, bad):
    write_shard(tmp_path / "0.tar", {"1.png": png(RED), "1.txt": b"one", "2.png": png(RED), "2.json": bad})
    assert texts_of(open_shards(tmp_path)) == {"one"}


@pytest.mark.parametrize("where", ["picture", "header"])
def test_a_cut_shard_gives_what_comes_before_the_cut(tmp_path, caplog, where):
    path = tmp_path / "0.tar"
    write_shard(path, {"1.png": png(RED), "1.txt": b"one", "2.png": png(RED, (900, 900)), "2.txt": b"two"})
    with tarfile.open(path) as tar:
        cut = {"picture": tar.getmember("2.png").offset_data + 700, "header": tar.getmember("2.png").offset + 100}[
            where
        ]
    path.write_bytes(path.read_bytes()[:cut])
    assert texts_of(open_shards(tmp_path)) == {"one"}
    assert "0.tar is cut short; its first 1 samples are used" in caplog.text


def test_a_file_that_is_no_shard_is_passed_over(folder, caplog):
    (folder / "2.tar").write_bytes(b"not a tar file at all")
    assert texts_of(open_shards(folder)) == {"one", "two", "three"}
    assert "2.tar is skipped" in caplog.text


def test_the_index_is_kept_until_the_shards_change(folder):
    open_shards(folder)
    kept = list((folder / "cache").iterdir())
    open_shards(folder)
    assert list((folder / "cache").iterdir()) == kept and len(kept) == 1
    write_shard(folder / "2.tar", {"1.png": png(GREEN), "1.txt": b"four"})
    assert texts_of(open_shards(folder)) == {"one", "two", "three", "four"}


def test_no_shards_is_said(tmp_path):
    with pytest.raises(ConfigError, match=r"no captioned shards \(.*\*\.tar\): name them under \[data\]"):
        open_shards(tmp_path)


def test_shards_without_samples_say_what_a_sample_is(tmp_path):
    write_shard(tmp_path / "0.tar", {"1.png": png(RED), "1.txt": b"one"})
    with pytest.raises(ConfigError, match="hold no samples: .*0.tar needs KEY.input.jpg, KEY.output.jpg and KEY.txt"):
        open_shards(tmp_path, "edited")


def test_shards_of_nothing_but_unreadable_samples_end_in_an_error(tmp_path):
    write_shard(tmp_path / "0.tar", {"1.png": b"", "1.txt": b"one"})
    with pytest.raises(OSError, match="100 captioned samples in a row cannot be read, the last in .*0.tar"):
        texts_of(open_shards(tmp_path))
