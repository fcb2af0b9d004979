"""How visitors type, and how to read what is typed: spelling and typing habits, and the objects named in a text."""

import re
from functools import cache
from typing import NamedTuple

import numpy as np

from unilip.emoji.captions import PLURAL_NOUNS, article, pluralize, slip
from unilip.emoji.vocabulary import COLOR_SYNONYMS, COLORS, NUMBERS, OBJECTS, SYNONYMS

BRITISH = {"gray": "grey", "color": "colour", "center": "centre", "airplane": "aeroplane"}
NUMBER_WORDS = (*NUMBERS, "five", "six", "seven", "eight", "nine", "ten")
# Words that end the search for a noun's colour and number, looking left from the noun.
STOPS = set(
    "is are was be and or with of to on in at by from the's has have while there its it their them as than like "
    "left right above below over under beside next near behind top bottom front , . ; : ? !".split()
)

# Before and after "orange" the colour.
COLORING_WORDS = set("is are be color dark light bright it them turn looks paint in to background :".split())
COLORED_NOUNS = set("background gradient one ones thing things object objects".split())


class Mention(NamedTuple):
    """An object named in a text. `count` is None after "the", "some" or nothing; `definite` says that it was "the"."""

    name: str
    color: str | None
    count: int | None
    definite: bool
    plural: bool


def indefinite(phrase: str) -> str:
    """The phrase with "a" or "an"; "scissors" and "skis" with "a pair of"."""
    if phrase.endswith(PLURAL_NOUNS):
        return phrase if "pair of" in phrase else f"a pair of {phrase}"
    return article(phrase)


def be(name: str, plural: bool = False) -> str:
    return "are" if plural or name.endswith(PLURAL_NOUNS) else "is"


def pronoun(name: str, plural: bool = False) -> str:
    return "them" if plural or name.endswith(PLURAL_NOUNS) else "it"


def another_word(name: str, rng: np.random.Generator) -> str:
    """The object's own name mostly, now and then a synonym."""
    words = SYNONYMS.get(name, ())
    return words[rng.integers(len(words))] if words and rng.random() < 0.15 else name


def typed(text: str, rng: np.random.Generator) -> str:
    """The sentence as somebody may type it: British or American, hurried, without articles, rarely with a slip."""
    if rng.random() < 0.5:
        for american, british in BRITISH.items():
            text = text.replace(american, british)
    text = text[0].upper() + text[1:]
    habit = rng.random()
    if habit < 0.35:
        text = text.lower()
        if rng.random() < 0.6:
            text = text.rstrip(".?!")
    elif habit < 0.45:
        text = text.rstrip(".?!")
    if rng.random() < 0.08:
        bare = re.sub(r"\b(the|an?) (?=\w)", "", text, flags=re.IGNORECASE)
        text = bare[0].upper() + bare[1:] if text[0].isupper() else bare
    if rng.random() < 0.04:
        slipped = slip(text, rng)
        # A "tddy bear" is a bear, not a teddy bear: such a slip would ask for something else.
        if {mention.name for mention in mentions(slipped)} <= {mention.name for mention in mentions(text)}:
            text = slipped
    return text


@cache
def lexicon() -> dict[tuple[str, ...], tuple[str, bool]]:
    """Words of an object, singular or plural, to (object, is plural)."""
    entries = {}
    for name in OBJECTS:
        for word in (name, *SYNONYMS.get(name, ())):
            entries.setdefault(tuple(pluralize(word).split()), (name, True))
    for name in OBJECTS:
        for word in (name, *SYNONYMS.get(name, ())):
            entries[tuple(word.split())] = (name, False)
    for name in OBJECTS:  # a name wins over another object's synonym
        entries[tuple(name.split())] = (name, False)
    return entries


@cache
def color_words() -> dict[str, str]:
    return {word: color for color in COLORS for word in (color, *COLOR_SYNONYMS.get(color, ()))}


def number(word: str) -> int | None:
    """What a number word, a numeral, an article or a "no" counts."""
    if word.isdigit():
        return int(word)
    if word in NUMBER_WORDS:
        return NUMBER_WORDS.index(word)
    return {"a": 1, "an": 1, "single": 1, "no": 0, "none": 0}.get(word)


def words_of(text: str) -> list[str]:
    """Lower-case words and punctuation marks."""
    text = text.lower().replace("grey", "gray").replace("colour", "color").replace("centre", "center")
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[.,;:?!]", text.replace("’", "'").replace("-", " "))


def mentions(text: str) -> list[Mention]:
    """The objects that a text names, in order, each with the colour and the number that stand before it."""
    text = re.sub(r"\bpairs? of\b", "pair", re.sub(r"\ba couple of\b", "two", text.lower()))
    words, entries, found = words_of(text), lexicon(), []
    spans: list[tuple[int, int, str, bool]] = []
    at = 0
    while at < len(words):
        for length in (3, 2, 1):
            entry = entries.get(tuple(words[at : at + length]))
            if entry and at + length <= len(words):
                spans.append((at, at + length, *entry))
                at += length
                break
        else:
            at += 1
    starts = {start for start, *_ in spans}
    for start, end, name, plural in spans:
        if words[start:end] == ["orange"] and is_color(words, start, spans):
            continue
        color, count, definite, left = None, None, False, start - 1
        while left >= 0 and start - left <= 4 and words[left] not in STOPS and left not in starts - {left}:
            word = words[left]
            if word in color_words() and color is None:
                color = color_words()[word]
            elif word in ("the", "this", "that", "these", "those"):
                definite = True
                break
            elif number(word) is not None:
                count = number(word)
                break
            left -= 1
        if count is None and not plural and not definite and name not in PLURAL_NOUNS:
            count = 1
        found.append(Mention(name, color, count, definite, plural))
        # "a red and a blue cat": the colour before "and" belongs to a second one of the same noun.
        if color and not definite and left >= 2 and words[left - 1] == "and" and words[left - 2] in color_words():
            first = number(words[left - 3]) if left >= 3 else None
            found.append(Mention(name, color_words()[words[left - 2]], first or 1, False, plural))
    return found


def is_color(words: list[str], at: int, spans: list[tuple[int, int, str, bool]]) -> bool:
    """Whether "orange" at that place is the colour: a noun follows, or a verb, a "to" or a noun stands before."""
    starts, ends = {start for start, *_ in spans}, {end for _, end, *_ in spans}
    after = words[at + 1] if at + 1 < len(words) else "."
    before = words[at - 1] if at else "."
    if at + 1 in starts or after in COLORED_NOUNS or before in COLORING_WORDS or at in ends:
        return True
    return after not in STOPS and at + 2 in starts and before != "the"
