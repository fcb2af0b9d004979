"""Judging an answer in any words against the right one, by what it says: objects, counts, colours, places, sides."""

import re
from collections import Counter
from functools import cache

from unilip.emoji.captions import PLURAL_NOUNS
from unilip.emoji.vocabulary import BACKGROUNDS, COLORS, NATURAL_COLORS, PLAIN_BACKGROUNDS
from unilip.emoji.wording import Mention, color_words, mentions, number, words_of

DIRECTIONS = (
    ("left of", r"\bleft\b"),
    ("right of", r"\bright\b"),
    ("above", r"\babove\b|\bon top of\b|\bover\b|\bhigher than\b"),
    ("below", r"\bbelow\b|\bunder(?:neath)?\b|\bbeneath\b|\blower than\b"),
)
INVERSE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
PLACES = {"upper": "top", "lower": "bottom", "center": "middle", "central": "middle", "centered": "middle"}
CHOICE = re.compile(r"\bor\b|\b(bigger|larger|smaller)\b", re.IGNORECASE)
DENIALS = re.compile(r"\b(no|not|none|never|nope|without|cannot|[a-z]+n't)\b")


def agrees(kind: str, question: str, truth: str, answer: str) -> bool:
    """Whether an answer to a question of a kind of `questions.KINDS` says the same as the truth."""
    judge = {
        "what": same_things,
        "color": same_colors,
        "count": same_count,
        "where": same_where,
        "yes/no": same_verdict,
        "describe": same_scene,
    }
    return judge[kind](question, truth, answer)


@cache
def background_phrases() -> dict[str, str]:
    """What a background is called, longest first, to its name."""
    said = {}
    for name, background in BACKGROUNDS.items():
        if background.kind == "plain" or name.endswith(" gradient"):
            said[f"{name} background"] = said[f"background is {name}"] = name
        else:
            for phrase in (name, *background.phrases):
                words = re.sub(r"^(on|in|at|with|in front of|under|against) (the |an? )?", "", phrase)
                said[words.removesuffix(" behind")] = name
    return dict(sorted(said.items(), key=lambda item: -len(item[0])))


def plain_text(text: str) -> str:
    return " ".join(words_of(text))


def background_of(text: str) -> tuple[str | None, str]:
    """The background that a text names, and the text without that phrase."""
    text = plain_text(text)
    for phrase, name in background_phrases().items():
        rest, hits = re.subn(rf"(\b(on|in|at|with|in front of|under|against) )?((the|an?) )?\b{phrase}\b", "", text)
        if hits:
            return name, rest
    return None, text


def same_background(one: str, other: str) -> bool:
    """Equal, or one of them leaves out the shade ("blue" for "light blue", "blue" for "blue gradient")."""
    one, other = (name.removesuffix(" gradient") for name in (one, other))
    base = {name.split()[-1] for name in (one, other)}
    return one == other or (len(base) == 1 and (one in base or other in base) and base <= set(COLORS))


def tally(found: list[Mention]) -> dict[str, int | None]:
    """Objects to how many of them; None for "dogs" without a number. "The cat" after "a cat" is the same cat."""
    counts: dict[str, int | None] = {}
    for mention in found:
        if mention.definite or (mention.count is None and mention.name in counts):
            counts.setdefault(mention.name, 2 if mention.plural and mention.count else (None if mention.plural else 1))
        elif mention.count is None:
            counts[mention.name] = 1 if mention.name in PLURAL_NOUNS else None
        else:
            counts[mention.name] = (counts.get(mention.name) or 0) + mention.count
    return counts


def same_things(question: str, truth: str, answer: str) -> bool:
    wanted, said = tally(mentions(truth)), tally(mentions(answer))
    if not wanted:
        scenic = background_of(truth)[0]
        if scenic:
            return background_of(answer)[0] == scenic
        return not said and bool(re.search(r"\b(nothing|no|none|empty|not|blank)\b", answer.lower()))
    if CHOICE.search(question):
        answer = re.sub(r"\bthan\b.*", "", answer)  # "the cat is bigger than the dog" names one of both
        said = tally(mentions(answer))
        question = ""
    for mention in mentions(question):  # "the thing to the left of the dog is a cat" repeats the question's dog
        if mention.name not in wanted:
            said.pop(mention.name, None)
    return wanted.keys() == said.keys() and all(
        said[name] is None and count != 1 or said[name] == count for name, count in wanted.items()
    )


def colors_in(text: str) -> set[str]:
    """The colour words of a text; the fruit is no colour."""
    text = re.sub(r"\b(the|an) oranges? (is|are|has|have|looks?)\b", "", plain_text(text))
    text = re.sub(r"\boranges\b", "", text)
    return {color_words()[word] for word in text.split() if word in color_words()}


