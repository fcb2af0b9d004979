"""Which part of a picture an instruction concerns, from its words and from what stands in the pictures before and
after."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from unilip.emoji.answers import background_of, plain_text
from unilip.emoji.hints import unknown_words
from unilip.emoji.vocabulary import CANVAS, STYLES
from unilip.emoji.wording import Mention, mentions

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the canvas

WHOLE = re.compile(
    r"\b(backg\w*|gradient|everything|picture|image|photo|painting|drawing|sketch|poster|style|tone|colors|invert\w*|"
    r"posteri[sz]e|pixelate|black and white|grayscale|old photo|only|except|cut|extract|isolate)\b"
)
TO_THE_PICTURE = re.compile(r"\b(to|in|into|of|from) (the )?(picture|image|photo)\b")  # "add a cup to the picture"
ADDING = re.compile(r"\b(add|insert|draw|another|more)\b")
REMOVING = re.compile(r"\b(remove|delete|erase|get rid|take)\b")
MOVING = re.compile(r"\b(move|shift|put|place|bring|swap|switch|change places|exchange)\b")
PRONOUN = re.compile(r"\b(it|them|this|that)\b")
CLAUSE = re.compile(r"[.,;:!?]|\b(?:and|then|also)\b")
# What follows these is where something is, not what is changed.
BESIDE = re.compile(
    r"\b(?:(?:to|on) the )?(?:left|right)(?: side)? of\b|"
    r"\bon (?=(?:it|them)\b)|"
    r"\b(?:on top of|above|below|over|under(?:neath)?|beneath|beside|next to|near|behind|in front of)\b"
)
SAME = 0.5  # intersection over union from which two things of a name are one that stayed
MARGIN = 10.0  # pixels around a box, for soft edges, shadows and the detector's inexactness


class Seen(NamedTuple):
    """A thing found in a picture, in the colours that it may be called, and its box."""

    name: str
    colors: frozenset[str]
    box: Box


@dataclass(frozen=True)
class Concern:
    """What an instruction concerns: the whole picture, or the boxes around what `words` tells; neither where that
    cannot be told, of which `words` then gives the reason."""

    words: str
    whole: bool = False
    boxes: tuple[Box, ...] = ()


def concern(instruction: str, before: Sequence[Seen], after: Sequence[Seen]) -> Concern:
    """What the instruction concerns in a picture that showed `before` and shows `after`."""
    text = TO_THE_PICTURE.sub("", plain_text(instruction))
    for word, meant in unknown_words(text).items():
        text = re.sub(rf"\b{word}\b", meant or word, text)
    if WHOLE.search(text) or any(style in text for style in STYLES) or background_of(text)[0]:
        return Concern("the whole picture", whole=True)
    named: dict[str, list[Box]] = {}
    kinds = {one.name for one in before}
    for clause in filter(None, (part.strip() for part in CLAUSE.split(text))):
        subject = BESIDE.split(clause)[0]
        meant = mentions(subject)
        # "replace it with a cup"; but "add a cup that fits" means nothing that is there, and "this cat" is named.
        named_there = any(one.name in kinds for one in meant)
        if len(kinds) == 1 and PRONOUN.search(subject) and not named_there and not (meant and ADDING.search(clause)):
            meant.append(Mention(*kinds, color=None, count=None, definite=True, plural=len(before) > 1))
        for mention in meant:
            found = _boxes_of(mention, clause, before, after)
            named.setdefault(f"the {mention.name}", []).extend(found)
    if not named and PRONOUN.search(text) and len(kinds) != 1:
        return Concern("it does not say which thing it means")
    if not named:
        return Concern("it names no thing that this page knows")
    found = {name: boxes for name, boxes in named.items() if boxes}
    if not found:
        return Concern(f"no sign of {' or '.join(named)} before or after")
    boxes = dict.fromkeys(box for boxes in found.values() for box in boxes)
    old = [one.box for one in before if one.box in boxes]
    if old and not ADDING.search(text) and not MOVING.search(text):
        # What takes the place of something, or changes, does so where that was; elsewhere it was not asked for.
        boxes = [box for box in boxes if any(overlap(box, place) > 0 for place in old)]
    return Concern(" and ".join(found), boxes=tuple(map(_grown, boxes)))


def _boxes_of(mention: Mention, clause: str, before: Sequence[Seen], after: Sequence[Seen]) -> list[Box]:
    """Where a thing that is to change was, and where it, or a new one, is now."""
    there = [one for one in before if one.name == mention.name]
    now = [one for one in after if one.name == mention.name]
    newcomers = [one.box for one in now if all(overlap(one.box, other.box) < SAME for other in there)]
    # Who types "make snowboard purple" means the one that is there.
    unseen = not mention.definite and not REMOVING.search(clause)
    if (unseen and (not there or len(now) > len(there))) or ADDING.search(clause):
        return newcomers or _part(clause)
    there = _meant(there, mention, clause)
    if there and MOVING.search(clause):
        return [one.box for one in there] + (newcomers or _part(clause))
    near = [box for box in newcomers if any(overlap(box, one.box) > 0 for one in there)]  # it has grown or shrunk
    return [one.box for one in there] + near


def _meant(there: list[Seen], mention: Mention, clause: str) -> list[Seen]:
    """Those that the words mean of several of a name: by colour, or for a single one by side."""
    there = [one for one in there if mention.color in one.colors] or there
    if len(there) < 2 or mention.plural or MOVING.search(clause):
        return there
    for side, edge, sign in (("left", 0, 1), ("right", 2, -1), ("top", 1, 1), ("bottom", 3, -1)):
        if re.search(rf"\b{side}\b", clause):
            return [min(there, key=lambda one: sign * one.box[edge])]
    return there


def _part(clause: str) -> list[Box]:
    """The part of the picture that a clause names, as "on the right" or "in the top left"."""
    if BESIDE.search(clause):
        return []
    words, far, near = set(clause.split()), 0.55 * CANVAS, 0.45 * CANVAS
    across = (0.0, far) if "left" in words else (near, CANVAS) if "right" in words else (0.0, CANVAS)
    down = (0.0, far) if words & {"top", "up"} else (near, CANVAS) if words & {"bottom", "down"} else (0.0, CANVAS)
    if words & {"middle", "center"}:
        across = down = (CANVAS / 4, 3 * CANVAS / 4)
    return [] if across == down == (0.0, CANVAS) else [(across[0], down[0], across[1], down[1])]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


def _grown(box: Box) -> Box:
    left, top, right, bottom = box
    return max(left - MARGIN, 0), max(top - MARGIN, 0), min(right + MARGIN, CANVAS), min(bottom + MARGIN, CANVAS)
