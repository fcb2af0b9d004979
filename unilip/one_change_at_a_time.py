"""The changes that one instruction asks for, taken apart for a small model that loses one of two."""

import re
from collections.abc import Callable

from unilip.restyling import STYLES
from unilip.simple_instruction import COURTESIES, PARTS
from unilip.simple_text import COLORS

MOST = 6  # changes, each of which takes as long as an edit
VERBS = (
    "add|put|place|insert|draw|include|remove|delete|erase|take|get rid of|replace|swap|switch|change|turn|make|paint|"
    "colou?r|recolou?r|dye|set|use|move|shift|bring|shrink|enlarge|scale|cut|extract|isolate|convert|transform|invert|"
    "give|lose|hide|eliminate|throw in|i want|"
    "keep|leave|do not|don['’]t"
)
POLITE = r"(?:(?:please|now|just|also|can you|could you) )*"
# Only what goes on with a verb is a change of its own: "swap the cat and the dog" is one, "and make sure" asks nothing.
JOINT = re.compile(
    r"(?: ?[,;.!] ?(?:and |but )?| (?:and|but|&) | (?=then ))(?:(?:then|also|after that) )*"
    rf"(?={POLITE}(?:{VERBS})\b(?! (?:of|sure)\b))",
    re.IGNORECASE,
)
STAYS = re.compile(r"(?:keep(?! only)|leave|do not|don['’]t)\b", re.IGNORECASE)
NUANCES = COLORS.replace("orange|", "")  # no fruit
SIZES = "bigger|larger|smaller"
PLACED = "above|below|under|beneath|over|beside|near|next|left|right|in|on|at|to"
WORD = r"(?!(?:and|between)\b)[\w'-]+"

# "the red cat" of "make the red cat blue", "a dog" of "turn the cat into a dog".
THING = (
    rf" ((?:{WORD} ){{0,3}}?{WORD})"
    rf"(?= (?:{COLORS}|{PLACED}|into|by|with|for|from|of|up|down|away|out|behind|{SIZES})\b|\W*$)"
)
# "It" is not what is gone, and not a thing in "make it night", "turn it into a sketch".
GONE = re.compile(rf"{POLITE}(?:remove|delete|erase|get rid of|take (?:away|out))\b", re.IGNORECASE)
WHOLE = re.compile(
    rf"\bit (?:(?:look like|into|in|at|on|as|to) )?(?:an? |the )?(?:[\w'-]+ )?(?:{PARTS['scene']}|{STYLES}|photo)\b",
    re.IGNORECASE,
)
NEW = re.compile(rf"\b(?:to|into|by|with|for) an?{THING}", re.IGNORECASE)
NAMED = re.compile(rf"\b(?:the|an?|another|one more|my|this|that){THING}", re.IGNORECASE)

# "a cat on the left and a dog", "the cat and dog": things in a row, with or without their places. "A red and a blue
# cat" and "the big and small cat" are none, nor is what has no article where commas alone part it: "the cat, please".
NEW_ONE, OLD_ONE = r"(?:an?|another|one|two|three|four|some|\d)", "(?:the|my|this|that|both)"
ROW = re.compile(r"(?:, ?(?:(?:and|&) )?| (?:and|&) )", re.IGNORECASE)
AND = re.compile(r"[ ,](?:and|&) ", re.IGNORECASE)
COURTESY = re.compile(rf"(?:,? (?:{COURTESIES}))+$", re.IGNORECASE)
NO_NOUNS = (
    rf"{SIZES}|big|large|small|little|tiny|huge|tall|short|long|round|old|new|young|bright|dark|light|shiny|cute|happy|"
    r"sad|fluffy|funny|nice|pretty|first|second|third|middle|upper|lower|front|back|rest|other|others"
)
NO_START = (
    rf"(?:{PLACED}|{VERBS}|{NEW_ONE}|{OLD_ONE}|i|you|he|she|we|it|its|his|her|their|they|them|these|those|everything|"
    rf"anything|nothing|something|all|every|each|any|no|not|only|just|then|so|with|without|be|is|are|see|try|show|tell|"
    rf"let|if|because|what|why|how|when|where|which|who|{COURTESIES})\b"
)
DETERMINED = re.compile(f"(?:{NEW_ONE}|{OLD_ONE}) ", re.IGNORECASE)
SOMETHING = rf"(?!(?:{NUANCES}|{NO_NOUNS})$){WORD}(?: {WORD})*?"
BARE = rf"(?!{NO_START})(?=(?:{WORD} ){{0,3}}{WORD}(?:$| (?:{PLACED}|{COLORS}|{SIZES})\b))"
PLACE = rf"(?: (?:{PLACED}) .+)?"
WHERETO = rf" (?:(?:{PLACED}) .+|up|down|left|right)"
# Not for each of them alone; and things "at the beach" are not moved.
TOGETHER = re.compile(
    rf"\b(?:each|one another|together|opposite|different|row|line|column|circle|pile|{PARTS['scene']})\b", re.IGNORECASE
)
LISTING = [
    (re.compile(rf"{POLITE}(?:{verbs}) ", re.IGNORECASE), re.compile(thing, re.IGNORECASE))
    for verbs, thing in (
        ("add|insert|include|draw", rf"(?:{NEW_ONE} |{BARE}){SOMETHING}{PLACE}"),
        ("put|place", rf"{NEW_ONE} {SOMETHING}{PLACE}"),
        ("remove|delete|erase|get rid of|take away", rf"(?:{OLD_ONE} |{BARE}){SOMETHING}{PLACE}"),
        ("put|place|move|shift|bring", rf"(?:{OLD_ONE} |{BARE}){SOMETHING}({WHERETO})"),
        ("make|paint|colou?r|recolou?r|turn", rf"(?:{OLD_ONE} |{BARE}){SOMETHING}"),
    )
]
MOVED, LOOKING = (thing for _, thing in LISTING[-2:])
COLOR, SIZE = rf" (?:(?:light|dark) )?(?:{COLORS})", f" (?:{SIZES}|big|large|huge|small|little|tiny)"
LOOK = re.compile(rf"(?<!\bthe)(?:{COLOR}|{SIZE})$", re.IGNORECASE)
LOOKS = re.compile(rf"({POLITE}(?:make|turn) .+?)(?:({SIZE}) and({COLOR})|({COLOR}) and({SIZE}))", re.IGNORECASE)

