"""What an edit changed, and taking over only that: outside a mask every pixel stays."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from unilip.demo.retouch import changed_mask, changed_share, heat_map, take_over

BOX = (40, 40, 80, 80)


@pytest.fixture
def before() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 90, (128, 128, 3), dtype=np.uint8))


@pytest.fixture
def after(before) -> Image.Image:
    after = before.copy()
    ImageDraw.Draw(after).rectangle(BOX, fill="yellow")
    return after


@pytest.fixture
def mask(before) -> Image.Image:
    mask = Image.new("L", before.size)
    ImageDraw.Draw(mask).rectangle(BOX, fill=255)
    return mask


def test_the_share_is_that_of_the_changed_box(before, after, mask):
    assert changed_share(before, before) == 0
    assert changed_share(before, after) == pytest.approx(41 * 41 / 128**2, rel=0.25)
    assert changed_share(before, before, mask) == 0
    elsewhere = after.transpose(Image.Transpose.ROTATE_90).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert changed_share(before, elsewhere, Image.new("L", before.size)) > 0.05


def test_heat_is_where_the_change_is(before, after):
    heat = np.asarray(heat_map(before, after), dtype=int)
    warmth = heat[..., 0] - heat[..., 2]
    assert warmth[50:70, 50:70].min() > 100
    assert abs(warmth[:20]).max() == 0


@pytest.mark.parametrize("size", [(128, 128), (500, 300)])
def test_outside_the_mask_every_pixel_stays(before, mask, size):
    original = before.resize(size)
    merged = np.asarray(take_over(original, Image.new("RGB", (64, 64), "yellow"), mask))
    outside = np.asarray(mask.resize(size, Image.Resampling.NEAREST)) == 0
    assert merged.shape == (size[1], size[0], 3)
    assert np.array_equal(merged[outside], np.asarray(original)[outside])
    assert (merged[~outside] == (255, 255, 0)).all(axis=-1).mean() > 0.5


def test_what_did_not_change_keeps_its_own_pixels(before, after):
    merged = np.asarray(take_over(before, after, changed_mask(before, after)))
    assert np.array_equal(merged[:25], np.asarray(before)[:25])
    assert np.array_equal(merged[50:70, 50:70], np.asarray(after)[50:70, 50:70])


def test_an_empty_mask_changes_nothing(before, after):
    assert np.array_equal(take_over(before, after, Image.new("L", (10, 10))), before)
