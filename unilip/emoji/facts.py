"""What can be said of a scene without doubt: colours, groups, places, sides, and phrases that mean one thing."""

import numpy as np

from unilip.emoji.captions import PLURAL_NOUNS, pick, pluralize, shows_color
from unilip.emoji.scenes import CANVAS, Scene, Thing, relation
from unilip.emoji.scenes import color_of as color_named
from unilip.emoji.vocabulary import NUMBERS, OBJECTS
from unilip.emoji.wording import another_word, indefinite

ACROSS = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}
SPOKEN = {
    "left of": ("left of", "to the left of", "on the left of"),
    "right of": ("right of", "to the right of", "on the right of"),
    "above": ("above", "over"),
    "below": ("below", "under", "beneath"),
}
SIDES = {"left of": "on the left", "right of": "on the right", "above": "at the top", "below": "at the bottom"}
TO = {"left of": "to the left of", "right of": "to the right of", "above": "above", "below": "below"}


def color_of(scene: Scene, thing: Thing) -> str | None:
    """The colour that anybody would name; None where the art has several, or the style hides it."""
    if not shows_color(scene):
        return None
    return color_named(thing)


def groups(scene: Scene) -> dict[str, tuple[Thing, ...]]:
    """The things by name, from left to right."""
    found: dict[str, tuple[Thing, ...]] = {}
    for thing in sorted(scene.things, key=lambda thing: thing.x):
        found[thing.name] = (*found.get(thing.name, ()), thing)
    return found


def refer(scene: Scene, thing: Thing, rng: np.random.Generator, by_color: bool = True) -> str | None:
    """A phrase that means this thing alone ("the cat", "the red cat"); None where there is none."""
    same = [other for other in scene.things if other.name == thing.name]
    color = color_of(scene, thing)
    if len(same) == 1:
        if by_color and color and rng.random() < 0.15:
            return f"the {color} {thing.name}"
        return f"the {another_word(thing.name, rng)}"
    colors = [color_of(scene, other) for other in same]
    if by_color and color and None not in colors and colors.count(color) == 1:
        return f"the {color} {thing.name}"
    return None


def listed(phrases: list[str]) -> str:
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)


def counted(name: str, count: int) -> str:
    if count == 1:
        return indefinite(name)
    if name in PLURAL_NOUNS:
        return f"{NUMBERS[count]} pairs of {name}"
    return f"{NUMBERS[count] if count < len(NUMBERS) else count} {pluralize(name)}"


def beyond(direction: str, thing: Thing, other: Thing) -> float:
    """How far, in pixels, the thing's centre lies from the other's in that direction."""
    across, down = ACROSS[direction]
    return (thing.x - other.x) * across + (thing.y - other.y) * down


def spoken_side(thing: Thing, other: Thing, true: bool, rng: np.random.Generator) -> str:
    """Words for the side of another thing that a thing is on, or for one that it is not on."""
    direction = relation(thing, other) if true else pick(rng, [way for way in ACROSS if beyond(way, thing, other) < 0])
    return pick(rng, SPOKEN[direction])


def place(thing: Thing) -> str | None:
    """Where in the picture a thing is, of nine places; None between two of them."""
    cells = []
    for position, names in ((thing.y, ("top", "", "bottom")), (thing.x, ("left", "", "right"))):
        part = position / CANVAS
        if part < 0.4:
            cells.append(names[0])
        elif 0.46 <= part <= 0.54:
            cells.append(names[1])
        elif part > 0.6:
            cells.append(names[2])
        else:
            return None
    down, across = cells
    if down and across:
        return f"in the {down} {across}"
    return f"at the {down}" if down else f"on the {across}" if across else "in the middle"


def absent(scene: Scene, rng: np.random.Generator) -> str:
    return pick(rng, [name for name in OBJECTS if name not in groups(scene)])
