"""The art of the emoji world: fetched once from the npm registry, loaded by name, recoloured with its shading kept."""

import base64
import hashlib
import io
import os
import tarfile
import urllib.request
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path

import numpy as np
from PIL import Image

from unilip.emoji.vocabulary import COLORS, OBJECTS

PACKAGE = "@lobehub/fluent-emoji-3d"
TARBALL = "fluent-emoji-3d-1.1.0.tgz"
INTEGRITY = "Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g=="  # sha512
EDGE = 256  # edge of the art, in pixels

# Colour ramps from the darkest shade to the highlight, at the tones of RAMP_TONES; the named colour fills the middle.
RAMP_TONES = (0.0, 0.16, 0.55, 1.0)
RAMPS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "red": ((45, 0, 8), (130, 8, 18), COLORS["red"], (255, 130, 120)),
    "orange": ((90, 32, 0), (205, 85, 0), COLORS["orange"], (255, 200, 120)),
    "yellow": ((95, 62, 0), (222, 165, 0), COLORS["yellow"], (255, 246, 160)),
    "green": ((0, 40, 14), (12, 95, 32), COLORS["green"], (150, 230, 140)),
    "blue": ((0, 14, 62), (10, 50, 145), COLORS["blue"], (140, 195, 255)),
    "purple": ((32, 4, 58), (78, 20, 128), COLORS["purple"], (208, 160, 245)),
    "pink": ((110, 22, 68), (225, 85, 150), COLORS["pink"], (255, 215, 232)),
    "brown": ((30, 13, 4), (74, 38, 15), COLORS["brown"], (196, 148, 104)),
    "black": ((0, 0, 2), (16, 16, 19), COLORS["black"], (112, 113, 120)),
    "white": ((64, 64, 76), (188, 189, 199), (237, 238, 242), (255, 255, 255)),
    "gray": ((38, 39, 42), (84, 86, 90), COLORS["gray"], (205, 208, 212)),
}


class ArtError(RuntimeError):
    """The art could not be fetched or is not there; the message says in one sentence what to do."""


def art_folder() -> Path:
    """The folder of the art: the environment's UNILIP_EMOJI, or data/emoji under the project's root."""
    return Path(os.environ.get("UNILIP_EMOJI") or Path(__file__).resolve().parents[2] / "data" / "emoji")


def is_fetched(folder: str | Path | None = None) -> bool:
    folder = Path(folder or art_folder())
    return all((folder / f"{codepoint}.webp").is_file() for codepoint in OBJECTS.values())


