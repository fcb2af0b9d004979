"""Questions about kinds of things: animals, vehicles, food, fruit, furniture."""

import numpy as np

from unilip.emoji.asking import Asked, asked
from unilip.emoji.captions import pick
from unilip.emoji.facts import counted, groups, listed
from unilip.emoji.scenes import Scene, Thing
from unilip.emoji.vocabulary import CATEGORIES, NUMBERS

MANY = {"animal": "animals", "vehicle": "vehicles", "food": "food", "fruit": "fruits", "furniture": "furniture"}


def choose(scene: Scene, rng: np.random.Generator, there: float) -> tuple[str, dict[str, tuple[Thing, ...]]]:
    """A category, with this chance one of those shown, and what of it is there, by name."""
    found = groups(scene)
    shown = [category for category, names in CATEGORIES.items() if found.keys() & names]
    category = pick(rng, shown if shown and rng.random() < there else list(CATEGORIES))
    return category, {name: things for name, things in found.items() if name in CATEGORIES[category]}


def what_of_category(scene: Scene, rng: np.random.Generator) -> Asked:
    category, found = choose(scene, rng, 0.8)
    text = pick(rng, ("What {c} {is_} there?", "Which {c} do you see?", "What {c} can you see?", "Name the {c}."))
    text = text.format(c=MANY[category], is_="are" if MANY[category].endswith("s") else "is")
    if category in ("animal", "fruit") and len(found) == 1 and len(*found.values()) == 1:
        text = pick(rng, (text, f"What {category} is it?", f"What kind of {category} is it?", f"Which {category}?"))
    answer = listed([counted(name, len(things)) for name, things in found.items()]) if found else "none"
    topic = next(iter(found.values())) if len(found) == 1 else ()
    return asked("what", text, answer, rng, topic)


def count_of_category(scene: Scene, rng: np.random.Generator) -> Asked | None:
    category, found = choose(scene, rng, 0.9)
    count = sum(map(len, found.values()))
    if category in ("food", "furniture") or count >= len(NUMBERS) or (count == 1 and rng.random() < 0.5):
        return None
    text = pick(rng, ("How many {c} are there?", "How many {c} do you see?", "How many {c}?", "Count the {c}."))
    return asked("count", text.format(c=MANY[category]), NUMBERS[count], rng)


def is_of_category(scene: Scene, rng: np.random.Generator, wanted: bool) -> tuple[str, tuple[Thing, ...]] | None:
    """As the ways of `verdicts.YES_NO_WAYS`."""
    category, found = choose(scene, rng, float(wanted))
    if bool(found) != wanted:
        return None
    ways = ["Is there any {c}?", "Do you see any {c}?", "Any {c}?"]
    if MANY[category].endswith("s"):
        ways = ["Are there any {c}?", "Do you see any {c}?", "Are there {c}?"]
    if category in ("animal", "vehicle"):
        ways += [f"Is there {'an' if category == 'animal' else 'a'} {category}?"]
    return pick(rng, ways).format(c=MANY[category]), ()
