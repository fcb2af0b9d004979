"""Drawn backgrounds, and styles over a whole picture."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from unilip.emoji.vocabulary import BACKGROUNDS, CANVAS

DIRECTIONS = ("down", "up", "right", "left", "diagonal", "radial")


def draw_background(name: str, variant: int, size: int = CANVAS) -> Image.Image:
    """The named background; `variant` picks its shade, direction and details."""
    background = BACKGROUNDS[name]
    rng = np.random.default_rng(variant)
    # A gray must stay without a tint; one variant in six has the exact colours.
    tint = 3 if max(background.colors[0]) - min(background.colors[0]) < 10 else 12
    shift = (rng.uniform(-tint, tint, 3) + rng.uniform(-8, 8)) * (variant % 6 > 0)
    colors = [tuple(np.clip(np.add(color, shift), 0, 255).astype(int).tolist()) for color in background.colors]
    if background.kind == "plain":
        return Image.new("RGB", (size, size), colors[0])
    if background.kind == "gradient":
        direction = "down" if name == "sky" else DIRECTIONS[rng.integers(len(DIRECTIONS))]
        ends = [Image.new("RGB", (size, size), color) for color in colors]
        return Image.composite(ends[1], ends[0], gradient(direction, size))
    if background.kind == "ground":
        return draw_ground(name, colors, rng, size)
    if background.kind == "stars":
        picture = vertical(colors, size)
        draw = ImageDraw.Draw(picture)
        for x, y, radius in rng.uniform((0, 0, 0.3), (size, size, 1.4), (36, 3)):
            radius *= size / CANVAS
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(235, 235, 215))
        return picture
    return draw_planks(colors, rng, size)


@lru_cache(maxsize=32)
def gradient(direction: str, size: int) -> Image.Image:
    """A mask (mode "L") that grows from 0 to 255 in a direction."""
    ramp = np.linspace(0, 1, size)
    x, y = ramp[None, :], ramp[:, None]
    share = {
        "down": y + 0 * x,
        "up": 1 - y + 0 * x,
        "right": x + 0 * y,
        "left": 1 - x + 0 * y,
        "diagonal": (x + y) / 2,
        "radial": np.minimum(np.hypot(x - 0.5, y - 0.5) / 0.71, 1),
    }[direction]
    return Image.fromarray((255 * share).astype(np.uint8))


def vertical(colors: list[tuple[int, int, int]], size: int, height: int | None = None) -> Image.Image:
    """A gradient of two colours from top to bottom, `size` wide and `height` high."""
    height = height or size
    column = np.linspace(colors[0], colors[1], height).astype(np.uint8)[:, None]  # (height, 1, 3)
    return Image.fromarray(column).resize((size, height), Image.Resampling.NEAREST)


def draw_ground(name: str, colors: list[tuple[int, int, int]], rng: np.random.Generator, size: int) -> Image.Image:
    """Sky over ground, with the few marks that tell the grounds apart."""
    horizon = round(size * rng.uniform(0.35, 0.7))
    picture = Image.new("RGB", (size, size))
    picture.paste(vertical(colors[:2], size, horizon), (0, 0))
    picture.paste(vertical(colors[2:], size, size - horizon), (0, horizon))
    draw, unit = ImageDraw.Draw(picture), size / CANVAS
    if name == "sunset":
        x, radius = size * rng.uniform(0.2, 0.8), 17 * unit
        draw.pieslice((x - radius, horizon - radius, x + radius, horizon + radius), 180, 360, fill=(255, 225, 140))
    elif name == "road":
        middle = (horizon + size) / 2
        for x in np.arange(-20, CANVAS, 44) * unit:
            draw.rectangle((x, middle, x + 24 * unit, middle + 4 * unit), fill=(240, 240, 235))
    elif name in ("grass", "sea"):
        mark = tuple(int(channel * 0.85) for channel in colors[3]) if name == "grass" else colors[0]
        for x, y in rng.uniform((0, horizon + 6 * unit), (size, size), (16, 2)):
            if name == "grass":
                draw.line((x - 2 * unit, y - 5 * unit, x, y, x + 3 * unit, y - 5 * unit), fill=mark)
            else:
                draw.line((x - 6 * unit, y, x + 6 * unit, y), fill=mark)
    elif name == "snow":
        for x, y in rng.uniform(0, size, (26, 2)):
            draw.ellipse((x - 1.5 * unit, y - 1.5 * unit, x + 1.5 * unit, y + 1.5 * unit), fill=(255, 255, 255))
    return picture


def draw_planks(colors: list[tuple[int, int, int]], rng: np.random.Generator, size: int) -> Image.Image:
    """Horizontal planks of slightly different shades with dark seams."""
    picture = Image.new("RGB", (size, size), colors[0])
    draw, height = ImageDraw.Draw(picture), size / 6
    for row in range(6):
        shade = rng.uniform(0.9, 1.08)
        color = tuple(min(int(channel * shade), 255) for channel in colors[0])
        draw.rectangle((0, row * height, size, (row + 1) * height), fill=color)
        draw.line((0, row * height, size, row * height), fill=colors[1], width=max(size // 128, 1))
        x = rng.uniform(0, size)
        draw.line((x, row * height, x, (row + 1) * height), fill=colors[1], width=max(size // 128, 1))
    return picture


def apply_style(picture: Image.Image, style: str) -> Image.Image:
    """The picture (RGB) in a style of `vocabulary.STYLES`.

    Raises:
        ValueError: an unknown style.
    """
    if style == "normal":
        return picture
    unit = picture.width / CANVAS
    gray = ImageOps.grayscale(picture)
    if style == "grayscale":
        return gray.convert("RGB")
    if style == "sepia":
        return ImageOps.colorize(gray, (40, 22, 8), (255, 240, 205), mid=(165, 122, 78))
    if style == "sketch":
        # Colour dodge: where the picture is darker than its surroundings a line stays, all else turns white.
        light = np.asarray(gray, dtype=np.float32)
        around = np.asarray(gray.filter(ImageFilter.GaussianBlur(3 * unit)), dtype=np.float32)
        lines = np.clip(light / np.maximum(around, 1), 0, 1) ** 2
        return Image.fromarray((255 * lines).astype(np.uint8)).convert("RGB")
    if style == "pixel art":
        small = picture.resize((64, 64), Image.Resampling.BOX)
        return small.resize(picture.size, Image.Resampling.NEAREST)
    if style == "negative":
        return ImageChops.invert(picture)
    if style == "poster":
        return ImageOps.posterize(picture, 2)
    if style == "watercolor":
        window = max(3, 2 * round(3 * unit) + 1)  # Pillow dies of a window of one pixel
        soft = picture.filter(ImageFilter.MedianFilter(window)).filter(ImageFilter.GaussianBlur(unit))
        return Image.blend(soft, Image.new("RGB", picture.size, (255, 252, 244)), 0.3)
    raise ValueError(f"unknown style {style!r}")
