"""What a message in a conversation asks for: an answer, a drawing, or a change of the last picture.

It is told by the first words, which here are patterns with an example each. No list of them is ever complete: the page
lets the visitor say it, too.
"""

import re
from dataclasses import dataclass
from os.path import commonprefix
from typing import Literal

Task = Literal["answer", "draw", "edit"]


def any_of(*patterns: str) -> re.Pattern:
    return re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)


POLITE = any_of(
    r"(?:(?:hey|hi|hello|ok|okay|now|then|and|so|next|please|pls|plz|kindly|just|also|great|nice|cool|wow|perfect|thanks|"
    r"thank you|bye|yes|no|(?:can|could|would|will) (?:you|u)|i(?:'d| would) like you to|i want you to|let's|lets)\b"
    r"[\s,.!?:;-]*)+"
)
ABOUT_YOU = any_of(
    r"(?:(?:who|how|what) are you(?: doing)?|what (?:can|do) (?:you|i) do(?: here)?|what(?:'s| is) your name|"
    r"how does (?:this|it) work|help(?: me)?|test(?:ing)?)?\W*"
)
COLOR = r"(?:red|blue|green|yellow|orange|purple|pink|brown|gr[ae]y|black|white|gold|silver|beige|turquoise)"
AT_THE_END = r"(?:\s+(?:please|pls|plz|thanks))?\W*$"
NOT_ASKED = r"(?!.*\?)"
THE_ONE = r"(?:the|it|him|her|them|this|that|these|those|both|all|every|each|my|his|its|their)\b"
PICTURE = r"(?:picture|image|photo|drawing|painting)"
A_PICTURE_OF = rf"(?:(?:a|an|the|one|some|two|three|four|\d)\s+)?(?:new\s+)?{PICTURE}s?\s+(?:of|with|showing)\s+"
# What is made of words, and what is so only where more is said of it: "a table of the prices", not "a red table".
TEXT = (
    r"(?:text|word|wording|adjective|sentence|paragraph|name|title|caption|description|summary|summarie|list|answer|"
    r"question|conversation|chat|fact|information|idea|example|reason|context|detail|conclusion|difference|plan|recipe|"
    r"story|storie|poem|haiku|song|joke|essay|email|tweet|link|slogan|quiz|report|review|rating|opinion|analysis|"
    r"suggestion|decision|prediction|estimate|diagnosis|verdict|solution|comparison|breakdown|outline|code|script|program|"
    r"equation|formula|translation|explanation|overview|advice|guess|hint|tip|prompt|main point|"
    r"(?:table|chart|letter|number|line|point|step)s?\s+(?:of|from|for|about|as|between)\b|total|sum|average)s?\b"
    r"(?!\s+(?:art|drawing|tag)\b)"
)
NO_TEXT = rf"(?!(?:(?:the|this|that|your|my|its|an?)\s+)?(?:[\w'-]+\s+){{0,2}}?{TEXT})"
FORMAT = (
    r"(?:text|words?|code|json|yaml|xml|csv|html|markdown|latex|python|english|chinese|french|german|spanish|japanese|"
    r"(?:\w+\s+)?(?:sentence|list|table|paragraph)s?)"
)

DRAWING = "draw paint sketch generate create illustrate".split()
CHANGING = (
    "make turn change remove delete erase add put place replace swap switch exchange move shift recolor recolour color "
    "colour dye give take extract isolate keep cut convert set enlarge shrink resize increase decrease reduce grow "
    "transform render apply insert paste drop bring"
).split()
OF_PICTURES = (  # done to pictures alone, so that "blur the text" is meant as well
    "brighten darken lighten blur sharpen rotate flip mirror crop hide tint tilt straighten colorize colorise "
    "colourise stylize stylise cartoonize cartoonise desaturate upscale retouch unblur denoise eliminate enhance"
).split()
VERBS = [*DRAWING, *CHANGING, *OF_PICTURES]

