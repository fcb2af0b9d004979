"""Captions of scenes in many phrasings, their canonical description, and the noun phrases that both are made of.

A caption is true of its scene but may leave things out: colours of natural objects, relations, the background.
"""

from collections.abc import Callable

import numpy as np

from unilip.emoji.held_out import OPPOSITE, is_held_out_prompt
from unilip.emoji.phrasings import RELATION_WORDS, REQUESTS, SENTENCES, SPOTS, STYLE_WORDS
from unilip.emoji.scenes import CANVAS, Scene, Thing, color_of, relation, relations
from unilip.emoji.vocabulary import (
    BACKGROUNDS,
    COLOR_SYNONYMS,
    COLORS,
    NATURAL_COLORS,
    NUMBERS,
    OBJECTS,
    PLURALS,
    SYNONYMS,
)

# Ways to caption: GenEval's prompts, whole sentences, requests to a painter, and a few hurried words.
CAPTION_STYLES: dict[str, float] = {"geneval": 0.3, "sentence": 0.3, "request": 0.22, "terse": 0.18}
COLORLESS_STYLES = ("grayscale", "sepia", "sketch", "negative")  # colours do not show as they are named
PLURAL_NOUNS = ("scissors", "skis")  # the name of one is a plural


def pluralize(word: str) -> str:
    """The plural of an object's name or synonym."""
    if word in PLURALS:
        return PLURALS[word]
    head, of, rest = word.partition(" of ")
    if of:
        return pluralize(head) + of + rest
    if word.endswith("mouse"):
        return word.removesuffix("mouse") + "mice"
    if word.endswith(("glass", "dish")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word if word.endswith(("luggage", "aircraft")) else word + "s"


def article(phrase: str) -> str:
    """The phrase with "a" or "an" before it."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def noun(thing: Thing, number: int = 1, rng: np.random.Generator | None = None, color: bool = True) -> str:
    """A thing without article or number, "red cat" or "red cats"; its colour only where it was recoloured.

    With `rng`, a synonym or the other spelling of the colour now and then; with `color` False, never a colour.
    """
    word = thing.name
    if rng is not None and word in SYNONYMS and rng.random() < 0.16:
        word = pick(rng, SYNONYMS[word])
    shade = thing.color if color else None
    if rng is not None and shade in COLOR_SYNONYMS and rng.random() < (0.4 if shade == "gray" else 0.08):
        shade = pick(rng, COLOR_SYNONYMS[shade])
    return " ".join(filter(None, (shade, word if number == 1 else pluralize(word))))


def phrase(thing: Thing, number: int = 1, color: bool = True) -> str:
    """A thing with its article or number, in the canonical words: "a red cat", "two red cats", "red scissors"."""
    words = noun(thing, number, color=color)
    if thing.name in PLURAL_NOUNS:
        pairs = f"{NUMBERS[number]} pairs" if number > 1 else "a pair"
        return f"{pairs} of {noun(thing, color=color)}"
    return article(words) if number == 1 else f"{NUMBERS[number]} {words}"


def groups(scene: Scene) -> list[tuple[Thing, int]]:
    """The scene's different things, each with how many there are, in their order (back to front)."""
    counts: dict[tuple[str, str | None], tuple[Thing, int]] = {}
    for thing in scene.things:
        first, count = counts.get((thing.name, thing.color), (thing, 0))
        counts[thing.name, thing.color] = (first, count + 1)
    return list(counts.values())


def pick(rng: np.random.Generator, options):
    return options[rng.integers(len(options))]


def join(phrases: list[str], last: str = "and") -> str:
    """ "a, b and c"."""
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} {last} {phrases[-1]}"


