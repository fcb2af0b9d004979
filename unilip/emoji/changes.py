"""Ways to change a scene, each with the words that ask for it; each gives None where the scene does not allow it.

A way takes the scene that the visitor sees (`seen`, by which things are named) and the scene to change (`now`): they
differ only inside a composed edit, where one change has already been made. It touches only things that both hold.
"""

from dataclasses import replace

import numpy as np

from unilip.emoji.captions import PLURAL_NOUNS, pick, pluralize, shows_color
from unilip.emoji.facts import ACROSS, SPOKEN, color_of, refer
from unilip.emoji.placing import (
    Change,
    corner,
    fits,
    free_to_touch,
    group,
    inside,
    name_one,
    one,
    put,
    random_object,
    rest,
    spot,
    visible_colors,
    with_color,
)
from unilip.emoji.scenes import CANVAS, MIN_SIZE, Scene, Thing, box, relation, relations
from unilip.emoji.vocabulary import BACKGROUNDS, STYLES
from unilip.emoji.wording import another_word, indefinite, pronoun

MARGIN = 8.0  # between a moved thing and the border or another thing, in pixels
CORNERS = {
    "to the left": (-1, None),
    "to the right": (1, None),
    "to the top": (None, -1),
    "to the bottom": (None, 1),
    "to the top left": (-1, -1),
    "to the top right": (1, -1),
    "to the bottom left": (-1, 1),
    "to the bottom right": (1, 1),
    "to the center": (0, 0),
    "to the middle": (0, 0),
    "up": (None, -1),
    "down": (None, 1),
    "left": (-1, None),
    "right": (1, None),
}
STYLE_REQUESTS = {
    "grayscale": (
        "make it black and white",
        "black and white",
        "turn it into grayscale",
        "convert it to grayscale",
        "make the picture black and white",
        "remove all colors",
    ),
    "sepia": ("make it sepia", "sepia tone", "make it look like an old photo", "turn it into a sepia photo"),
    "sketch": ("turn it into a sketch", "make it a pencil sketch", "sketch style", "turn this into a pencil drawing"),
    "pixel art": ("make it pixel art", "turn it into pixel art", "pixelate it", "pixel art style"),
    "negative": ("invert the colors", "make it a negative", "turn it into a negative", "invert the picture"),
    "poster": ("posterize it", "make it a poster", "poster style", "turn it into a poster"),
    "watercolor": ("make it a watercolor", "turn it into a watercolor painting", "watercolor style"),
}