DRAW = any_of(rf"(?:{'|'.join(DRAWING)})(?:\s+(?:me|us))?\s+(?:{A_PICTURE_OF})?")
DRAW_A_PICTURE = any_of(
    rf"(?:(?:{'|'.join(DRAWING)}|make|show|give|i want|i'd like|i would like)(?:\s+(?:me|us))?\s+)?{A_PICTURE_OF}"
)
# "A red cat, please" is a wish, and so is "a red cat" where there is no picture that it could be said of; "make one of
# them red" and "make a cat red" are none.
A_THING = rf"{NO_TEXT}(?=(?:an?|one|two|three|four|\d+|some|several|another)\s+(?!of\b|more\b)\w)"
PLEASE = any_of(r"\b(?:please|pls|plz)\b")
THING = any_of(A_THING + NOT_ASKED)
WANTED = any_of(
    rf"make\s+(?:(?:me|us)\s+)?{A_THING}(?!.*\b(?:{COLOR}|\w+er){AT_THE_END})",
    r"(?:show|give|get|render|design|imagine(?!.*\?)|i want|i wanna|i need|i'd like|i would like)\s+"
    rf"(?:(?:me|us|to see|to have|see)\s+)*{A_THING}(?!.*\b(?:in|on|from)\s+(?:the|this|that)\s+{PICTURE}\b)",
)
CHANGE = any_of(rf"(?:{'|'.join(CHANGING)}|get rid|paint)\b")
WORDS = any_of(
    r"(?:colou?r|place)s? of\b",  # the bus?
    r"(?:take|have) a (?:look|guess)\b",
    r"give (?:me|us) (?:an?|one|some) (?:moment|minute|second|hand|break|chance|while|time|help|respect)\b",
    r"make (?:sure|sense|it short(?:er)?)\b",
    r"(?:keep going|give up|move on|take care|drop it|change of)\b",
    r"keep (?:the|your) answer\b",  # short
    r"draw (?:an? |the |your )?(?:conclusion|comparison|distinction|inference|attention)",
    r"(?:give|show|get|write)\s+(?:me|us)\s+(?:where|how|what|why|who|which|when|whether)\b",  # it is
    # "Make a list", but "make the text red"; up to five words between, but none after which comes a place.
    r"(?:give|show|generate|create|extract|write|(?:make|set|put|take|turn|bring|switch|keep|convert|transform|render)"
    r"(?!\s+(?:the|this|that|these|those|all|it)\b))\b"
    rf"(?:\s+(?!(?:on|onto|under|above|below|near|beside|next|with)\b)[\w'-]+){{0,5}}?\s+{TEXT}",
    r"extract\s.*\bnumbers\b",
    # "Turn this into HTML", "take this and tell me the total", "describe it"
    rf"(?:turn|convert|transform|render|put|write|switch)\b.*\b(?:in|into|to|as)\s+(?:an?\s+|plain\s+)?{FORMAT}\W*$",
    r"(?:take|keep|bring|cut|give|show|look)\b.*\b(?:and|then)\s+(?:tell|explain|describe|list)\b",
    r"(?:tell|explain|describe|translate|summari[sz]e)\b",
)
PLACED = rf"(?:on|onto|under|above|below|beside|next to|behind|in front of|left of|right of|near)\s+{THE_ONE}"
SLIGHTLY = r"(?:(?:a|bit|little|lot|tad|much|way|even|slightly|somewhat|still|make)\s+)*"
# What means the picture at hand, where there is one.
AT_HAND = any_of(
    rf"(?:draw|paint|sketch|create|generate)\s+{THE_ONE}",  # cat blue
    r"(?:draw|paint|sketch)\b.*\b(?:too|as well)\W*$",
    r"(?:draw|paint|sketch)\s+(?:one more|another)\b",
    rf"make\s+(?:the|this|that)\s+{PICTURE}\b",  # darker
    rf"paint\s+(?!(?:an?|one|two|three|four|me|us)\b).*\b{COLOR}{AT_THE_END}",  # cat blue
    # "I want the bus to be red", "a snow background", "a hat on the cat"
    rf"(?:i want|i'd like|i would like|give me)\s+{NO_TEXT}(?:(?!to\b|you\b).{{1,60}}\bto be\b|"
    rf"(?:an?\s+)?(?:(?!(?:to|you|the|on|in|at|with|against)\b)[\w-]+\s+){{1,4}}background(?:\s+and\b|{AT_THE_END})|"
    rf"(?!{A_PICTURE_OF})(?:an?|one|two|three|four|another|some)\b.{{1,60}}\b{PLACED})",  # cat
    rf"{NO_TEXT}(?:{THE_ONE}|they\b).{{0,40}}\bshould\s+"  # be blue
    rf"(?:be|have|wear|hold|stand|sit|lie|look|go|face|become|move)\b"
    rf"(?! (?:noted|said|careful|clear|possible)\b){NOT_ASKED}",
    rf"(?:i want|i'd like|i would like)\s+{NO_TEXT}(?:an?|one|two|three|four|another|some)\b.{{1,60}}\bin\s+"
    rf"(?:it|(?:the|this|that)\s+{PICTURE}){AT_THE_END}",  # a hat
    rf"(?:i want|i'd like|i would like)\s+{NO_TEXT}{THE_ONE}.{{0,40}}\b(?:at|on|in|to)\s+the\s+"
    rf"(?:top|bottom|upper|lower|left|right|middle|center|centre)\b",  # cat
    rf"i (?:don't|do not) want\s+{NO_TEXT}(?:the|any|an?|that|this)\s+(?!same\b){NOT_ASKED}",  # cup
    rf"(?:now\s+)?with\s+{A_THING}{NOT_ASKED}",  # red hat
    rf"(?:can|could|should) there be\s+{A_THING}|there (?:should|must) be\s+{NO_TEXT}(?:an?|no|two|three|four)\b"
    rf"{NOT_ASKED}",  # dog
    rf"(?:it|{THE_ONE}\s+[\w-]+)\s+needs\s+{A_THING}{NOT_ASKED}",  # hat
    rf"(?:(?:use|put|have|i want|i'd like|i would like)\s+)?{A_THING}.{{1,60}}\binstead of\s+(?:{THE_ONE}|an?\b)"
    rf"{NOT_ASKED}",  # cup
    rf"instead of\s+(?:{THE_ONE}|an?\b).{{1,40}},\s*(?:(?:use|put|i want|i'd like)\s+)?(?:an?|two|three|four)\b"
    rf"{NOT_ASKED}",  # "the cup, a hat"
    rf"an?\s+(?:bigger|larger|smaller)\s+{NO_TEXT}{NOT_ASKED}",  # cat
    rf"{NOT_ASKED}(?!\w+\s+{PICTURE}\b){THE_ONE}.{{0,40}}\b(?:is|are) too (?:small|tiny|big|large|huge){AT_THE_END}",
    rf"{NOT_ASKED}{NO_TEXT}{THE_ONE}.{{0,40}}\s+in (?:light |dark )?{COLOR}{AT_THE_END}",
    rf"make\s+.{{1,60}}\s+(?:appear|disappear|vanish){AT_THE_END}",
    rf"(?:lose|kill|eat)\s+{NO_TEXT}{THE_ONE}{NOT_ASKED}|scale\s+(?:up|down|the|it)\b",  # cat
    rf"(?:(?:at|by) night|no background){AT_THE_END}",
    rf"let\s+{NO_TEXT}(?:it|there|the|him|her|them)\b",  # snow
    r"let\s+.{1,80}\b(?:change|swap|trade) places\b",
    rf"without\s+(?:the|any|an?|that|this)\b{NOT_ASKED}",  # cup
    rf"(?:the\s+)?same(?:\s+(?:{PICTURE}|scene|one|thing))?,?\s+(?:but|only|just)\b{NOT_ASKED}",  # at night
    rf"{SLIGHTLY}(?:bigg|small|larg|dark|bright|light|soft|sharp|thinn|thick|tall|wid)er{AT_THE_END}",
    rf"{SLIGHTLY}(?:more|less)\s+(?:colou?rful|realistic|vivid|contrast|saturat\w+|light|{COLOR}){AT_THE_END}",
    rf"(?:in|as)\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+){{0,3}}"  # pixel art style
    rf"(?:style(?:\s+of\b[^,]*)?|watercolou?r|pixel art|line art|anime|cartoon|sketch){AT_THE_END}",
    # "Sketch style", and no sentence about one.
    r"(?!.*\b(?:i|you|he|she|we|they|who|how|what|which|why|is|are|was|has|in|of|this|that|the|a|name|identify|answer|"
    rf"write|use|your|my|nice|good|great)\b)(?:[\w'-]+\s+){{1,3}}style{AT_THE_END}",
    rf"(?:black and white|sepia(?: tone)?){AT_THE_END}",
    rf"(?:invert|pixelate|posteri[sz]e)(?:\s+(?:it|this|the))?(?:\s+(?:{PICTURE}|colou?rs))?{AT_THE_END}",
    r"use\s+(?!the\b|its\b)(?:[\w'-]+\s+){0,4}background\b",  # a snow background
    r"background\s*:(?!\s*(?:what|who|where|how|is|are)\b)",  # snow
    r"show only\b",  # the cat
    r"(?:only|just) keep\s+(?!going\b|in\b|it\b)",  # the cat
    rf"(?:{'|'.join(OF_PICTURES)}|zoom (?:in|out))\b",
    # "Fill the cup with tea", but "fix the spelling"
    r"(?:fix|repair|clean|restore|fill|cover|dress|separate|rearrange|raise|lower|stretch|widen|open|close|hang|wrap|"
    rf"decorate|light|soften|smooth|clear|improve)\s+(?:up\s+|in\s+)?(?:{THE_ONE}|an?\b)"
    rf"(?!(?:\s+[\w'-]+){{0,5}}?\s+(?:{TEXT}|spelling|grammar|typos?|bugs?|errors?|mistakes?|blanks?|form|gap)\b)",
)
FIRST_WORD = re.compile(r"([a-z]{3,})(?=\s+(?!(?:of|is|are|was|in|on|to|and|or|at)\b)\w)", re.IGNORECASE)
NO_SLIPS = set("chance charge crate gave invert male mate more point rate shirt tale trade".split())


