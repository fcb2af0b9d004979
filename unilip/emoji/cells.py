"""What each cell of a grid over a scene's picture shows: the truth behind a vision encoder's image tokens."""

import numpy as np

from unilip.emoji.plans import NAMES, NONE, NOTHING, PLACES, SHADES
from unilip.emoji.scenes import CANVAS, Scene, Thing, box, color_of
from unilip.emoji.vocabulary import NUMBERS

UNSEEN, SEEN = 0.1, 0.4  # shares of a cell under a thing's box: below, it shows no thing; above, it shows the thing
MOST = len(NUMBERS)
# The facts of a cell, each with its number of values. "turn" is when a description that goes from left to right comes
# to the cell's thing, "count" how many things of its name there are.
FACTS = {"name": len(NAMES), "color": len(SHADES), "x": PLACES, "y": PLACES, "turn": MOST, "count": MOST}


def coverage(scene: Scene, edge: int) -> np.ndarray:
    """The share of each cell that lies under each thing's visible box, (things, edge, edge) float32."""
    shares = np.zeros((len(scene.things), edge, edge), dtype=np.float32)
    for number, thing in enumerate(scene.things):
        left, top, right, bottom = (side * edge / CANVAS for side in box(thing))
        shares[number] = np.outer(_overlap(top, bottom, edge), _overlap(left, right, edge))
    return shares


def cells(scene: Scene, edge: int) -> dict[str, np.ndarray]:
    """The number of each of FACTS at each cell, (edge, edge) int64; NONE where it cannot be said: at a thing's border,
    for everything but the name where there is no thing, and for the colour of what has no plain one."""
    facts = {name: np.full((edge, edge), NONE) for name in FACTS}
    if not scene.things:
        facts["name"][:] = NAMES.index(NOTHING)
        return facts
    shares = coverage(scene, edge)
    most = shares.max(axis=0)
    facts["name"][most < UNSEEN] = NAMES.index(NOTHING)
    top = len(scene.things) - 1 - shares[::-1].argmax(axis=0)  # of two that cover a cell alike, the one in front
    turns = list(dict.fromkeys((one.name, one.color) for one in sorted(scene.things, key=lambda one: one.x)))
    for number, thing in enumerate(scene.things):
        for name, value in _facts_of(scene, thing, turns).items():
            if value is not None:
                facts[name][(top == number) & (most > SEEN)] = value
    return facts


def _facts_of(scene: Scene, thing: Thing, turns: list[tuple[str, str | None]]) -> dict[str, int | None]:
    color = color_of(thing) if scene.style in ("normal", "pixel art") else None
    return {
        "name": NAMES.index(thing.name),
        "color": SHADES.index(color) if color else None,
        "x": min(max(int(thing.x / CANVAS * PLACES), 0), PLACES - 1),
        "y": min(max(int(thing.y / CANVAS * PLACES), 0), PLACES - 1),
        "turn": min(turns.index((thing.name, thing.color)), MOST - 1),
        "count": min(sum(other.name == thing.name for other in scene.things), MOST - 1),
    }


def _overlap(low: float, high: float, cells: int) -> np.ndarray:
    """Share of each of a row of unit cells that lies between two bounds."""
    starts = np.arange(cells)
    return np.clip(np.minimum(high, starts + 1) - np.maximum(low, starts), 0, 1)
