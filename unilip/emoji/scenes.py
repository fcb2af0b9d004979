"""Scenes of the emoji world: what stands where, on which background, in which style; and random ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from unilip.emoji.art import EDGE, stamp
from unilip.emoji.backgrounds import apply_style, draw_background
from unilip.emoji.extents import EXTENTS
from unilip.emoji.held_out import OPPOSITE, any_held_out, pair_key
from unilip.emoji.vocabulary import BACKGROUNDS, CANVAS, COLORS, NATURAL_COLORS, OBJECTS, STYLES

__all__ = [
    "CANVAS",
    "OPPOSITE",
    "RELATIONS",
    "SCENE_KINDS",
    "Scene",
    "Thing",
    "box",
    "boxes",
    "color_of",
    "combinations",
    "is_held_out",
    "put_in",
    "random_scene",
    "relation",
    "relations",
    "render",
]

MIN_SIZE = 50.0  # of a thing's square art, in pixels of the canvas
SIZES = {1: (56, 225), 2: (56, 150), 3: (56, 122), 4: (56, 106)}  # by the number of things
# Of a tidy scene: where its things' boxes are centred, as shares of the canvas, in one of some ways, and their sizes.
TIDY_SPOTS = {
    1: (((0.5, 0.5),),),
    2: (((0.27, 0.5), (0.73, 0.5)), ((0.5, 0.27), (0.5, 0.73))),
    3: (((0.5, 0.27), (0.27, 0.73), (0.73, 0.73)),),
    4: (((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)),),
}
TIDY_SIZES = {1: (155, 170), 2: (108, 118), 3: (103, 113), 4: (98, 108)}
RELATIONS = ("left of", "right of", "above", "below")
# GenEval's six tags and free scenes of three or four things, each with its weight.
SCENE_KINDS: dict[str, float] = {
    "single_object": 1.0,
    "two_object": 1.3,
    "counting": 1.5,
    "colors": 1.2,
    "position": 1.6,
    "color_attr": 1.6,
    "free": 1.4,
}


@dataclass(frozen=True)
class Thing:
    """One object of a scene: a name of `vocabulary.OBJECTS`, a name of `vocabulary.COLORS` (None: as the artist
    made it), the centre and the edge of its square art in pixels of the canvas."""

    name: str
    color: str | None
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Scene:
    """Things from back to front on a named background (`vocabulary.BACKGROUNDS`) in a named style
    (`vocabulary.STYLES`). `variant` picks the exact shade or direction of the background."""

    things: tuple[Thing, ...]
    background: str = "white"
    style: str = "normal"
    variant: int = 0


def color_of(thing: Thing) -> str | None:
    """The colour a viewer would name: the given one, or the natural one where it is unmistakable."""
    return thing.color or NATURAL_COLORS.get(thing.name)


def box(thing: Thing) -> tuple[float, float, float, float]:
    """The visible box of a thing, (left, top, right, bottom) in pixels of the canvas, not cut at its border."""
    left, top, right, bottom = (thing.size * (edge / EDGE - 0.5) for edge in EXTENTS[thing.name])
    return thing.x + left, thing.y + top, thing.x + right, thing.y + bottom


def put_in(thing: Thing, bounds: Sequence[float]) -> Thing:
    """The thing moved and sized so that its visible box has the centre and the longer side of `bounds`, (left, top,
    right, bottom) in pixels of the canvas."""
    (left, top, right, bottom), (x0, y0, x1, y1) = bounds, box(thing)
    scale = max(right - left, bottom - top) / max(x1 - x0, y1 - y0)
    x, y = (
        (left + right) / 2 - scale * ((x0 + x1) / 2 - thing.x),
        (top + bottom) / 2 - scale * ((y0 + y1) / 2 - thing.y),
    )
    return replace(thing, x=x, y=y, size=scale * thing.size)


def boxes(scene: Scene) -> list[tuple[float, float, float, float]]:
    """The visible boxes of a scene's things, in their order, cut at the border of the canvas."""
    return [tuple(min(max(edge, 0.0), float(CANVAS)) for edge in box(thing)) for thing in scene.things]


