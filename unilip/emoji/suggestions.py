"""Edits that fit a picture, from what the model says of it."""

import numpy as np

from unilip.emoji.captions import pick, pluralize
from unilip.emoji.vocabulary import COLORS, OBJECTS
from unilip.emoji.wording import indefinite, mentions

SIDES = ("on the left", "on the right")
GROUNDS = {"snow": "snow", "beach": "a beach", "night sky": "the night sky", "grass": "grass", "sunset": "a sunset"}


def named_in(description: str) -> dict[str, str]:
    """The objects that a description names, in its order, each with the words for all of it: "apple" with "apples"
    where there are several."""
    found = {mention.name: mention for mention in reversed(mentions(description))}
    return {name: pluralize(name) if mention.plural else name for name, mention in reversed(found.items())}


def suggest(description: str, rng: np.random.Generator) -> list[str]:
    """Four instructions for a picture of that description: recolour or resize, remove or replace, add, and another
    background."""
    there = named_in(description)
    absent = [name for name in OBJECTS if name not in there]
    new = pick(rng, absent)
    words = description.lower()
    ground = pick(rng, [said for name, said in GROUNDS.items() if name not in words])
    suggestions = [f"add {indefinite(new)} {pick(rng, SIDES)}", f"change the background to {ground}"]
    if not there:
        return suggestions
    one, other = pick(rng, [*there.values()]), pick(rng, [*there.values()])
    color = pick(rng, [color for color in COLORS if color not in words])
    change = f"make the {one} {pick(rng, (color, 'bigger', color))}"
    away = pick(rng, (f"remove the {other}", f"replace the {other} with {indefinite(pick(rng, absent))}"))
    return [change, away, *suggestions]