# More than two of a kind. The small world adds one or two.
NUMBERS = {"three": 3, "3": 3, "four": 4, "4": 4}
MANY = re.compile(
    rf"({POLITE}(?:add|insert|include|draw|put|place)) ({'|'.join(NUMBERS)}) (?:more )?"
    rf"((?!pairs )(?:{WORD} )*?{WORD})({PLACE})",
    re.IGNORECASE,
)
ENDINGS = (
    ("mice", "mouse"),
    ("knives", "knife"),
    (r"(?<!\bt)(?<!kt)(?<!rd)ies", "y"),
    (r"(?<=ss|sh|ch|us)es", ""),
    (r"(?<!s)s", ""),
)


def separated(instruction: str, reworded: Callable[[str], str] = str) -> list[str]:
    """The instruction's changes in order, each as an instruction of its own: "remove the cat and the dog" are two. "It"
    is what the change before named last, and "them" are all that it named, where they are still there. One change stays
    as it is, as do more than `MOST`.

    Args:
        reworded: gives each change in other words, before it is looked at for things in a row and once it is apart.
    """
    text = " ".join(instruction.split())
    changes = JOINT.split(text)
    for place, (before, change) in enumerate(zip(changes, changes[1:], strict=False)):
        if GONE.match(reworded(before)) or WHOLE.search(change):
            continue
        named = list(dict.fromkeys(filter(None, map(thing_of, each(reworded(before))))))
        if named:
            change = re.sub(r"\bit\b", named[-1], change, flags=re.IGNORECASE)
        if len(named) > 1:
            change = re.sub(r"\bthem\b", " and ".join(named), change, flags=re.IGNORECASE)
        changes[place + 1] = change
    changes = [change for change in changes if not STAYS.match(change)] or [text]
    # Of "the cat much bigger and the dog smaller" each part has words that the whole did not.
    changes = [reworded(one) for change in changes for one in each(reworded(change))]
    return [instruction] if changes == [text] or len(changes) > MOST else changes


def thing_of(change: str) -> str | None:
    """What a change is about, as "the cat"; without its colour, which may be another by now."""
    named = NEW.search(change) or NAMED.search(change)
    return named and "the " + re.sub(rf"^(?:(?:{COLORS}) )+(?=\w)", "", named[1], flags=re.IGNORECASE)


def each(change: str) -> list[str]:
    """A change of several things in a row, for each of them; any other as it is."""
    for verbs, thing in LISTING:
        verb = verbs.match(change)
        row = COURTESY.sub("", change[verb.end() :].rstrip(" .!")) if verb else ""
        things = ROW.split(row)
        if thing is MOVED and (last := thing.fullmatch(things[-1])) and not TOGETHER.search(last[1]):
            # "The cat and the dog up" are both to go up.
            things = [one + last[1] if not thing.fullmatch(one) and LOOKING.fullmatch(one) else one for one in things]
        if len(things) < 2 or not all(thing.fullmatch(one) for one in things):
            continue
        if not AND.search(row) and not all(DETERMINED.match(one) for one in things):
            continue
        if things[0].lower().startswith("the "):  # so is "dog" of "the cat and dog"
            things = [one if DETERMINED.match(one) else f"the {one}" for one in things]
        if thing is LOOKING:
            look = LOOK.search(things[-1])
            if look is None:
                continue
            # "The cat and the dog blue" are both to be blue.
            things = [one if LOOK.search(one) else one + look[0] for one in things]
        return [part for one in things for part in each(verb[0] + one)]
    if looks := LOOKS.fullmatch(change):
        thing, *both = filter(None, looks.groups())
        # The size first: when "the red cat" is blue, it is not to be found by its colour.
        return [thing + look for look in sorted(both, key=lambda look: re.fullmatch(SIZE, look, re.IGNORECASE) is None)]
    if many := MANY.fullmatch(change):
        verb, number, things, place = many.groups()
        thing = singular(things)
        article = "an" if thing[0] in "aeiou" else "a"
        return [f"{verb} {one} {thing}{place}" for one in (article, *["another"] * (NUMBERS[number.lower()] - 1))]
    return [change]


def singular(things: str) -> str:
    """ "red cat" of "red cats", "slice of pizza" of "slices of pizza"."""
    head, of, rest = things.partition(" of ")
    for ending, instead in ENDINGS:
        if re.search(f"{ending}$", head):
            return re.sub(f"{ending}$", instead, head) + of + rest
    return things
