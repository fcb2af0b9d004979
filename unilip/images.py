"""Pictures on their way in and out: hygiene of what users hand over, squares and tiles for the encoder, proportions."""

import os
from typing import IO

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 100_000_000
MAX_EDGE = 4096
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class PictureError(ValueError):
    """A picture that cannot be used; the message is one sentence for the person who gave it."""


def open_picture(source: str | os.PathLike | IO[bytes] | Image.Image) -> Image.Image:
    """Opens a picture and makes it plain: first frame, upright, 8-bit RGB, transparency on white, at most `MAX_EDGE`
    pixels long.

    Args:
        source: a path, an open binary file, or a PIL picture of any mode.

    Raises:
        PictureError: not a picture in one of `FORMATS`, damaged, empty, or of more than `MAX_PIXELS` pixels (told from
            the header, before anything is decoded).
    """
    picture = source if isinstance(source, Image.Image) else read_header(source)
    check_size(picture)
    try:
        if picture is not source:
            # A JPEG can be decoded at an eighth of its size, which saves most of the time and memory of a large one.
            picture.draft("RGB", (MAX_EDGE, MAX_EDGE))
        if picture.tell() != 0:
            picture.seek(0)
        picture.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PictureError("The picture is damaged or incomplete and cannot be read.") from error
    return _shrink(_to_rgb(_upright(picture)))


def check_size(picture: Image.Image) -> None:
    """Raises PictureError for a picture without pixels, or with more than `MAX_PIXELS`."""
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"The picture has {width * height / 1e6:.0f} megapixels; at most {MAX_PIXELS / 1e6:.0f} can be used."
        )
    if width * height == 0:
        raise PictureError("The picture is empty: it has no pixels.")