def add_somewhere(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    name, color = random_object(seen, now, rng)
    new = spot(now, name, color, rng)
    if not new:
        return None
    thing = indefinite(with_color(name, color, rng))
    draw = rng.random()
    if draw < 0.35:
        text = pick(rng, ("add {o}", "add {o} to the picture", "put {o} in the picture", "insert {o}", "draw {o} too"))
        return Change(text.format(o=thing), replace(now, things=(*now.things, new)))
    if draw < 0.65:
        anchors = [t for t in free_to_touch(seen, now) if max(relations(new, t).values(), default=0) > 0.7]
        anchor = pick(rng, anchors) if anchors else None
        phrase = anchor and refer(seen, anchor, rng)
        if not phrase:
            return None
        text = pick(rng, ("add {o} {d} {a}", "put {o} {d} {a}", "place {o} {d} {a}", "draw {o} {d} {a}"))
        text = text.format(o=thing, d=pick(rng, SPOKEN[relation(new, anchor)]), a=phrase)
        return Change(text, replace(now, things=(*now.things, new)))
    part = corner(new)
    if not part:
        return None
    text = pick(rng, ("add {o} {p}", "put {o} {p}", "place {o} {p}", "add {o} {p} of the picture")).format(
        o=thing, p=part
    )
    return Change(text, replace(now, things=(*now.things, new)))


def add_another(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    things = free_to_touch(seen, now)
    old = pick(rng, things) if things else None
    same = [thing for thing in now.things if old and thing.name == old.name]
    if not old or len({thing.color for thing in same}) > 1 or old.name in PLURAL_NOUNS:
        return None
    new = spot(now, old.name, old.color, rng, old.size)
    if not new:
        return None
    text = pick(rng, ("add another {o}", "add one more {o}", "put another {o} in the picture", "draw one more {o}"))
    return Change(text.format(o=another_word(old.name, rng)), replace(now, things=(*now.things, new)))


def add_two(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    name, color = random_object(seen, now, rng)
    first = spot(now, name, color, rng)
    if not first or name in PLURAL_NOUNS:
        return None
    between = replace(now, things=(*now.things, first))
    second = spot(between, name, color, rng, first.size)
    if not second or second.size != first.size:
        return None
    phrase = (
        pluralize(f"{color} {name}" if color else another_word(name, rng))
        if not color
        else f"{color} {pluralize(name)}"
    )
    text = pick(rng, ("add two {o}", "put two {o} in the picture", "draw two {o}")).format(o=phrase)
    return Change(text, replace(between, things=(*between.things, second)))


# Remove

REMOVALS = ("remove {o}", "delete {o}", "get rid of {o}", "take away {o}", "erase {o}", "take {o} out", "remove {o}")


def remove_one(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    found = one(seen, now, rng)
    if not found:
        return None
    return Change(pick(rng, REMOVALS).format(o=found[1]), replace(now, things=tuple(rest(now, found[0]))))


def remove_group(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    found = group(seen, now, rng)
    if not found:
        return None
    left = tuple(thing for thing in now.things if thing not in found[0])
    return Change(pick(rng, REMOVALS).format(o=found[1]), replace(now, things=left))


def remove_any(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    found = group(seen, now, rng)
    if not found or found[0][0].name in PLURAL_NOUNS:
        return None
    # Which one is left open by the words: the rightmost, so that the same words ask for the same every time.
    thing = max(found[0], key=lambda thing: thing.x)
    noun = another_word(thing.name, rng)
    phrase = pick(rng, (f"one {noun}", f"one of the {pluralize(noun)}"))
    return Change(pick(rng, REMOVALS).format(o=phrase), replace(now, things=tuple(rest(now, thing))))


# Replace


def replace_one(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    found = one(seen, now, rng)
    if not found:
        return None
    thing, phrase = found
    name, color = random_object(seen, now, rng)
    new = Thing(name, color, thing.x, thing.y, thing.size)
    text = pick(
        rng,
        (
            "replace {a} with {b}",
            "replace {a} by {b}",
            "swap {a} for {b}",
            "turn {a} into {b}",
            "change {a} to {b}",
            "change {a} into {b}",
            "put {b} where {a} is",
            "make {a} {b}",
        ),
    )
    if phrase in ("it", "them") and "where" in text:
        text = "replace {a} with {b}"
    return Change(text.format(a=phrase, b=indefinite(with_color(name, color, rng))), put(now, thing, new))


# Adjust

PAINTING = (
    "make {o} {c}",
    "make {o} {c}",
    "paint {o} {c}",
    "color {o} {c}",
    "turn {o} {c}",
    "change the color of {o} to {c}",
    "change {o} to {c}",
    "i want {o} to be {c}",
)


def recolor(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    several = group(seen, now, rng) if rng.random() < 0.4 else None
    single = None if several else one(seen, now, rng)
    if not shows_color(now) or not (several or single):
        return None
    things, phrase = several or ([single[0]], single[1])
    taken = {color_of(now, thing) for thing in things}
    color = pick(rng, [color for color in visible_colors(now) if color not in taken])
    changed = tuple(replace(thing, color=color) if thing in things else thing for thing in now.things)
    text = pick(rng, PAINTING)
    if phrase in ("it", "them"):
        text = pick(rng, PAINTING[:5])
    return Change(text.format(o=phrase, c=color), replace(now, things=changed))


def resize(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    found = one(seen, now, rng)
    if not found:
        return None
    thing, phrase = found
    grow = bool(rng.random() < 0.5)
    new = inside(replace(thing, size=round(thing.size * (1.45 if grow else 0.65), 1)))
    if new.size < MIN_SIZE or not fits(new, rest(now, thing)):
        return None
    words = ("bigger", "larger", "bigger") if grow else ("smaller", "smaller", "tinier")
    verb = "enlarge" if grow else "shrink"
    text = pick(rng, (f"make {{o}} {pick(rng, words)}", f"make {{o}} {pick(rng, words)}", f"{verb} {{o}}"))
    return Change(text.format(o=phrase), put(now, thing, new))


# Background, style, extract


def rebackground(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    if not shows_color(now) or now.background != seen.background:
        return None
    scenic = [name for name, spec in BACKGROUNDS.items() if spec.kind not in ("plain", "gradient") or name == "sky"]
    plain = [name for name in BACKGROUNDS if name not in scenic]
    hiding = {color_of(now, thing) for thing in now.things}
    choice = [name for name in (plain if rng.random() < 0.6 else scenic) if name != seen.background]
    name = pick(rng, [name for name in choice if name.removesuffix(" gradient") not in hiding])
    ways = [
        "change the background to {n}",
        "change background to {n}",
        "replace the background with {a}",
        "background: {n}",
    ]
    if name in plain:
        ways += [
            "make the background {n}",
            "i want a {n} background",
            "use {a} background",
            "put {o} on {a} background",
        ]
        if name.endswith(" gradient"):
            ways = ["change the background to {a}", "make the background {a}", "use {a} as background"]
    else:
        ways += ["use {a} background", "put {o} {p}", "put {o} {p}", "set the background to {n}"]
    way = pick(rng, ways)
    phrases = [phrase for phrase in BACKGROUNDS[name].phrases if not phrase.startswith("with ")]
    what = "everything"
    if len(seen.things) == 1 and seen == now:
        what = pick(rng, (pronoun(seen.things[0].name), f"the {seen.things[0].name}"))
    bare = way == "replace the background with {a}" and name in plain
    kind_of = f"{name} one" if bare and not name.endswith("gradient") else name
    kind_of = kind_of if name in ("grass", "snow") and "{a} background" not in way else indefinite(kind_of)
    text = way.format(n=name, a=kind_of, o=what, p=pick(rng, phrases)).replace("a orange", "an orange")
    return Change(text, replace(now, background=name))


def restyle(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    if now.style != "normal":
        return None
    style = pick(rng, [style for style in STYLES if style in STYLE_REQUESTS])
    return Change(pick(rng, STYLE_REQUESTS[style]), replace(now, style=style))


def extract(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    found = one(seen, now, rng)
    if not found or now.style != "normal" or (len(now.things) == 1 and now.background == "white"):
        return None
    thing, phrase = found
    text = pick(
        rng,
        (
            "cut out {o}",
            "cut {o} out",
            "keep only {o}",
            "extract {o}",
            "isolate {o}",
            "extract {o} on a white background",
            "show only {o} on white",
            "only keep {o} on a white background",
            "remove everything except {o}",
        ),
    )
    if phrase in ("it", "them") and text == "cut out {o}":
        text = "cut {o} out"
    return Change(text.format(o=phrase), Scene((thing,), "white", "normal"))


# Action


def move(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    found = one(seen, now, rng)
    if not found:
        return None
    thing, phrase = found
    where = pick(rng, list(CORNERS))
    x0, y0, x1, y1 = box(thing)
    x, y = thing.x, thing.y
    across, down = CORNERS[where]
    if across is not None:
        x += {-1: MARGIN - x0, 0: (CANVAS - x0 - x1) / 2, 1: CANVAS - MARGIN - x1}[across]
    if down is not None:
        y += {-1: MARGIN - y0, 0: (CANVAS - y0 - y1) / 2, 1: CANVAS - MARGIN - y1}[down]
    new = replace(thing, x=round(x, 1), y=round(y, 1))
    if abs(x - thing.x) + abs(y - thing.y) < 40 or not fits(new, rest(now, thing)):
        return None
    verbs = ("move {o} {w}", "move {o} {w}", "shift {o} {w}", "put {o} {w}", "bring {o} {w}")
    text = pick(rng, verbs[:3] if where in ("up", "down", "left", "right") else verbs)
    if text.startswith("put"):
        where = where.replace("to the", "at the" if where.endswith(("top", "bottom")) else "in the")
        where = where.replace("in the left", "on the left").replace("in the right", "on the right")
    return Change(text.format(o=phrase, w=where), put(now, thing, new))


def move_beside(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    things = free_to_touch(seen, now)
    if len(things) < 2:
        return None
    thing, anchor = (things[index] for index in rng.permutation(len(things))[:2])
    phrase, beside = name_one(seen, thing, rng), refer(seen, anchor, rng)
    direction = str(pick(rng, list(ACROSS)))
    if not phrase or not beside or relation(thing, anchor) == direction:
        return None
    x0, y0, x1, y1 = box(thing)
    left, top, right, bottom = box(anchor)
    x = {"left of": left - MARGIN - x1, "right of": right + MARGIN - x0}.get(direction, (left + right - x0 - x1) / 2)
    y = {"above": top - MARGIN - y1, "below": bottom + MARGIN - y0}.get(direction, (top + bottom - y0 - y1) / 2)
    new = replace(thing, x=round(thing.x + x, 1), y=round(thing.y + y, 1))
    if not fits(new, rest(now, thing)):
        return None
    text = pick(rng, ("move {o} {d} {a}", "put {o} {d} {a}", "place {o} {d} {a}"))
    words = pick(rng, SPOKEN[direction])
    if text.startswith("move") and direction in ("left of", "right of"):
        words = f"to the {direction}"
    return Change(text.format(o=phrase, d=words, a=beside), put(now, thing, new))


def swap(seen: Scene, now: Scene, rng: np.random.Generator) -> Change | None:
    things = free_to_touch(seen, now)
    if len(things) < 2:
        return None
    first, second = (things[index] for index in rng.permutation(len(things))[:2])
    a, b = name_one(seen, first, rng), name_one(seen, second, rng)
    if not a or not b or (first.name, first.color) == (second.name, second.color):
        return None
    new_first = inside(replace(first, x=second.x, y=second.y))
    new_second = inside(replace(second, x=first.x, y=first.y))
    others = [thing for thing in now.things if thing not in (first, second)]
    if not fits(new_first, [*others, new_second]) or not fits(new_second, others):
        return None
    text = pick(
        rng,
        ("swap {a} and {b}", "switch {a} and {b}", "let {a} and {b} change places", "swap the places of {a} and {b}"),
    )
    return Change(text.format(a=a, b=b), put(put(now, first, new_first), second, new_second))