def fetch(folder: str | Path | None = None) -> Path:
    """Downloads the art into `folder` unless it is all there, checks the package by its sha512, and returns the folder.

    Each picture appears whole or not at all, so an interrupted fetch is simply run again.

    Raises:
        ArtError: no network, a registry without the package, a package of another content, or a folder not writable.
    """
    folder = Path(folder or art_folder())
    if is_fetched(folder):
        return folder
    registry = os.environ.get("NPM_CONFIG_REGISTRY") or os.environ.get("npm_config_registry")
    url = f"{(registry or 'https://registry.npmjs.org').rstrip('/')}/{PACKAGE}/-/{TARBALL}"
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            package = response.read()
    except (OSError, HTTPException, ValueError) as error:
        raise ArtError(
            f"The emoji art could not be downloaded from {url} ({error}): check the network, or set "
            "NPM_CONFIG_REGISTRY to a reachable npm registry."
        ) from error
    if base64.b64encode(hashlib.sha512(package).digest()).decode() != INTEGRITY:
        raise ArtError(f"The package from {url} is damaged or not the expected one (its sha512 differs): try again.")
    wanted = {f"package/assets/{codepoint}.webp" for codepoint in OBJECTS.values()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
            for member in archive:
                name = member.name.rsplit("/", 1)[-1]
                if member.name in wanted or name.upper() == "LICENSE":
                    partial = folder / f"{name}.{os.getpid()}.part"
                    partial.write_bytes(archive.extractfile(member).read())
                    os.replace(partial, folder / name)
    except OSError as error:
        raise ArtError(f"The emoji art could not be written to {folder} ({error}).") from error
    return folder


@lru_cache(maxsize=len(OBJECTS))
def natural_art(name: str) -> Image.Image:
    """An object as the artist made it, RGBA, 256 x 256.

    Raises:
        ArtError: the art is not fetched.
    """
    path = art_folder() / f"{OBJECTS[name]}.webp"
    try:
        with Image.open(path) as picture:
            return picture.convert("RGBA")
    except OSError as error:
        raise ArtError(
            f"The picture {path} is missing or damaged: delete it and run python -m unilip.emoji fetch."
        ) from error


@lru_cache(maxsize=len(OBJECTS))
def tones(name: str) -> Image.Image:
    """An object's shading alone, as mode "L": its luminance spread over the whole range.

    Half of the spread is linear and half by rank, so that flat dark or pale objects keep their features too; a power
    then brings the mean to the middle of the ramps.
    """
    art = np.asarray(natural_art(name), dtype=np.float32)
    opaque = art[..., 3] > 128
    luminance = art[..., :3] @ np.array([0.35, 0.5, 0.15], dtype=np.float32)
    low, high = np.percentile(luminance[opaque], (1, 99))
    linear = np.clip((luminance - low) / max(high - low, 1.0), 0, 1)
    # The rank is taken over a smoothed histogram: a flat surface must not turn the codec's noise into stripes.
    histogram = np.bincount(luminance[opaque].astype(np.intp), minlength=256)
    window = np.exp(-0.5 * (np.arange(-48, 49) / 16) ** 2)
    rank = np.cumsum(np.convolve(histogram, window / window.sum(), mode="same")) / opaque.sum()
    rank = np.interp(luminance, np.arange(256), rank)
    tone = 0.55 * linear + 0.45 * rank
    power = np.log(0.55) / np.log(np.clip(np.median(tone[opaque]), 0.2, 0.9))
    return Image.fromarray((255 * tone**power).round().astype(np.uint8))


@lru_cache(maxsize=len(RAMPS))
def ramp(color: str) -> tuple[np.ndarray, ...]:
    """Three tables of 256 entries that take a tone to the red, green and blue of a colour."""
    channels = np.array(RAMPS[color], dtype=np.float32).T
    return tuple(np.interp(np.linspace(0, 1, 256), RAMP_TONES, channel).round().astype(int) for channel in channels)


@lru_cache(maxsize=64)
def art(name: str, color: str | None = None) -> Image.Image:
    """An object in a named colour, or as the artist made it (None), as an RGBA picture of 256 x 256. Do not change it:
    it is shared.

    Raises:
        ArtError: the art is not fetched.
    """
    natural = natural_art(name)
    if color is None:
        return natural
    tone = tones(name)
    return Image.merge("RGBA", [*(tone.point(table.tolist()) for table in ramp(color)), natural.getchannel("A")])


@lru_cache(maxsize=256)
def premultiplied(name: str, color: str | None) -> Image.Image:
    return art(name, color).convert("RGBa")


@lru_cache(maxsize=len(OBJECTS) * (len(COLORS) + 1))
def premultiplied_half(name: str, color: str | None) -> Image.Image:
    return premultiplied(name, color).reduce(2)


def stamp(name: str, color: str | None, edge: int) -> Image.Image:
    """`art` at another size, RGBA, `edge` x `edge`; colours are weighed by alpha, so no border darkens or shines."""
    source = premultiplied_half if edge <= 0.45 * EDGE else premultiplied
    return source(name, color).resize((edge, edge), Image.Resampling.BICUBIC).convert("RGBA")


def load(name: str, color: str | None = None) -> np.ndarray:
    """`art` as a uint8 array (256, 256, 4)."""
    return np.asarray(art(name, color))