def read_header(source: str | os.PathLike | IO[bytes]) -> Image.Image:
    """Opens a picture in one of `FORMATS` without decoding it; raises PictureError for all else."""
    too_large = PictureError(f"The picture has too many pixels; at most {MAX_PIXELS / 1e6:.0f} megapixels can be used.")
    try:
        return Image.open(source, formats=FORMATS)
    except FileNotFoundError as error:
        raise PictureError(f"There is no picture at {source}.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large from error
    except UnidentifiedImageError as error:
        raise PictureError("The file is not a PNG, JPEG, WebP, GIF, BMP or TIFF picture.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PictureError("The file cannot be read as a picture.") from error


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # a broken EXIF block raises many kinds of errors, and the pixels are still good
        return picture


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        # PIL keeps 16-bit grey as it is; its own conversion to RGB would cut everything above 255.
        if picture.mode != "F" and values.max() > 255:
            values = values / 257
        elif picture.mode == "F" and values.max() <= 1:
            values = values * 255
        picture = Image.fromarray(np.clip(np.rint(np.nan_to_num(values)), 0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("RGB")


def _shrink(picture: Image.Image) -> Image.Image:
    longest = max(picture.size)
    if longest <= MAX_EDGE:
        return picture
    size = tuple(max(1, round(edge * MAX_EDGE / longest)) for edge in picture.size)
    return picture.resize(size, Image.Resampling.LANCZOS)


def fit_inside(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """(width, height) of the same proportions as `size`, with the longer side `edge` pixels."""
    longest = max(size)
    return max(1, round(size[0] * edge / longest)), max(1, round(size[1] * edge / longest))


def letterbox_box(size: tuple[int, int], edge: int) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of a picture of `size` that is centred, unsquashed, in a square of `edge` pixels."""
    width, height = fit_inside(size, edge)
    left, top = (edge - width) // 2, (edge - height) // 2
    return left, top, left + width, top + height


def squash(picture: Image.Image, edge: int) -> Image.Image:
    """Plain resize to a square of `edge` pixels: what the released model was trained on."""
    return picture.resize((edge, edge), Image.Resampling.BICUBIC)


def letterbox(picture: Image.Image, edge: int) -> Image.Image:
    """The unsquashed picture centred in a square of `edge` pixels; its border pixels are drawn out to fill the rest."""
    left, top, right, bottom = letterbox_box(picture.size, edge)
    pixels = np.asarray(picture.resize((right - left, bottom - top), Image.Resampling.BICUBIC))
    return Image.fromarray(np.pad(pixels, ((top, edge - bottom), (left, edge - right), (0, 0)), mode="edge"))


def tiles(picture: Image.Image, edge: int, max_tiles: int) -> list[Image.Image]:
    """InternVL's tiling: the grid of at most `max_tiles` squares of `edge` pixels whose proportions are nearest to the
    picture's, then the whole picture as a thumbnail (unless the grid is a single tile)."""
    width, height = picture.size
    grids = [
        (columns, rows)
        for columns in range(1, max_tiles + 1)
        for rows in range(1, max_tiles + 1)
        if columns * rows <= max_tiles
    ]
    columns, rows = 1, 1
    nearest = float("inf")
    for grid in sorted(grids, key=lambda grid: grid[0] * grid[1]):
        distance = abs(width / height - grid[0] / grid[1])
        # Of grids with equal proportions, a larger one is worth it only if the picture fills half of it.
        fills = width * height > 0.5 * edge * edge * grid[0] * grid[1]
        if distance < nearest or (distance == nearest and fills):
            (columns, rows), nearest = grid, distance
    resized = picture.resize((columns * edge, rows * edge), Image.Resampling.BICUBIC)
    boxes = [(x * edge, y * edge, (x + 1) * edge, (y + 1) * edge) for y in range(rows) for x in range(columns)]
    cut = [resized.crop(box) for box in boxes]
    return cut if len(cut) == 1 else [*cut, squash(picture, edge)]


def to_pixel_values(pictures: list[Image.Image]) -> torch.Tensor:
    """RGB pictures of one size to the encoder's input: (pictures, 3, height, width), ImageNet-normalised float32."""
    pixels = np.stack([np.asarray(picture, dtype=np.float32) for picture in pictures]) / 255
    pixels = (pixels - np.float32(IMAGENET_MEAN)) / np.float32(IMAGENET_STD)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def from_pixel_values(pixel_values: torch.Tensor) -> torch.Tensor:
    """Undoes `to_pixel_values`, but for pixels in [0, 1]."""
    mean, std = (pixel_values.new_tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
    return pixel_values * std + mean


def restore(square: torch.Tensor, size: tuple[int, int], letterboxed: bool) -> torch.Tensor:
    """Undoes `squash` or `letterbox`: (3, edge, edge) to the proportions of `size`, the longer side `edge` pixels."""
    edge = square.shape[-1]
    if letterboxed:
        left, top, right, bottom = letterbox_box(size, edge)
        return square[:, top:bottom, left:right]
    width, height = fit_inside(size, edge)
    if width == height:
        return square
    return F.interpolate(square[None], size=(height, width), mode="bicubic", antialias=True)[0].clamp(0, 1)


def to_output(
    squares: torch.Tensor, sizes: list[tuple[int, int]] | None, letterboxed: bool, output_type: str
) -> list[Image.Image] | np.ndarray | torch.Tensor | list[np.ndarray] | list[torch.Tensor]:
    """Pictures (batch, 3, edge, edge) in [0, 1] as the caller wants them.

    Args:
        sizes: (width, height) of each input picture, whose proportions the output takes; None keeps the squares.
        letterboxed: the inputs were padded, not squashed.
        output_type: "pil", "np" (height, width, 3) or "pt" (3, height, width); the last two are stacked if all are of
            one size, otherwise a list.
    """
    shaped = list(squares.float().cpu())
    if sizes is not None:
        shaped = [restore(square, size, letterboxed) for square, size in zip(shaped, sizes, strict=True)]
    if output_type == "pt":
        return torch.stack(shaped) if len({one.shape for one in shaped}) == 1 else shaped
    arrays = [one.permute(1, 2, 0).numpy() for one in shaped]
    if output_type == "pil":
        return [Image.fromarray((array * 255).round().astype(np.uint8)) for array in arrays]
    return np.stack(arrays) if len({array.shape for array in arrays}) == 1 else arrays