@dataclass(frozen=True)
class Route:
    """The task, and the prompt or instruction for it; for an answer, the message itself."""

    task: Task
    text: str


def route(message: str, has_picture: bool) -> Route:
    """Reads a message by its first words, after words of politeness.

    Args:
        has_picture: whether the conversation has a picture that could be meant.
    """
    wish = spelled(without_politeness(message))
    asked = wish.endswith("?")
    if has_picture and AT_HAND.match(wish) and not (asked and WORDS.match(wish)):
        return Route("edit", wish.rstrip("?").strip())
    found = DRAW_A_PICTURE.match(wish)
    if found is None and WORDS.match(wish):
        return Route("answer", message)
    found = found or DRAW.match(wish) or WANTED.match(wish)
    if found is None and (PLEASE.search(message) or not has_picture):
        found = THING.match(wish)
    if found and (subject := wish[found.end() :].strip(" .!?")):
        return Route("draw", subject)
    if CHANGE.match(wish):
        return Route("edit", wish.rstrip("?").strip())
    return Route("answer", message)


def is_small_talk(message: str) -> bool:
    """Whether a message is politeness alone, or a question to the model about itself."""
    return message.strip() != "" and ABOUT_YOU.fullmatch(without_politeness(message)) is not None


def without_politeness(message: str) -> str:
    """The message without the words of politeness at its start."""
    plain = message.replace("’", "'").strip().strip("“”\"'")  # as phones type, and as the page's own words are quoted
    return POLITE.sub("", plain, count=1) if POLITE.match(plain) else plain


def spelled(wish: str) -> str:
    """The wish with a slip of one letter in its verb mended: "dlete the kite"."""
    found = FIRST_WORD.match(wish)
    word = found[1].lower() if found else ""
    if not word or word in NO_SLIPS or word in VERBS or word[:-1] in VERBS and word[-1] in "dnrsy":  # "given"
        return wish
    meant = [verb for verb in VERBS if len(verb) > 3 and is_slip(word, verb)]
    return meant[0] + wish[found.end() :] if meant else wish


def is_slip(word: str, verb: str) -> bool:
    """Whether one letter is missing, one too many, wrong, or has changed places with the next; the first may only have
    changed places, since "love the colours" is no slip of "move"."""
    same = len(commonprefix([word, verb]))
    left, meant = word[same:], verb[same:]
    changed = left[1:] in (meant, meant[1:]) or left == meant[1:]
    swapped = left[1::-1] + left[2:] == meant
    return swapped or changed and same > 0
