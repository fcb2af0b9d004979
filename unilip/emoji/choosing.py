"""Questions that leave a choice: this or that colour, side or thing, and which of them is bigger."""

import numpy as np

from unilip.emoji.asking import Asked, asked, colored_one
from unilip.emoji.captions import PLURAL_NOUNS, pick
from unilip.emoji.facts import ACROSS, SIDES, TO, absent, color_of, groups, refer
from unilip.emoji.scenes import CANVAS, Scene, Thing, box, relation
from unilip.emoji.vocabulary import COLORS
from unilip.emoji.wording import another_word, be, indefinite

PLAINLY = 1.3  # times as long and as high together: what is nearly as big is not asked about
OPPOSITES = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}


def in_any_order(first: str, second: str, rng: np.random.Generator) -> tuple[str, str]:
    return (first, second) if rng.random() < 0.5 else (second, first)


def color_choice(scene: Scene, rng: np.random.Generator) -> Asked | None:
    found = colored_one(scene, rng)
    if not found:
        return None
    thing, phrase = found
    color = color_of(scene, thing)
    one, other = in_any_order(color, pick(rng, [other for other in COLORS if other != color]), rng)
    text = pick(rng, ("{Is} {o} {a} or {b}?", "{Is} {o} {a} or {b}?", "{A} or {b}: what color {is_} {o}?"))
    is_ = be(thing.name)
    text = text.format(Is=is_.capitalize(), is_=is_, o=phrase, a=one, A=one.capitalize(), b=other)
    return asked("color", text, color, rng, (thing,))


def side_choice(scene: Scene, rng: np.random.Generator) -> Asked | None:
    thing = pick(rng, scene.things) if scene.things else None
    phrase = thing and refer(scene, thing, rng)
    if not phrase:
        return None
    far = [
        direction
        for direction, (across, down) in ACROSS.items()
        if (thing.x - CANVAS / 2) * across + (thing.y - CANVAS / 2) * down > CANVAS / 8
    ]
    if not far:
        return None
    direction = pick(rng, far)
    one, other = in_any_order(SIDES[direction], SIDES[OPPOSITES[direction]], rng)
    text = pick(rng, ("{Is} {o} {a} or {b}?", "{Is} {o} {a} or {c}?", "Where {is_} {o}, {a} or {b}?"))
    is_ = be(thing.name)
    text = text.format(Is=is_.capitalize(), is_=is_, o=phrase, a=one, b=other, c=other.removeprefix("on the "))
    return asked("where", text, SIDES[direction], rng, (thing,))


def relation_choice(scene: Scene, rng: np.random.Generator) -> Asked | None:
    if len(scene.things) < 2:
        return None
    first, second = (scene.things[index] for index in rng.permutation(len(scene.things))[:2])
    direction = relation(first, second)
    one, other = refer(scene, first, rng), refer(scene, second, rng)
    if not direction or not one or not other or first.name == second.name:
        return None
    a, b = in_any_order(direction, OPPOSITES[direction], rng)
    text = f"{be(first.name).capitalize()} {one} {a.removesuffix(' of')} or {b} {other}?"
    return asked("where", text, f"the {first.name} {be(first.name)} {TO[direction]} the {second.name}", rng, (first,))


def thing_choice(scene: Scene, rng: np.random.Generator) -> Asked | None:
    found = groups(scene)
    alone = [name for name, things in found.items() if len(things) == 1]
    if not alone:
        return None
    name = pick(rng, alone)
    one, other = in_any_order(*(indefinite(another_word(word, rng)) for word in (name, absent(scene, rng))), rng)
    ways = ["Is there {a} or {b}?", "Do you see {a} or {b}?", "Is there {a} or {b} in the picture?"]
    if len(scene.things) == 1:
        ways += ["Is it {a} or {b}?", "Is this {a} or {b}?"]
    return asked("what", pick(rng, ways).format(a=one, b=other), indefinite(name), rng, found[name])


def extent(thing: Thing) -> float:
    """The width and height of a thing together, pixels."""
    left, top, right, bottom = box(thing)
    return right - left + bottom - top


def biggest(scene: Scene, rng: np.random.Generator) -> Asked | None:
    """The biggest or smallest of all things, or of two."""
    if len(scene.things) < 2:
        return None
    bigger = bool(rng.random() < 0.5)
    order = sorted(scene.things, key=extent, reverse=bigger)
    if rng.random() < 0.6:
        first, second = sorted((pick(rng, order), pick(rng, order)), key=extent, reverse=bigger)
    else:
        first, second = order[:2]
    alone = len(groups(scene)[first.name]) == 1 and first.name not in PLURAL_NOUNS
    if not alone or not differ(first, second):
        return None
    if (first, second) == tuple(order[:2]) and rng.random() < 0.5:
        words = ("biggest", "largest") if bigger else ("smallest", "smallest")
        text = pick(rng, ("What is the {w} object?", "Which object is the {w}?", "What is the {w} thing?"))
        if len(scene.things) == 2 and rng.random() < 0.4:
            words = ("bigger", "larger") if bigger else ("smaller", "smaller")
            text = pick(rng, ("Which one is {w}?", "Which is {w}?", "What is {w}?", "Which object is {w}?"))
        return asked("what", text.format(w=pick(rng, words)), indefinite(first.name), rng, (first,))
    phrases = [refer(scene, thing, rng) for thing in (first, second)]
    if None in phrases:
        return None
    word = pick(rng, ("bigger", "larger", "bigger")) if bigger else "smaller"
    one, other = in_any_order(*phrases, rng)
    text = pick(rng, ("Which is {w}, {a} or {b}?", "What is {w}, {a} or {b}?", "Is {a} or {b} {w}?"))
    return asked("what", text.format(w=word, a=one, b=other), indefinite(first.name), rng, (first,))


def is_bigger(scene: Scene, rng: np.random.Generator, wanted: bool) -> tuple[str, tuple[Thing, ...]] | None:
    """As the ways of `verdicts.YES_NO_WAYS`."""
    if len(scene.things) < 2:
        return None
    first, second = (scene.things[index] for index in rng.permutation(len(scene.things))[:2])
    one, other = refer(scene, first, rng), refer(scene, second, rng)
    if not one or not other or not differ(first, second):
        return None
    grown = (extent(first) > extent(second)) == wanted
    word = pick(rng, ("bigger", "larger", "bigger")) if grown else "smaller"
    return f"{be(first.name).capitalize()} {one} {word} than {other}?", (first,)


def differ(one: Thing, other: Thing) -> bool:
    """Whether it is plain which of two is bigger."""
    small, big = sorted((extent(one), extent(other)))
    return big > PLAINLY * small
