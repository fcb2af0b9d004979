"""What an edit changed, and how to take over only that: heat map, mask, original pixels."""

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from unilip.images import fit_inside

NOTICEABLE = 0.12  # of the range of a colour channel, after the blur: below, the decoder's own inexactness
RESAMPLED = 0.05  # likewise: below, two ways of making a picture smaller
SMOOTH = 1 / 100  # standard deviation of the blur, as a share of the longer edge
SOFT = 1 / 100  # width of the transition at the inside of a mask, likewise
LINE = 1 / 100  # width of an outline, likewise


def difference(before: Image.Image, after: Image.Image) -> np.ndarray:
    """How much each pixel changed, (height, width) in [0, 1]: the largest channel's difference, slightly blurred."""
    before = before.resize(after.size, Image.Resampling.LANCZOS)
    apart = ImageChops.difference(before.convert("RGB"), after.convert("RGB"))
    largest = Image.fromarray(np.asarray(apart).max(axis=-1))
    return np.asarray(largest.filter(ImageFilter.GaussianBlur(SMOOTH * max(after.size))), dtype=np.float32) / 255


def heat_map(before: Image.Image, after: Image.Image) -> Image.Image:
    """The picture before in grey, and over it in ever warmer colours what changed."""
    change = np.clip(difference(before, after) / 0.5, 0, 1)[..., None]
    grey = np.asarray(before.resize(after.size, Image.Resampling.LANCZOS).convert("L"), dtype=np.float32)[..., None]
    cold, warm = np.float32([255, 196, 0]), np.float32([220, 20, 60])
    color = cold + (warm - cold) * change
    strength = np.sqrt(change) * (change > NOTICEABLE)
    return Image.fromarray(np.uint8((1 - strength) * (0.5 * grey + 96) + strength * color))


def changed_share(before: Image.Image, after: Image.Image, mask: Image.Image | None = None) -> float:
    """The share of all pixels that changed noticeably; with a mask, of those outside it."""
    changed = difference(before, after) > NOTICEABLE
    if mask is None:
        return float(changed.mean())
    outside = np.asarray(mask.convert("L").resize(after.size, Image.Resampling.NEAREST)) == 0
    return float(changed[outside].mean()) if outside.any() else 0.0


def outlined(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture with a dark line on a light one along the border of the mask."""
    width = max(1, round(LINE * max(picture.size)))

    # What touches the border of the picture needs its line there, too.
    def shrunk(by: int) -> Image.Image:
        wide = ImageOps.expand(mask, 1).filter(ImageFilter.MinFilter(2 * by + 1))
        return wide.crop((1, 1, mask.width + 1, mask.height + 1))

    light = Image.composite(
        Image.new("RGB", picture.size, "white"), picture, ImageChops.subtract(mask, shrunk(2 * width))
    )
    return Image.composite(Image.new("RGB", picture.size, "#312e81"), light, ImageChops.subtract(mask, shrunk(width)))


def changed_mask(before: Image.Image, after: Image.Image) -> Image.Image:
    """Where an edit changed a picture, whose own pixels it has elsewhere, with a margin; an "L" picture of `after`'s
    size."""
    mask = Image.fromarray(np.uint8(difference(before, after) > RESAMPLED) * 255)
    return mask.filter(ImageFilter.MaxFilter(2 * round(2 * SMOOTH * max(after.size)) + 1))


def take_over(original: Image.Image, edited: Image.Image, mask: Image.Image) -> Image.Image:
    """The original, at its own size, with the edit inside the mask alone; outside, every pixel stays what it was.

    Args:
        mask: any size; what is not black may change. The transition lies inside it.
    """
    small = mask.convert("L").resize(fit_inside(original.size, 512), Image.Resampling.NEAREST)
    small = small.point(lambda value: 255 * (value > 0))
    width = max(1, round(SOFT * 512))
    inner = small.filter(ImageFilter.MinFilter(2 * width + 1)).filter(ImageFilter.GaussianBlur(width / 2))
    # The blur reaches out of the mask by a hair; there, nothing may change.
    exact = mask.convert("L").resize(original.size, Image.Resampling.NEAREST).point(lambda value: 255 * (value > 0))
    soft = ImageChops.multiply(inner.resize(original.size, Image.Resampling.BILINEAR), exact)
    return Image.composite(edited.resize(original.size, Image.Resampling.LANCZOS), original.convert("RGB"), soft)
