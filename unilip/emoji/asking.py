"""Ways to ask what, which colour, how many, where, and for a description; each gives None where it cannot be asked."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from unilip.emoji.captions import PLURAL_NOUNS, describe, pick, pluralize, shows_color
from unilip.emoji.facts import (
    ACROSS,
    SIDES,
    SPOKEN,
    TO,
    absent,
    beyond,
    color_of,
    counted,
    groups,
    listed,
    place,
    refer,
)
from unilip.emoji.scenes import CANVAS, Scene, Thing, relation
from unilip.emoji.vocabulary import BACKGROUNDS, NUMBERS
from unilip.emoji.wording import another_word, be, indefinite, typed

PICTURE = ("picture", "image", "photo", "pic")


@dataclass(frozen=True)
class Question:
    """A question about a picture and its right answer; `kind` is one of KINDS."""

    kind: str
    question: str
    answer: str


class Asked(NamedTuple):
    """A question and the things that "it" or "they" means in the next one (none where that is unclear)."""

    question: Question
    topic: tuple[Thing, ...]


def asked(kind: str, text: str, answer: str, rng: np.random.Generator, topic: tuple[Thing, ...] = ()) -> Asked:
    return Asked(Question(kind, typed(text, rng), answer[0].upper() + answer[1:] + "."), topic)


def what_all(scene: Scene, rng: np.random.Generator) -> Asked:
    found = groups(scene)
    answer = listed([counted(name, len(things)) for name, things in found.items()]) if found else "nothing"
    topic = next(iter(found.values())) if len(found) == 1 else ()
    text = pick(
        rng,
        (
            "What is in the {p}?",
            "What's in the {p}?",
            "What is in this {p}?",
            "Whats in the {p}",
            "What do you see?",
            "What can you see in the {p}?",
            "What does the {p} show?",
            "Which objects are in the {p}?",
            "What objects do you see?",
            "What objects are there?",
            "Name the objects.",
            "List all objects.",
            "List the objects in the {p}.",
            "List everything in the {p}.",
            "What is this?",
            "What can you see here?",
            "What is here?",
            "What is there?",
            "What is it?",
        ),
    )
    return asked("what", text.format(p=pick(rng, PICTURE)), answer, rng, topic)


def what_side(scene: Scene, rng: np.random.Generator) -> Asked | None:
    for direction in rng.permutation(list(ACROSS)):
        for thing in scene.things:
            others = [other for other in scene.things if other is not thing]
            half = (thing.x - CANVAS / 2) * ACROSS[direction][0] + (thing.y - CANVAS / 2) * ACROSS[direction][1]
            if others and half > 15 and all(relation(thing, other) == direction for other in others):
                text = pick(
                    rng,
                    ("What is {s}?", "What's {s}?", "Which object is {s}?", "What object do you see {s}?", "Whats {s}"),
                )
                return asked("what", text.format(s=SIDES[direction]), indefinite(thing.name), rng, (thing,))
    return None


def what_relative(scene: Scene, rng: np.random.Generator) -> Asked | None:
    if len(scene.things) < 2:
        return None
    anchor = pick(rng, scene.things)
    phrase = refer(scene, anchor, rng)
    for direction in rng.permutation(list(ACROSS)):
        there = [t for t in scene.things if t is not anchor and relation(t, anchor) == direction]
        rest = [t for t in scene.things if t is not anchor and t not in there]
        if phrase and len(there) == 1 and all(beyond(direction, other, anchor) < 10 for other in rest):
            text = pick(
                rng, ("What is {d} {o}?", "What's {d} {o}?", "Which object is {d} {o}?", "What do you see {d} {o}?")
            )
            text = text.format(d=pick(rng, SPOKEN[direction]), o=phrase)
            return asked("what", text, indefinite(there[0].name), rng, (there[0],))
    return None


def what_beside(scene: Scene, rng: np.random.Generator) -> Asked | None:
    """Of two things either is beside the other; of more, only what alone stands to the left or right is asked about."""
    anchor = pick(rng, scene.things) if len(scene.things) > 1 else None
    phrase = anchor and refer(scene, anchor, rng)
    if not phrase:
        return None
    others = [thing for thing in scene.things if thing is not anchor]
    there = others
    if len(others) > 1:
        sides = [relation(thing, anchor) for thing in others]
        there = [thing for thing, side in zip(others, sides, strict=True) if side in ("left of", "right of")]
        if len(there) != 1 or None in sides:
            return None
    text = pick(rng, ("What is {n} {o}?", "What's {n} {o}?", "Which object is {n} {o}?", "What do you see {n} {o}?"))
    text = text.format(n=pick(rng, ("next to", "beside", "next to", "by")), o=phrase)
    return asked("what", text, indefinite(there[0].name), rng, (there[0],))


def what_colored(scene: Scene, rng: np.random.Generator) -> Asked | None:
    colors = [color_of(scene, thing) for thing in scene.things]
    alone = [thing for thing, color in zip(scene.things, colors, strict=True) if colors.count(color) == 1]
    if not alone or None in colors:
        return None
    thing = pick(rng, alone)
    text = pick(
        rng, ("What is the {c} thing?", "Which object is {c}?", "What object is {c}?", "What is the {c} object?")
    )
    return asked("what", text.format(c=color_of(scene, thing)), indefinite(thing.name), rng, (thing,))


def what_background(scene: Scene, rng: np.random.Generator) -> Asked | None:
    if BACKGROUNDS[scene.background].kind in ("plain", "gradient") and scene.background != "sky":
        return None
    text = pick(
        rng, ("What is in the background?", "What is the background?", "What's behind?", "What background is it?")
    )
    return asked("what", text, scene.background, rng)


# Color


def colored_one(scene: Scene, rng: np.random.Generator) -> tuple[Thing, str] | None:
    """A thing of a known colour and a phrase for it that does not name the colour."""
    known = [thing for thing in scene.things if color_of(scene, thing)]
    thing = pick(rng, known) if known else None
    phrase = thing and refer(scene, thing, rng, by_color=False)
    return (thing, phrase) if phrase else None


def color_one(scene: Scene, rng: np.random.Generator) -> Asked | None:
    found = colored_one(scene, rng)
    if not found:
        return None
    thing, phrase = found
    text = pick(
        rng,
        (
            "What color {is_} {o}?",
            "What is the color of {o}?",
            "What's the color of {o}?",
            "Which color {is_} {o}?",
            "Which color does {o} have?",
            "What color does {o} have?",
            "Tell me the color of {o}.",
            "Color of {o}?",
            "{o}: what color?",
        ),
    )
    return asked("color", text.format(is_=be(thing.name), o=phrase), color_of(scene, thing), rng, (thing,))


def color_group(scene: Scene, rng: np.random.Generator) -> Asked | None:
    several = [things for things in groups(scene).values() if len(things) > 1]
    things = pick(rng, several) if several else ()
    colors = [color_of(scene, thing) for thing in things]
    if not things or None in colors:
        return None
    text = pick(rng, ("What color are the {o}?", "What colors are the {o}?", "Which color do the {o} have?"))
    name = pluralize(another_word(things[0].name, rng))
    return asked("color", text.format(o=name), listed(list(dict.fromkeys(colors))), rng, things)


def color_background(scene: Scene, rng: np.random.Generator) -> Asked | None:
    background = BACKGROUNDS[scene.background]
    if not shows_color(scene) or background.kind not in ("plain", "gradient") or scene.background == "sky":
        return None
    text = pick(
        rng,
        (
            "What color is the background?",
            "What is the color of the background?",
            "What's the background color?",
            "Which color does the background have?",
            "Background color?",
        ),
    )
    return asked("color", text, scene.background.removesuffix(" gradient"), rng)


# Count


def count_objects(scene: Scene, rng: np.random.Generator) -> Asked | None:
    found = groups(scene)
    names = [name for name, things in found.items() if len(things) < len(NUMBERS)]
    crowds = [name for name in names if len(found[name]) > 1]
    if not names or rng.random() < 0.15:
        name = absent(scene, rng)
    else:
        name = pick(rng, crowds if crowds and rng.random() < 0.6 else names)
        if name not in crowds and rng.random() < 0.5:  # else nearly every answer were "one"
            return None
    text = pick(
        rng,
        (
            "How many {o} are there?",
            "How many {o} are in the {p}?",
            "How many {o} do you see?",
            "How many {o} can you count?",
            "How many {o}?",
            "How many {o} r there",
            "Count the {o}.",
            "What is the number of {o}?",
        ),
    )
    noun = f"pairs of {name}" if name in PLURAL_NOUNS else pluralize(another_word(name, rng))
    things = found.get(name, ())
    return asked("count", text.format(o=noun, p=pick(rng, PICTURE)), NUMBERS[len(things)], rng, things)


def count_all(scene: Scene, rng: np.random.Generator) -> Asked | None:
    if len(scene.things) >= len(NUMBERS):
        return None
    text = pick(
        rng,
        (
            "How many objects are there?",
            "How many things do you see?",
            "How many objects are in the {p}?",
            "How many things are there in total?",
            "How many objects are there altogether?",
            "Count the objects.",
        ),
    )
    return asked("count", text.format(p=pick(rng, PICTURE)), NUMBERS[len(scene.things)], rng)


# Where


def where_place(scene: Scene, rng: np.random.Generator) -> Asked | None:
    known = [thing for thing in scene.things if place(thing)]
    thing = pick(rng, known) if known else None
    phrase = thing and refer(scene, thing, rng)
    if not phrase:
        return None
    text = pick(
        rng,
        (
            "Where {is_} {o}?",
            "Where {is_} {o} in the {p}?",
            "Where do you see {o}?",
            "In which part of the {p} {is_} {o}?",
            "Where can I find {o}?",
        ),
    )
    return asked("where", text.format(is_=be(thing.name), o=phrase, p=pick(rng, PICTURE)), place(thing), rng, (thing,))


def where_relation(scene: Scene, rng: np.random.Generator) -> Asked | None:
    if len(scene.things) < 2:
        return None
    first, second = (scene.things[index] for index in rng.permutation(len(scene.things))[:2])
    direction = relation(first, second)
    one, other = refer(scene, first, rng), refer(scene, second, rng)
    if not direction or not one or not other:
        return None
    text = pick(
        rng,
        (
            "Where {is_} {a} relative to {b}?",
            "Where {is_} {a} compared to {b}?",
            "On which side of {b} {is_} {a}?",
            "How {is_} {a} placed relative to {b}?",
            "Where {is_} {a}, seen from {b}?",
        ),
    )
    exact = [
        f"the {color_of(scene, thing)} {thing.name}" if first.name == second.name else f"the {thing.name}"
        for thing in (first, second)
    ]
    answer = f"{exact[0]} {be(first.name)} {TO[direction]} {exact[1]}"
    return asked("where", text.format(is_=be(first.name), a=one, b=other), answer, rng, (first,))


def describe_all(scene: Scene, rng: np.random.Generator) -> Asked:
    text = pick(
        rng,
        (
            "Describe the {p}.",
            "Describe this {p}.",
            "Please describe the {p}.",
            "Can you describe the {p}?",
            "What does the {p} look like?",
            "Caption this {p}.",
            "Give me a caption for the {p}.",
            "Tell me about the {p}.",
            "Tell me more.",
            "Tell me more about the {p}.",
            "What is happening in the {p}?",
        ),
    )
    topic = scene.things if len(groups(scene)) == 1 else ()
    return Asked(Question("describe", typed(text.format(p=pick(rng, PICTURE)), rng), describe(scene)), topic)
