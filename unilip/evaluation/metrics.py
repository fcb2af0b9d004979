"""How alike two pictures are: PSNR and SSIM by scikit-image; and two sets of pictures: FID by torchmetrics."""

from collections.abc import Iterable

import numpy as np
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from .records import EvaluationError, in_batches

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


def frechet_distance(
    pairs: Iterable[tuple[Image.Image, Image.Image]], device: torch.device | str, batch_size: int = 16,
    features: int | torch.nn.Module = 2048,
) -> float:  # fmt: skip
    """FID (Heusel et al. 2017) between the first and the second pictures of the pairs, RGB and of one size.

    Args:
        features: the layer of Inception by its width, whose weights are downloaded on first use, or any module from
            uint8 pictures (batch, 3, height, width) to features (batch, width).

    Raises EvaluationError where the packages that it needs are not installed.
    """
    try:
        from torchmetrics.image.fid import FrechetInceptionDistance

        distance = FrechetInceptionDistance(features).to(device)
    except ModuleNotFoundError:
        raise EvaluationError(
            'rFID needs the package torchmetrics with torch-fidelity: pip install "torchmetrics[image]" torchvision, '
            "or leave out --fid."
        ) from None
    for batch in in_batches(pairs, batch_size):
        for images, real in zip(zip(*batch, strict=True), (True, False), strict=True):
            pixels = np.stack([np.asarray(image.convert("RGB")) for image in images])
            distance.update(torch.from_numpy(pixels).permute(0, 3, 1, 2).to(device), real=real)
    return distance.compute().item()
