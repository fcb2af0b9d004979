"""The plan of a scene: a slot of facts for each thing, in an order that follows from what the things are."""

import numpy as np

from unilip.emoji.scenes import CANVAS, Scene, Thing
from unilip.emoji.vocabulary import BACKGROUNDS, COLORS, OBJECTS, STYLES

SLOTS = 8  # the background and style, then the things
NONE = -100  # a fact that a slot does not have
NATURAL, NOTHING = "natural", "nothing"
PLACES, LARGEST = 8, 240.0  # steps of a place across the canvas, and of a size up to the largest
NAMES = (NOTHING, *OBJECTS)
SHADES = (NATURAL, *COLORS)
# The facts of a slot, each with its number of values.
FACTS = {
    "background": len(BACKGROUNDS),
    "style": len(STYLES),
    "name": len(NAMES),
    "color": len(SHADES),
    "x": PLACES,
    "y": PLACES,
    "size": PLACES,
}


def plan(scene: Scene) -> dict[str, np.ndarray]:
    """The number of each of FACTS in each slot, (SLOTS,) int64; NONE where a slot has no such fact.

    Things are sorted by name and colour, then from left to right, so that a prompt which leaves places open still says
    which slot means which thing. A scene with more than SLOTS - 1 things loses the last ones.
    """
    facts = {name: np.full(SLOTS, NONE) for name in FACTS}
    facts["background"][0] = list(BACKGROUNDS).index(scene.background)
    facts["style"][0] = STYLES.index(scene.style)
    facts["name"][1:] = NAMES.index(NOTHING)
    for slot, thing in enumerate(sorted(scene.things, key=order)[: SLOTS - 1], start=1):
        facts["name"][slot] = NAMES.index(thing.name)
        facts["color"][slot] = SHADES.index(thing.color or NATURAL)
        for name, share in (("x", thing.x / CANVAS), ("y", thing.y / CANVAS), ("size", thing.size / LARGEST)):
            facts[name][slot] = min(max(int(share * PLACES), 0), PLACES - 1)
    return facts


def order(thing: Thing) -> tuple[int, int, float]:
    return NAMES.index(thing.name), SHADES.index(thing.color or NATURAL), thing.x
