"""What is said of an edit's change: the share outside the region, how that was found, and nothing where it was not."""

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageDraw

from unilip.demo.changed import region_seen, region_told, thing_named, told
from unilip.demo.engine import Engine
from unilip.demo.page import build_page
from unilip.demo.parts import EXAMPLES
from unilip.demo.retouch import outlined
from unilip.demo.studies import Studies


@pytest.fixture
def before() -> Image.Image:
    return Image.open(EXAMPLES / "cat-and-dog.png").convert("RGB").resize((256, 256))


def painted(picture: Image.Image, *boxes: tuple[int, int, int, int]) -> Image.Image:
    after = picture.copy()
    for box in boxes:
        ImageDraw.Draw(after).rectangle(box, fill="black")
    return after


def test_a_thing_of_the_small_world_is_found(before):
    """The cat is on the left, the dog on the right."""
    region = region_seen("remove the cat", before, painted(before, (20, 90, 115, 190)))
    assert "around the cat" in region.sentence and "not the model itself" in region.sentence
    assert "outside the outline, 0%" in told(before, painted(before, (20, 90, 115, 190)), region)
    assert "outside the outline, 0%" not in told(before, painted(before, (140, 90, 230, 190)), region)


def test_of_an_instruction_about_the_whole_picture_no_share_is_told(before):
    words = told(before, before, region_seen("change the background to snow", before, before))
    assert "whole picture" in words and "outside" not in words


def test_where_the_thing_is_not_there_that_is_told(before):
    words = told(before, before, region_seen("remove the elephant", before, before))
    assert "not known" in words and "outside" not in words


@pytest.mark.parametrize("answer", [
    "the dog[[500, 250, 750, 1000]]",
    "<ref>the dog</ref><box>[[500,250,750,1000]]</box>",
    '{"bbox_2d": [500, 250, 750, 1000]}',
])  # fmt: skip
def test_a_released_models_box_is_read_in_thousandths(answer):
    mask = np.asarray(region_told("the dog", answer, (400, 200)).mask) > 0
    assert mask[51:199, 201:299].all() and mask.mean() == pytest.approx(0.25 * 0.75, abs=0.01)


@pytest.mark.parametrize("answer", ["On the left.", "[[500, 250, 400, 1000]]", "[[1, 2, 3]]", "[[0, 0, 5000, 9]]", ""])
def test_an_answer_without_a_box_is_no_region(answer):
    region = region_told("the dog", answer, (400, 200))
    assert region.mask is None and "not known" in region.sentence


@pytest.mark.parametrize("instruction, thing", [
    ("make the old car blue", "the old car blue"), ("Replace the dog on the left with a cat.", "the dog"),
    ("remove his hat", "the hat"), ("change the background to snow", None), ("add a hat", None),
    ("turn the picture into a sketch", None),
])  # fmt: skip
def test_the_thing_named_in_any_words(instruction, thing):
    assert thing_named(instruction) == thing


def test_the_outline_follows_the_border_and_leaves_the_rest():
    mask = Image.new("L", (200, 100))
    ImageDraw.Draw(mask).rectangle((0, 20, 99, 79), fill=255)
    lines = np.asarray(outlined(Image.new("RGB", mask.size, "grey"), mask))
    changed = (lines != 128).any(axis=-1)
    assert changed[20].sum() == 100 and changed[50, 0] and changed[50, 99]
    assert not changed[50, 10:90].any() and not changed[:20].any() and not changed[:, 100:].any()


@pytest.mark.parametrize("embedded", [True, False])
def test_only_a_released_model_is_asked_for_the_place(tiny, tmp_path, embedded):
    studies = Studies(tmp_path)
    engine = Engine(tiny)
    page = build_page(engine, "UniLIP", embedded, studies)
    buttons = {block.value: block for block in page.blocks.values() if isinstance(block, gr.Button)}
    assert buttons["Outline what was asked for"].visible is not embedded
    engine.close()
    studies.close()