def describe(scene: Scene, rng: np.random.Generator | None = None) -> str:
    """The complete description of a scene in one sentence of regular grammar, the answer to "describe the picture".

    It names every thing with its number and colour from left to right, the relation of two things, the background and
    the style. With `rng`, the two things of a relation come in either order.
    """
    found = groups(Scene(tuple(sorted(scene.things, key=lambda thing: thing.x))))
    color = shows_color(scene)
    phrases = [phrase(thing, count, color) for thing, count in found]
    where = relation(found[0][0], found[1][0]) if len(scene.things) == len(found) == 2 else None
    if where:
        if where == "below" or (rng is not None and rng.random() < 0.5):
            phrases, where = phrases[::-1], OPPOSITE[where]
        text = f"{phrases[0]} {'to the ' if where.endswith('of') else ''}{where} {phrases[1]}"
    else:
        text = join(phrases) if phrases else "nothing"
    if color or BACKGROUNDS[scene.background].kind not in ("plain", "gradient"):
        text += f" {BACKGROUNDS[scene.background].phrases[0]}"
    if scene.style != "normal":
        text += f", {STYLE_WORDS[scene.style][0]}"
    return text[0].upper() + text[1:] + "."


def caption(scene: Scene, rng: np.random.Generator, style: str | None = None) -> str:
    """A prompt that the scene answers, in one of CAPTION_STYLES (None: by their weights), never a prompt held out.

    Raises:
        ValueError: an unknown style of caption.
    """
    if style is not None and style not in CAPTION_STYLES:
        raise ValueError(f"unknown style of caption {style!r}: choose one of {', '.join(CAPTION_STYLES)}")
    while True:
        chosen = style or list(CAPTION_STYLES)[np.searchsorted(np.cumsum(list(CAPTION_STYLES.values())), rng.random())]
        text = WRITERS[chosen](scene, rng)
        if scene.style != "normal":
            text = say_style(text, scene.style, rng)
        if rng.random() < 0.04:
            text = slip(text, rng)
        if not is_held_out_prompt(text):
            return text


def geneval(scene: Scene, rng: np.random.Generator) -> str:
    """As GenEval writes: "a photo of a red cat and a blue dog", naive plurals ("sandwichs") among them."""
    phrases = []
    for thing, count in groups(scene):
        name = f"{thing.color} {thing.name}" if thing.color and shows_color(scene) else thing.name
        if count == 1:
            phrases.append(article(name))
        else:
            naive = name + ("es" if name.endswith("s") else "s")
            phrases.append(f"{NUMBERS[count]} {naive if rng.random() < 0.5 else pluralize(name)}")
    text = arranged(scene, phrases, rng, plain=True)
    if rng.random() < 0.12:
        text += f" {background(scene, rng)}"
    return f"a photo of {text}".rstrip()


def sentence(scene: Scene, rng: np.random.Generator) -> str:
    """A whole sentence or title, mostly with the background."""
    text = arranged(scene, phrases_of(scene, rng), rng)
    if rng.random() < 0.6:
        text = f"{text} {background(scene, rng)}".rstrip()
    text = pick(rng, SENTENCES).format(text)
    if rng.random() < 0.5:
        text = text[0].upper() + text[1:]
        return text + "." if rng.random() < 0.7 else text
    return text


def request(scene: Scene, rng: np.random.Generator) -> str:
    """What a visitor asks of a painter."""
    text = arranged(scene, phrases_of(scene, rng), rng)
    if rng.random() < 0.4:
        text = f"{text} {background(scene, rng)}".rstrip()
    text = pick(rng, REQUESTS).format(text)
    return text[0].upper() + text[1:] if rng.random() < 0.4 else text


def terse(scene: Scene, rng: np.random.Generator) -> str:
    """A few words without articles: "red car", "2 red cats green background"."""
    phrases = phrases_of(scene, rng, bare=True)
    text = ", ".join(phrases) if len(phrases) > 2 else arranged(scene, phrases, rng)
    if rng.random() < 0.35 and shows_color(scene):
        where = BACKGROUNDS[scene.background]
        if where.kind in ("plain", "gradient") and scene.background != "sky":
            text += f"{pick(rng, (', ', ' on ', ' '))}{spelled(scene.background, rng)} background"
        else:
            text += f", {scene.background}"
    return text


