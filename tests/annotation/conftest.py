from pathlib import Path

import pytest
from PIL import Image

from unilip.annotation.sources import Contestant, Item
from unilip.annotation.store import Store


@pytest.fixture
def store(tmp_path) -> Store:
    opened = Store(tmp_path / "studies")
    yield opened
    opened.close()


def paint(path: Path, shade: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (shade % 256, shade // 256, 7)).save(path)
    return path


@pytest.fixture
def make_study(store, tmp_path):
    """Makes a study of so many items with contestants "a", "b" and so on; returns the owner's ticket."""

    def make(count: int = 4, contestants: int = 2, images: bool = False, shade: int = 0, **options):
        shades = iter(range(shade, 60_000))
        items = [
            Item(f"i{number}", f"prompt {number}", ("add", "remove")[number % 2], image)
            for number in range(count)
            for image in [paint(tmp_path / "inputs" / f"i{number}.png", next(shades)) if images else None]
        ]
        folders = []
        for name in "abcdefgh"[:contestants]:
            folders.append(Contestant(name, tmp_path / "pictures" / name))
            for item in items:
                paint(folders[-1].folder / f"{item.name}.png", next(shades))
        return store.create("A study", items, folders, **{"seed": 5, "repeats": 0.0} | options)

    return make