def same_colors(question: str, truth: str, answer: str) -> bool:
    truth, answer = plain_text(truth).strip(" ."), plain_text(answer).strip(" .!")
    if truth in PLAIN_BACKGROUNDS and "background" in plain_text(question):
        names = sorted(PLAIN_BACKGROUNDS, key=len, reverse=True)
        found = next((name for name in names if re.search(rf"\b{name}\b", answer)), None)
        others = colors_in(answer) - colors_in(truth)
        return found is not None and not others and same_background(truth, found)
    answer = re.sub(r"\b(on|against|with|over|in front of) an? (\w+ ){0,3}background\b", "", answer)
    return colors_in(truth) == colors_in(answer)


def same_count(question: str, truth: str, answer: str) -> bool:
    wanted = number(plain_text(truth).strip(" ."))
    asked_for = {mention.name for mention in mentions(question)}
    for mention in mentions(answer):
        if mention.name in asked_for and mention.count is not None:
            return mention.count == wanted
    words = plain_text(answer).strip(" .").split()
    counts = [number(word) for word in words if word not in ("a", "an") and number(word) is not None]
    if counts:
        return counts[0] == wanted
    if DENIALS.search(plain_text(answer)):
        return wanted == 0
    return wanted == 1 and bool({"a", "an"} & set(words))


def places_in(text: str) -> set[str]:
    found = {PLACES.get(word, word) for word in plain_text(text).split()} & {"top", "bottom", "left", "right", "middle"}
    return found - {"middle"} if len(found) > 1 else found


Side = tuple[tuple[str, str | None] | None, str, tuple[str, str | None] | None]


def sides_in(text: str) -> list[Side]:
    """Every "X left of Y" of a text as (X, side, Y); X or Y is None where the text leaves it out."""
    found = []
    for clause in re.split(r"[.;]| and (?=the\b)", plain_text(text)):
        for side, pattern in DIRECTIONS:
            for match in re.finditer(pattern, clause):
                before, after = mentions(clause[: match.start()]), mentions(clause[match.end() :])
                subject = (before[-1].name, before[-1].color) if before else None
                found.append((subject, side, (after[0].name, after[0].color) if after else None))
    return found


def same_object(one: tuple[str, str | None] | None, other: tuple[str, str | None] | None) -> bool:
    if one is None or other is None:
        return True
    return one[0] == other[0] and (one[1] == other[1] or None in (one[1], other[1]))


def says_side(wanted: Side, said: Side) -> bool:
    """Whether the said side is the wanted one, straight or seen from the other object."""
    first, side, second = said
    straight = side == wanted[1] and same_object(first, wanted[0]) and same_object(second, wanted[2])
    turned = first is not None and INVERSE[side] == wanted[1]
    return straight or (
        turned and same_object(first, wanted[2]) and same_object(second, wanted[0]) and second is not None
    )


def same_where(question: str, truth: str, answer: str) -> bool:
    wanted = sides_in(truth)
    if wanted and wanted[0][2]:
        said = sides_in(answer)
        return bool(said) and all(any(says_side(one, other) for one in wanted) for other in said)
    return places_in(truth) == places_in(answer)


def same_verdict(question: str, truth: str, answer: str) -> bool:
    answer = plain_text(answer)
    words = answer.strip(" .,!?").split()
    if not words:
        return False
    if words[0] in ("yes", "yeah", "yep", "correct", "true", "right"):
        said = True
    elif words[0] in ("no", "nope", "false", "incorrect"):
        said = False
    else:
        said = not DENIALS.search(answer)
    return said == (plain_text(truth).startswith("yes"))


def contents(text: str) -> Counter:
    """How many things of each (object, colour); an unsaid colour is the natural one, where there is one."""
    found: Counter = Counter()
    for mention in mentions(text):
        key = (mention.name, mention.color or NATURAL_COLORS.get(mention.name))
        named = [other for other in found if other[0] == mention.name]
        if (mention.definite or mention.count is None) and named:
            continue
        found[key] += mention.count if mention.count is not None else (2 if mention.plural else 1)
    return found


def same_scene(question: str, truth: str, answer: str) -> bool:
    (true_ground, truth), (said_ground, answer) = background_of(truth), background_of(answer)
    if contents(truth) != contents(answer):
        return False
    if true_ground and said_ground and not same_background(true_ground, said_ground):
        return False
    wanted, said = sides_in(truth), [side for side in sides_in(answer) if side[0] and side[2]]
    return not wanted or all(any(says_side(one, other) for one in wanted) for other in said)