def relations(a: Thing, b: Thing) -> dict[str, float]:
    """What `a` is to `b` by GenEval's rule: "left of", "right of", "above", "below" or none, each with its share of
    the way between the centres (more than a half), after a tenth of the two boxes' edges is taken off."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = box(a), box(b)
    dx, dy = (ax0 + ax1 - bx0 - bx1) / 2, (ay0 + ay1 - by0 - by1) / 2
    distance = math.hypot(dx, dy)
    if distance == 0:
        return {}
    across = max(abs(dx) - 0.1 * (ax1 - ax0 + bx1 - bx0), 0) / distance
    down = max(abs(dy) - 0.1 * (ay1 - ay0 + by1 - by0), 0) / distance
    found = {"left of" if dx < 0 else "right of": across, "above" if dy < 0 else "below": down}
    return {name: share for name, share in found.items() if share > 0.5}


def relation(a: Thing, b: Thing) -> str | None:
    """The one relation of `a` to `b` that shows most, or None."""
    found = relations(a, b)
    return max(found, key=found.get) if found else None


def render(scene: Scene, size: int = CANVAS) -> Image.Image:
    """The picture of a scene, RGB, `size` x `size`.

    Raises:
        unilip.emoji.art.ArtError: the art is not fetched.
    """
    picture = draw_background(scene.background, scene.variant, size)
    scale = size / CANVAS
    for thing in scene.things:
        edge = max(round(thing.size * scale), 1)
        piece = stamp(thing.name, thing.color, edge)
        picture.paste(piece, (round(thing.x * scale - edge / 2), round(thing.y * scale - edge / 2)), piece)
    return apply_style(picture, scene.style)


def combinations(scene: Scene) -> list[str]:
    """The keys under which a scene may be held out, the most exact one first; none for a lone thing in its own
    colours, and none for three or more things that are not all alike."""
    things = scene.things
    if len(things) == 2 and things[0].name != things[1].name:
        a, b = things
        found = relations(a, b)
        exact = pair_key(f"{a.color} {a.name}", f"{b.color} {b.name}", relation(a, b))
        keys = [exact, pair_key(a.name, b.name), *(pair_key(a.name, b.name, name) for name in found)]
        colors = (color_of(a), color_of(b))
        if all(colors):
            keys.append(pair_key(f"{colors[0]} {a.name}", f"{colors[1]} {b.name}"))
        return keys
    if len({thing.name for thing in things}) != 1:
        return []
    name, colors = things[0].name, "-".join(sorted({str(thing.color) for thing in things}))
    if len(things) == 1:
        return [f"{colors} {name}"] if things[0].color else []
    return [f"{len(things)} {colors} {name}", f"{len(things)} {name}"]


def is_held_out(scene: Scene) -> bool:
    """Whether a scene is kept for testing: training never sees its combination."""
    return any_held_out(combinations(scene))


def random_scene(
    rng: np.random.Generator, kind: str | None = None, held_out: bool = False, tidy: bool = False
) -> Scene:
    """A scene of one of SCENE_KINDS (None: by its weight), a function of `rng` alone.

    With `held_out` it is one of those that are kept for testing, else never one of them (see `is_held_out`). A `tidy`
    scene is laid out as by somebody who was told no places (see `tidy_place`), half of the time on white.

    Raises:
        ValueError: an unknown kind, or a held-out scene of a kind that has none.
    """
    if kind is not None and kind not in SCENE_KINDS:
        raise ValueError(f"unknown kind of scene {kind!r}: choose one of {', '.join(SCENE_KINDS)}")
    if held_out and kind in ("single_object", "free"):
        raise ValueError(f"no scene of kind {kind!r} is held out")
    kinds = [kind] if kind else [k for k in SCENE_KINDS if not (held_out and k in ("single_object", "free"))]
    weights = np.array([SCENE_KINDS[k] for k in kinds])
    while True:
        scene = draw(rng, kinds[rng.choice(len(kinds), p=weights / weights.sum())], tidy)
        if is_held_out(scene) == held_out:
            return scene


def draw(rng: np.random.Generator, kind: str, tidy: bool = False) -> Scene:
    """One scene of a kind, held out or not."""
    names = list(OBJECTS)
    if kind in ("single_object", "colors"):
        things = [names[rng.integers(len(names))]]
        colors = [random_color(rng, 1.0 if kind == "colors" else 0.15)]
    elif kind == "counting":
        count = int(rng.integers(2, 5))
        things = [names[rng.integers(len(names))]] * count
        colors = [random_color(rng, 0.45)] * count
    elif kind == "free":
        count = int(rng.integers(3, 5))
        things = [names[i] for i in rng.choice(len(names), count, replace=False)]
        colors = [random_color(rng, 0.55) for _ in things]
        if rng.random() < 0.3:  # two of one kind among others
            things[1], colors[1] = things[0], colors[0]
    else:
        things = [names[i] for i in rng.choice(len(names), 2, replace=False)]
        colors = [random_color(rng, 1.0 if kind == "color_attr" else 0.45) for _ in things]
        if kind == "color_attr" and rng.random() < 0.9:
            while colors[0] == colors[1]:
                colors[1] = random_color(rng, 1.0)
    if tidy:
        placed = tidy_place(things, rng)
    else:
        placed = place(things, rng, alike=kind == "counting", apart=kind == "position")
    placed = [
        Thing(thing.name, color, thing.x, thing.y, thing.size) for thing, color in zip(placed, colors, strict=True)
    ]
    shown = {color_of(thing) for thing in placed}
    background = "white" if tidy and rng.random() < 0.45 else random_background(rng)
    while background.removesuffix(" gradient") in shown and rng.random() < 0.9:
        background = random_background(rng)
    styled = kind in ("single_object", "two_object", "counting", "free") and rng.random() < 0.06
    style = STYLES[rng.integers(1, len(STYLES))] if styled else "normal"
    return Scene(tuple(placed), background, style, int(rng.integers(10_000)))


def random_color(rng: np.random.Generator, chance: float) -> str | None:
    return list(COLORS)[rng.integers(len(COLORS))] if rng.random() < chance else None


def random_background(rng: np.random.Generator) -> str:
    """Plain three times in five, a gradient or a simple ground otherwise."""
    share = rng.random()
    if share < 0.1:
        return "white"
    kinds = ("plain",) if share < 0.6 else ("gradient",) if share < 0.74 else ("ground", "stars", "planks")
    names = [name for name, background in BACKGROUNDS.items() if background.kind in kinds]
    return names[rng.integers(len(names))]


def place(names: list[str], rng: np.random.Generator, alike: bool = False, apart: bool = False) -> list[Thing]:
    """Uncoloured things at free places, mostly without overlap, never far out of the canvas.

    Args:
        alike: about the same size for all.
        apart: two things, one of them clearly left of, right of, above or below the other.
    """
    low, high = SIZES[len(names)]
    overlap = 0.15 if rng.random() < 0.2 else 0.0
    leave = 0.05 if rng.random() < 0.15 else 0.0
    centered = len(names) == 1 and rng.random() < 0.35
    shrink = 1.0
    while True:
        base = rng.uniform(110, 220) if centered else rng.uniform(low, high)
        things: list[Thing] = []
        for name in names:
            size = base * rng.uniform(0.9, 1.1) if alike else base if len(names) == 1 else rng.uniform(low, high)
            size = max(size * shrink, MIN_SIZE)
            spot = free_spot(name, size, things, rng, overlap, leave, centered)
            if spot is None:
                break
            things.append(spot)
        if len(things) == len(names) and (not apart or max(relations(*things).values(), default=0) > 0.75):
            return things
        shrink = max(shrink * 0.97, 0.5)


def tidy_place(names: list[str], rng: np.random.Generator) -> list[Thing]:
    """Uncoloured things of about one size side by side, one above the other, in a triangle or in a square; a lone one
    in the middle, but now and then small, large, or at the border."""
    ways = TIDY_SPOTS[len(names)]
    spots = rng.permutation(ways[rng.integers(len(ways))])
    low, high = TIDY_SIZES[len(names)]
    if len(names) == 1:
        share = rng.random()
        if share < 0.12:
            low, high = (70, 92) if share < 0.06 else (182, 212)
        elif share < 0.24:
            spots, low, high = rng.choice((0.23, 0.5, 0.77), (1, 2)), 92, 108
    things = []
    for name, spot in zip(names, spots, strict=True):
        size = rng.uniform(low, high)
        left, top, right, bottom = box(Thing(name, None, 0, 0, size))
        x, y = spot * CANVAS + rng.uniform(-5, 5, 2) - ((left + right) / 2, (top + bottom) / 2)
        things.append(Thing(name, None, round(x, 1), round(y, 1), round(size, 1)))
    return things


def free_spot(
    name: str, size: float, things: list[Thing], rng: np.random.Generator, overlap: float, leave: float, centered: bool
) -> Thing | None:
    """The named thing where it overlaps no other by more than the share `overlap` of the smaller box's edges and leaves
    the canvas by no more than the share `leave` of its own; None if a few tries find no such place."""
    left, top, right, bottom = box(Thing(name, None, 0, 0, size))
    width, height = right - left, bottom - top
    low_x, high_x = -left - leave * width, CANVAS - right + leave * width
    low_y, high_y = -top - leave * height, CANVAS - bottom + leave * height
    others = [box(thing) for thing in things]
    for _ in range(20):
        x, y = rng.uniform(low_x, high_x), rng.uniform(low_y, high_y)
        if centered:
            x, y = (low_x + high_x) / 2 + rng.normal(0, 6), (low_y + high_y) / 2 + rng.normal(0, 6)
            x, y = min(max(x, low_x), high_x), min(max(y, low_y), high_y)
        for x0, y0, x1, y1 in others:
            across = min(x1, x + right) - max(x0, x + left)
            down = min(y1, y + bottom) - max(y0, y + top)
            if across > overlap * min(width, x1 - x0) and down > overlap * min(height, y1 - y0):
                break
        else:
            return Thing(name, None, round(x, 1), round(y, 1), round(size, 1))
    return None
