"""PSNR and SSIM against values worked out by hand."""

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from unilip.evaluation.metrics import IDENTICAL, frechet_distance, psnr, ssim
from unilip.evaluation.records import EvaluationError


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


class MeanColor(torch.nn.Module):
    """Features whose distance can be worked out by hand."""

    num_features = 3

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.float().mean(dim=(2, 3))


def colored(rng: np.random.Generator, shift: int, count: int) -> list[Image.Image]:
    return [Image.new("RGB", (8, 8), tuple(int(one) + shift for one in rng.integers(0, 100, 3))) for _ in range(count)]


def test_frechet_distance_of_a_shift_is_its_square():
    originals = colored(np.random.default_rng(0), 0, 50)
    shifted = colored(np.random.default_rng(0), 10, 50)
    same = frechet_distance(zip(originals, originals, strict=True), "cpu", features=MeanColor())
    moved = frechet_distance(zip(originals, shifted, strict=True), "cpu", features=MeanColor())
    assert same == pytest.approx(0, abs=1e-3)
    assert moved == pytest.approx(3 * 10**2, rel=1e-3)


def test_rfid_without_its_packages_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    with pytest.raises(EvaluationError, match=r"pip install \"torchmetrics\[image\]\""):
        frechet_distance([(plain(1), plain(2))], "cpu")
