"""The art: fetched whole or not at all, cut out cleanly, and every recoloured object reads as its colour."""

import base64
import hashlib
import http.client
import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from unilip.emoji import art
from unilip.emoji.extents import EXTENTS
from unilip.emoji.vocabulary import COLORS, OBJECTS

needs_art = pytest.mark.skipif(
    not art.is_fetched(), reason="the emoji art is not fetched: python -m unilip.emoji fetch"
)


def lab(rgb) -> np.ndarray:
    """sRGB (..., 3) in 0..255 to CIE Lab (D65)."""
    rgb = np.asarray(rgb, dtype=np.float64) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    xyz = np.cbrt(xyz / (0.9505, 1.0, 1.089))
    return np.stack((116 * xyz[..., 1] - 16, 500 * (xyz[..., 0] - xyz[..., 1]), 200 * (xyz[..., 1] - xyz[..., 2])), -1)


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A registry on disk with a package of all needed files; yields a function that says what fetch expects of it."""
    package = tmp_path / "registry" / "@lobehub" / "fluent-emoji-3d" / "-" / art.TARBALL
    package.parent.mkdir(parents=True)
    with tarfile.open(package, "w:gz") as archive:
        for name in [f"assets/{codepoint}.webp" for codepoint in OBJECTS.values()] + ["assets/1f600.webp", "README.md"]:
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", (tmp_path / "registry").as_uri())
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    monkeypatch.setattr(art, "INTEGRITY", digest)
    return package


def test_fetch_unpacks_the_needed_files_once(registry, tmp_path):
    folder = art.fetch(tmp_path / "art")
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{c}.webp" for c in OBJECTS.values())
    registry.unlink()
    assert art.fetch(folder) == folder  # all there: no registry is asked


def test_fetch_replaces_what_is_missing(registry, tmp_path):
    folder = art.fetch(tmp_path / "art")
    (folder / f"{OBJECTS['cat']}.webp").unlink()
    assert not art.is_fetched(folder)
    art.fetch(folder)
    assert art.is_fetched(folder)


def test_fetch_refuses_a_damaged_package(registry, tmp_path):
    content = bytearray(registry.read_bytes())
    content[len(content) // 2] ^= 1
    registry.write_bytes(content)
    with pytest.raises(art.ArtError, match="sha512"):
        art.fetch(tmp_path / "art")
    assert not (tmp_path / "art").exists()


def test_fetch_without_network_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    with pytest.raises(art.ArtError, match="could not be downloaded"):
        art.fetch(tmp_path)


def test_a_download_that_breaks_off_says_so(tmp_path, monkeypatch):
    class Response(io.BytesIO):
        def read(self):
            raise http.client.IncompleteRead(b"half")

    monkeypatch.setattr(art.urllib.request, "urlopen", lambda *_, **__: Response())
    with pytest.raises(art.ArtError, match="could not be downloaded"):
        art.fetch(tmp_path)


def test_what_is_damaged_can_be_fetched_anew(registry, tmp_path, monkeypatch):
    monkeypatch.setenv("UNILIP_EMOJI", str(art.fetch(tmp_path / "art")))
    with pytest.raises(art.ArtError, match="delete it and run"):
        art.natural_art.__wrapped__("cat")  # this registry's pictures are none
    path = tmp_path / "art" / f"{OBJECTS['cat']}.webp"
    path.unlink()
    art.fetch()
    assert path.exists()


def test_missing_art_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("UNILIP_EMOJI", str(tmp_path))
    with pytest.raises(art.ArtError, match="python -m unilip.emoji fetch"):
        art.natural_art.__wrapped__("cat")


@needs_art
def test_recoloured_objects_read_as_their_color():
    anchors = lab(list(COLORS.values()))
    wrong = []
    for name in OBJECTS:
        for color in COLORS:
            pixels = art.load(name, color)
            mean = lab(pixels[pixels[..., 3] > 128][:, :3].mean(0))
            nearest = list(COLORS)[np.linalg.norm(anchors - mean, axis=1).argmin()]
            if nearest != color:
                wrong.append((name, color, nearest))
    assert len(wrong) <= 0.05 * len(OBJECTS) * len(COLORS), wrong


@needs_art
@pytest.mark.parametrize("color", COLORS)
def test_recoloured_objects_keep_their_shading(color):
    for name in OBJECTS:
        pixels = art.load(name, color)
        lightness = lab(pixels[pixels[..., 3] > 128][:, :3])[:, 0]
        assert np.percentile(lightness, 99) - np.percentile(lightness, 1) > 7, (name, color)


@needs_art
def test_a_stamp_has_no_fringe():
    """Hidden colours of transparent pixels must not leak: shrunk then pasted looks as pasted then shrunk."""
    for name in ("cat", "bicycle", "sports ball"):
        flat = Image.new("RGB", (256, 256), (255, 0, 255))
        flat.paste(art.art(name), mask=art.art(name))
        small = art.stamp(name, None, 97)
        pasted = Image.new("RGB", (97, 97), (255, 0, 255))
        pasted.paste(small, mask=small)
        expected = np.asarray(flat.resize((97, 97), Image.Resampling.BICUBIC), dtype=np.float32)
        assert np.abs(np.asarray(pasted, dtype=np.float32) - expected).mean() < 2.0


@needs_art
def test_extents_are_those_of_the_art():
    for name, extent in EXTENTS.items():
        rows, columns = np.nonzero(art.load(name)[..., 3] > 127)
        assert extent == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), name
