"""How alike two pictures are: PSNR and SSIM by scikit-image."""

import numpy as np
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

IDENTICAL = 100.0  # dB, stands for the infinity between equal pictures so that means stay finite


def psnr(truth: Image.Image, picture: Image.Image, mask: np.ndarray | None = None) -> float:
    """Peak signal to noise ratio in dB of two RGB pictures of one size; at most 100. `mask` (height, width), bool,
    picks the pixels that count."""
    first, second = np.asarray(truth.convert("RGB")), np.asarray(picture.convert("RGB"))
    if first.shape != second.shape:
        raise ValueError(f"Pictures to compare must have one size, got {truth.size} and {picture.size}.")
    if mask is not None:
        first, second = first[mask], second[mask]
    if np.array_equal(first, second):
        return IDENTICAL
    return min(IDENTICAL, float(peak_signal_noise_ratio(first, second, data_range=255)))


def ssim(truth: Image.Image, picture: Image.Image) -> float:
    """Structural similarity of two RGB pictures of one size, with the Gaussian window of Wang et al. (2004)."""
    first, second = np.asarray(truth.convert("RGB")), np.asarray(picture.convert("RGB"))
    if first.shape != second.shape:
        raise ValueError(f"Pictures to compare must have one size, got {truth.size} and {picture.size}.")
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(first, second, channel_axis=-1, data_range=255, **window))
