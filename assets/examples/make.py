"""Draws the example pictures of the page: `python assets/examples/make.py` (needs the emoji art)."""

from pathlib import Path

from unilip.emoji.scenes import Scene, Thing, render

SCENES = {
    "cat-and-dog": Scene((Thing("cat", "red", 72, 140, 112), Thing("dog", "blue", 184, 140, 112)), "light yellow"),
    "apples": Scene(
        (
            Thing("apple", "green", 60, 60, 82),
            Thing("apple", "green", 60, 190, 82),
            Thing("apple", "green", 140, 125, 82),
        ),
        "wooden floor",
    ),
    "bus": Scene((Thing("bus", "yellow", 128, 140, 150),), "road"),
    "umbrella": Scene((Thing("umbrella", None, 128, 76, 104), Thing("teddy bear", None, 128, 182, 104)), "beach"),
}

if __name__ == "__main__":
    for name, scene in SCENES.items():
        render(scene).save(Path(__file__).parent / f"{name}.png", optimize=True)
