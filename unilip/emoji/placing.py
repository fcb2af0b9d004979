"""What every change of a scene needs: naming one thing or a group, and finding room."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from unilip.emoji.captions import pick, pluralize, shows_color
from unilip.emoji.facts import refer
from unilip.emoji.scenes import CANVAS, MIN_SIZE, Scene, Thing, box, free_spot, relation
from unilip.emoji.vocabulary import COLORS, OBJECTS
from unilip.emoji.wording import another_word, pronoun

MOST = 4  # things in a scene


class Change(NamedTuple):
    """What was asked, without capital or full stop, and the scene after it."""

    text: str
    scene: Scene


# Naming, fitting


def free_to_touch(seen: Scene, now: Scene) -> list[Thing]:
    return [thing for thing in now.things if thing in seen.things]


def name_one(seen: Scene, thing: Thing, rng: np.random.Generator) -> str | None:
    """Words that mean this thing alone: "it", "the cat", "the red cat", "the cat on the left"; None without such."""
    if len(seen.things) == 1 and rng.random() < 0.4:
        return pronoun(thing.name)
    phrase = refer(seen, thing, rng)
    if phrase:
        return phrase
    same = [other for other in seen.things if other.name == thing.name and other != thing]
    for direction, words in (("left of", "left"), ("right of", "right"), ("above", "top"), ("below", "bottom")):
        if all(relation(thing, other) == direction for other in same):
            if words in ("left", "right"):
                return pick(rng, (f"the {thing.name} on the {words}", f"the {words} {thing.name}"))
            return pick(rng, (f"the {thing.name} at the {words}", f"the {words} {thing.name}"))
    return None


def one(seen: Scene, now: Scene, rng: np.random.Generator) -> tuple[Thing, str] | None:
    things = free_to_touch(seen, now)
    thing = pick(rng, things) if things else None
    phrase = thing and name_one(seen, thing, rng)
    return (thing, phrase) if phrase else None


def group(seen: Scene, now: Scene, rng: np.random.Generator) -> tuple[list[Thing], str] | None:
    """All things of a name that stands there more than once, none of them changed before."""
    things = free_to_touch(seen, now)
    names = [thing.name for thing in things]
    names = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if not names:
        return None
    name = pick(rng, names)
    if [t for t in seen.things if t.name == name] != [t for t in now.things if t.name == name]:
        return None
    every = pick(rng, ("the {}", "the {}", "all {}", "all the {}")).format(pluralize(another_word(name, rng)))
    return [thing for thing in things if thing.name == name], every


def with_color(name: str, color: str | None, rng: np.random.Generator) -> str:
    return f"{color} {name}" if color else another_word(name, rng)


def random_object(seen: Scene, now: Scene, rng: np.random.Generator) -> tuple[str, str | None]:
    present = {thing.name for thing in (*seen.things, *now.things)}
    name = pick(rng, [name for name in OBJECTS if name not in present])
    colored = shows_color(now) and rng.random() < 0.4
    return name, pick(rng, visible_colors(now)) if colored else None


def visible_colors(now: Scene) -> list[str]:
    """The colours that stand out from the background."""
    return [color for color in COLORS if color != now.background.removesuffix(" gradient")]


def fits(thing: Thing, others: list[Thing]) -> bool:
    """Whether a thing lies inside the canvas and on no other."""
    x0, y0, x1, y1 = box(thing)
    if min(x0, y0) < 0 or max(x1, y1) > CANVAS:
        return False
    for left, top, right, bottom in map(box, others):
        if min(x1, right) > max(x0, left) and min(y1, bottom) > max(y0, top):
            return False
    return True


def inside(thing: Thing, margin: float = 0.0) -> Thing:
    """The thing, shifted as little as it takes to lie inside the canvas."""
    x0, y0, x1, y1 = box(thing)
    x = thing.x + max(margin - x0, 0) - max(x1 - CANVAS + margin, 0)
    y = thing.y + max(margin - y0, 0) - max(y1 - CANVAS + margin, 0)
    return replace(thing, x=round(x, 1), y=round(y, 1))


def rest(scene: Scene, thing: Thing) -> list[Thing]:
    return [other for other in scene.things if other != thing]


def put(scene: Scene, old: Thing, new: Thing) -> Scene:
    return replace(scene, things=tuple(new if thing == old else thing for thing in scene.things))


def corner(thing: Thing) -> str | None:
    """The side or corner in which a thing plainly lies."""
    across = "left" if thing.x < 0.36 * CANVAS else "right" if thing.x > 0.64 * CANVAS else ""
    down = "top" if thing.y < 0.36 * CANVAS else "bottom" if thing.y > 0.64 * CANVAS else ""
    if across and down:
        return f"in the {down} {across}"
    return f"on the {across}" if across else f"at the {down}" if down else None


def spot(now: Scene, name: str, color: str | None, rng: np.random.Generator, size: float | None = None) -> Thing | None:
    """A new thing at a free place, about as large as the others where there is room, else smaller."""
    if len(now.things) >= MOST:
        return None
    usual = np.mean([thing.size for thing in now.things]) if now.things else 130.0
    for shrink in (1.0, 0.85, 0.7, 0.6):
        wanted = max((size or min(usual * rng.uniform(0.85, 1.15), 150.0)) * shrink, MIN_SIZE)
        new = free_spot(name, wanted, list(now.things), rng, 0.0, 0.0, False)
        if new:
            return replace(new, color=color)
    return None
