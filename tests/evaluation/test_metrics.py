"""PSNR and SSIM against values worked out by hand."""

import numpy as np
import pytest
from PIL import Image

from unilip.evaluation.metrics import IDENTICAL, psnr, ssim


def plain(level: int) -> Image.Image:
    return Image.new("RGB", (64, 64), (level, level, level))


def test_psnr_of_a_constant_error():
    assert psnr(plain(100), plain(110)) == pytest.approx(20 * np.log10(255 / 10))


def test_equal_pictures_have_a_finite_psnr():
    assert psnr(plain(100), plain(100)) == IDENTICAL
    assert ssim(plain(100), plain(100)) == pytest.approx(1)


def test_mask_leaves_out_what_was_to_change():
    truth, changed = plain(100), plain(100)
    changed.paste((0, 0, 0), (0, 0, 32, 64))
    kept = np.zeros((64, 64), bool)
    kept[:, 32:] = True
    assert psnr(truth, changed, kept) == IDENTICAL
    assert psnr(truth, changed, ~kept) < 10


def test_ssim_falls_with_noise():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    noisy = np.clip(truth + rng.normal(0, 40, truth.shape), 0, 255).astype(np.uint8)
    assert ssim(Image.fromarray(truth), Image.fromarray(noisy)) < 0.95


def test_sizes_must_agree():
    with pytest.raises(ValueError, match="one size"):
        psnr(plain(1), Image.new("RGB", (32, 32)))
