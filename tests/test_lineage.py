"""Pictures that say how they were made: through a PNG and back, down a chain, and whatever stands in a broken one."""

import io
import json
import subprocess
import sys
import time
from dataclasses import asdict

import pytest
import torch
from PIL import Image, PngImagePlugin

from tests.tiny import make_tiny_pipeline
from unilip.images import open_picture
from unilip.lineage import KEY, MOST_PARENTS, Record, fingerprint, read_record, write_record

DRAWN = Record("create", "UniLIP-tiny", "0123456789abcdef", "a “red” cat 猫", 7, 20, 4.5, "dog")
EDITED = Record("edit", "UniLIP-tiny", "0123456789abcdef", "make it blue", 8, 10, 3.0, letterbox=True)


def through_png(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    chunks = PngImagePlugin.PngInfo()
    for key, value in picture.info.items():
        chunks.add_text(key, value)
    picture.save(file, "PNG", pnginfo=chunks)
    file.seek(0)
    return open_picture(file)


@pytest.fixture
def blank() -> Image.Image:
    return Image.new("RGB", (8, 8))


def test_a_record_survives_a_png(blank):
    assert read_record(through_png(write_record(blank, DRAWN))) == DRAWN


def test_a_chain_of_edits_tells_its_lineage(blank):
    drawn = write_record(blank, DRAWN)
    once = write_record(blank, EDITED.after(drawn))
    twice = write_record(blank, EDITED.after(through_png(once)))
    assert read_record(through_png(twice)).parents == (DRAWN, EDITED)


def test_an_endless_chain_keeps_its_last_parents(blank):
    picture = write_record(blank, DRAWN)
    for _ in range(MOST_PARENTS + 2):
        picture = write_record(blank, EDITED.after(picture))
    assert read_record(picture).parents == (EDITED,) * MOST_PARENTS


def test_a_picture_from_elsewhere_has_no_record(blank):
    assert read_record(blank) is None
    assert EDITED.after(blank) == EDITED


@pytest.mark.parametrize("change", [
    {"task": "paint"}, {"seed": "7"}, {"guidance": float("nan")}, {"steps": None}, {"prompt": 3}, {"extra": 1},
    {"parents": [3]}, {"parents": 3}, {"parents": [{"task": "create"}]},
])  # fmt: skip
def test_a_broken_record_is_none(blank, change):
    blank.info[KEY] = json.dumps({**asdict(DRAWN), **change})
    assert read_record(blank) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, b"bytes\xff"])
def test_text_that_is_no_record_is_none(blank, text):
    blank.info[KEY] = text
    assert read_record(blank) is None


def test_other_metadata_is_not_carried_on(blank):
    blank.info["place"] = "home"
    assert set(write_record(blank, DRAWN).info) == {KEY}


SAVE_WITHOUT_END = """
import itertools, sys
import numpy as np
from PIL import Image
from unilip.lineage import save_png
noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8))
for number in itertools.count():
    save_png(noise, f"{sys.argv[1]}/{number}.png")
"""


@pytest.mark.slow
def test_killed_while_saving_no_half_picture_stays(tmp_path):
    saving = subprocess.Popen([sys.executable, "-c", SAVE_WITHOUT_END, str(tmp_path)])
    while not (tmp_path / "1.png").exists():
        assert saving.poll() is None
        time.sleep(0.01)
    # A picture is hardly finished when the next is begun, so this falls into the middle of one.
    while not list(tmp_path.glob("*.part")):
        time.sleep(0.001)
    saving.kill()
    saving.wait()
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as picture:
            picture.load()
            assert picture.size == (1024, 1024)


def test_the_fingerprint_follows_the_weights_and_not_the_dtype():
    pipeline = make_tiny_pipeline()
    before = fingerprint(pipeline)
    assert fingerprint(pipeline.to(torch.bfloat16)) == before
    with torch.no_grad():
        pipeline.connector.queries.add_(1.0)
    assert fingerprint(pipeline) != before
