"""The style of a whole picture: whether one is asked for, and a picture in a style as a picture and a change of it."""

import re

from unilip.simple_instruction import PIXELS

# What a small model is told for each style that people name.
REQUESTS = {
    "make it black and white": "black and white|b&w|gr[ae]y ?scale|monochrome",
    "make it sepia": "sepia|old photo",
    "make it a pencil sketch": "(?:pencil )?sketch|(?:pencil|line) drawing",
    "make it pixel art": PIXELS,
    "make it a negative": "(?:photo )?negative|inverted colou?rs?",
    "make it a poster": "poster|few colou?rs?",
    "make it a watercolor": "water ?colou?r",
}
MEDIUM = r"(?: (?:photo|photograph|picture|image|drawing|painting|art|style|tones?|graphics|version))?"
ASKED = r"(?:please )?(?:(?:can|could) you )?(?:(?:draw|paint|make|create|show|generate)(?: me)? )?"
FORMS = (
    r"(?P<what>.*?\w),? (?:in|as|with)(?: an?)?(?: the style of an?)? {style}(?:,? please)?[ .!?]*",
    r"(?P<what>.*?\w), (?:an? )?{style}(?:,? please)?[ .!?]*",
    rf"(?P<asked>{ASKED})(?:an? )?{{style}} (?:of|with|showing) (?P<what>.*\w.*)",
)
# "A pixel art cat" is one in that style, "a black and white cat" need not be.
BEFORE = rf"(?P<asked>{ASKED}(?:(?:an?|two|three|four) )?){{style}} (?!art|style)(?P<what>\w.*)"
PROMPTS = [
    (re.compile(form.format(style=f"(?:{style}){MEDIUM}"), re.IGNORECASE), request)
    for request, style in REQUESTS.items()
    for form in (*FORMS, *([BEFORE] if style == PIXELS else []))
]

STYLES = (
    r"pixel|8[ -]?bit|sketch|pencil|drawing|watercolou?r|painting|poster|sepia|gr[ae]y ?scale|black and white|negative|"
    r"invert|cartoon|anime|comic|old photo|vintage|style"
)
PICTURE = r"(?:whole |entire )?(?:picture|image|photo|scene|colou?r)"
STYLE = re.compile(rf"\b(?:{STYLES})", re.IGNORECASE)
# What is asked of a thing and not of the picture: "make the cat a sketch", "remove the poster".
THING = re.compile(
    rf"\b(?:the|my|this|an?|each|every) (?!{PICTURE}|{STYLES}|\w+ (?:{STYLES})|(?:into|to|in|as|look|an?)\b)\w|"
    r"\b(?:add|put|place|insert|remove|delete|erase|take|replace|swap|move|cut|crop|extract|keep)\b",
    re.IGNORECASE,
)


def restyles(instruction: str) -> bool:
    """Whether an instruction asks for another style of the whole picture: "make it a sketch"."""
    return bool(STYLE.search(instruction)) and not THING.search(instruction)


def drawn_first(prompt: str) -> list[str]:
    """A prompt for a picture in a style as a prompt without it and an instruction: "a sketch of a cat" as "a cat" and
    "make it a pencil sketch". Nothing of any other prompt."""
    text = " ".join(prompt.split())
    for pattern, request in PROMPTS:
        if found := pattern.fullmatch(text):
            return [(found.groupdict().get("asked") or "") + found["what"], request]
    return []