WRITERS: dict[str, Callable[[Scene, np.random.Generator], str]] = {
    "geneval": geneval,
    "sentence": sentence,
    "request": request,
    "terse": terse,
}


def shows_color(scene: Scene) -> bool:
    return scene.style not in COLORLESS_STYLES


def phrases_of(scene: Scene, rng: np.random.Generator, bare: bool = False) -> list[str]:
    """One phrase for each group of things, with article or number unless `bare` (then numbers only)."""
    alone = len(scene.things) == 1
    phrases = []
    for thing, count in groups(scene):
        said = thing
        if not shows_color(scene) or (thing.color and rng.random() < 0.03):
            said = Thing(thing.name, None, thing.x, thing.y, thing.size)
        elif thing.color is None and thing.name in NATURAL_COLORS and rng.random() < 0.15:
            said = Thing(thing.name, color_of(thing), thing.x, thing.y, thing.size)
        words = noun(said, count, rng)
        if alone and rng.random() < 0.15:
            size = "small" if thing.size < 95 else "large" if thing.size > 175 else ""
            size = {"small": pick(rng, ("small", "little", "tiny")), "large": pick(rng, ("big", "large", "huge"))}.get(
                size
            )
            words = f"{size} {words}" if size else words
        if count > 1:
            number = str(count) if rng.random() < (0.45 if bare else 0.2) else NUMBERS[count]
            if count == 2 and not bare and rng.random() < 0.06:
                number = "a couple of"
            elif rng.random() < 0.04:
                number = f"exactly {number}"
            words = f"{number} {words}"
        elif not bare:
            plural = words.endswith(PLURAL_NOUNS) and "pair of" not in words
            share = rng.random()
            if plural:
                words = words if share < 0.5 else f"a pair of {words}" if share < 0.8 else article(words)
            elif share < 0.04:
                words = f"one {words}"
            elif share < 0.06:
                words = f"a single {words}"
            else:
                words = article(words)
        phrases.append(words)
    return phrases


def arranged(scene: Scene, phrases: list[str], rng: np.random.Generator, plain: bool = False) -> str:
    """The phrases of the scene's groups put together, with relations that hold; `plain` in GenEval's words only."""
    things = [thing for thing, _ in groups(scene)]
    if not things:
        return "nothing"
    if len(things) == 1:
        if len(scene.things) == 1 and not plain and rng.random() < 0.12:
            return f"{phrases[0]} {spot(things[0])}".rstrip()
        return phrases[0]
    order = rng.permutation(len(things))
    things, phrases = [things[i] for i in order], [phrases[i] for i in order]
    if len(scene.things) == 2:
        return pair(things, phrases, rng, plain)
    counts = [sum(t.name == thing.name and t.color == thing.color for t in scene.things) for thing in things]
    where = relation(things[0], things[1]) if counts[0] == counts[1] == 1 else None
    if where and rng.random() < 0.35:
        related = f"{phrases[0]} {say_relation(where, rng, plain)} {phrases[1]}"
        others = join(phrases[2:])
        return f"{related}, {pick(rng, ('and', 'with', 'plus'))} {others}" if len(phrases) > 2 else related
    share = rng.random()
    if plain or share < 0.7:
        return join(phrases)
    if share < 0.85:
        return f"{phrases[0]} with {join(phrases[1:])}"
    return " and ".join(phrases)


