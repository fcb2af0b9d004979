"""Edits that fit a picture, from what the model says of it."""

import re

import numpy as np

from unilip.emoji.captions import article, pick, pluralize
from unilip.emoji.vocabulary import COLORS, OBJECTS

SIDES = ("on the left", "on the right")
GROUNDS = {"snow": "snow", "beach": "a beach", "night sky": "the night sky", "grass": "grass", "sunset": "a sunset"}


def names_in(description: str) -> list[str]:
    """The objects that a description names, in its order; of "hot dog" and "dog" the longer one."""
    text, found = description.lower(), {}
    for name in sorted(OBJECTS, key=len, reverse=True):
        for word in (pluralize(name), name):
            for match in re.finditer(rf"\b{re.escape(word)}\b", text):
                found.setdefault(match.start(), name)
                text = text[: match.start()] + "·" * len(word) + text[match.end() :]
    return list(dict.fromkeys(name for _, name in sorted(found.items())))


def suggest(description: str, rng: np.random.Generator) -> list[str]:
    """Four instructions for a picture of that description: recolour or resize, remove or replace, add, and another
    background."""
    there = names_in(description)
    absent = [name for name in OBJECTS if name not in there]
    new = pick(rng, absent)
    words = description.lower()
    ground = pick(rng, [said for name, said in GROUNDS.items() if name not in words])
    suggestions = [f"add {article(new)} {pick(rng, SIDES)}", f"change the background to {ground}"]
    if not there:
        return suggestions
    one, other = pick(rng, there), pick(rng, there)
    color = pick(rng, [color for color in COLORS if color not in words])
    change = f"make the {one} {pick(rng, (color, 'bigger', color))}"
    away = pick(rng, (f"remove the {other}", f"replace the {other} with {article(pick(rng, absent))}"))
    return [change, away, *suggestions]