def pair(things: list[Thing], phrases: list[str], rng: np.random.Generator, plain: bool) -> str:
    """Two single things: their relation where one holds clearly (nearly always) or at all (sometimes), or "and"."""
    found = relations(*things)
    where = max(found, key=found.get) if found else None
    clear = where is not None and found[where] > 0.75
    if where and rng.random() < (0.7 if clear else 0.3):
        if not plain and rng.random() < 0.15 and clear:
            first, second = SPOTS[where]
            if rng.random() < 0.3:
                return f"{phrases[0]} {first}, {phrases[1]} {second}"
            return f"{phrases[0]} {first} and {phrases[1]} {second}"
        return f"{phrases[0]} {say_relation(where, rng, plain)} {phrases[1]}"
    share = rng.random()
    if plain or share < 0.65:
        return f"{phrases[0]} and {phrases[1]}"
    if share < 0.75:
        return f"{phrases[0]} with {phrases[1]}"
    if where in ("left of", "right of") and clear:
        return f"{phrases[0]} {pick(rng, ('next to', 'beside', 'by', 'near'))} {phrases[1]}"
    return f"{phrases[0]} {pick(rng, ('and', '+', '&', 'plus', 'together with'))} {phrases[1]}"


def say_relation(where: str, rng: np.random.Generator, plain: bool) -> str:
    if plain or rng.random() < 0.35:
        return where
    return pick(rng, RELATION_WORDS[where])


def spot(thing: Thing) -> str:
    """Where on the canvas a lone thing is, in words; empty where no word fits well."""
    third, column, row = CANVAS / 3, "", ""
    if thing.x < third or thing.x > 2 * third:
        column = "left" if thing.x < third else "right"
    if thing.y < third or thing.y > 2 * third:
        row = "top" if thing.y < third else "bottom"
    if row and column:
        return f"in the {row} {column} corner"
    if column:
        return f"on the {column}"
    if row:
        return f"at the {row}"
    near = abs(thing.x - CANVAS / 2) < 20 and abs(thing.y - CANVAS / 2) < 20
    return "in the middle" if near else ""


def background(scene: Scene, rng: np.random.Generator) -> str:
    """The background in words that follow a noun; empty where the style hides it."""
    where = BACKGROUNDS[scene.background]
    if where.kind in ("plain", "gradient") and scene.background != "sky":
        if not shows_color(scene):
            return ""
        name = spelled(scene.background, rng)
        a_name = article(name)
        if rng.random() < 0.6:
            return f"on {a_name} background"
        ways = ["with {} background", "against {} background", "in front of {} background", "on {} backdrop"]
        if not name.startswith("orange") and rng.random() < 0.2:  # "a cat on orange" would sit on the fruit
            return f"on {name}"
        return pick(rng, ways).format(a_name)
    return where.phrases[0] if rng.random() < 0.5 else pick(rng, where.phrases)


def spelled(name: str, rng: np.random.Generator) -> str:
    """A background's name, gray now and then as grey, a gradient as "blue gradient"."""
    return name.replace("gray", "grey") if rng.random() < 0.4 else name


def say_style(text: str, style: str, rng: np.random.Generator) -> str:
    end = text[-1] if text[-1] in ".?" else ""
    body = text.removesuffix(end)
    words = pick(rng, STYLE_WORDS[style])
    if rng.random() < 0.4:
        words = words.replace("color", "colour").replace("gray", "grey")
    return f"{body}{pick(rng, (' ', ', '))}{words}{end}"


def slip(text: str, rng: np.random.Generator) -> str:
    """The text with one letter dropped, doubled or swapped, in a word that carries no colour, number or place."""
    words = text.split(" ")
    known = {word for name in (*OBJECTS, *PLURALS.values()) for word in name.split()}
    fixed = {*COLORS, *NUMBERS, "left", "right", "above", "below", "under", "over", "light", "dark", "grey", "violet"}
    fixed |= {"clock", "clocks", "count", "shift"}  # a slip there turns rude
    places = [i for i, word in enumerate(words) if len(word) >= 5 and word.isalpha() and word.lower() not in fixed]
    if not places:
        return text
    at = pick(rng, places)
    word = words[at]
    letter = int(rng.integers(1, len(word) - 1))
    changed = pick(
        rng,
        (
            word[:letter] + word[letter + 1 :],
            word[:letter] + word[letter] + word[letter:],
            word[:letter] + word[letter + 1] + word[letter] + word[letter + 2 :],
        ),
    )
    if changed not in known:
        words[at] = changed
    return " ".join(words)
