"""What a message in a conversation asks for: an answer, a drawing, or a change of the last picture."""

import re
from dataclasses import dataclass
from typing import Literal

POLITE = re.compile(
    r"(?:(?:hey|hi|hello|ok|okay|now|then|and|so|next|please|pls|kindly|just|also|great|nice|perfect|thanks|thank you|"
    r"yes|no|(?:can|could|would|will) (?:you|u)|i(?:'d| would) like you to|i want you to|let's|lets)\b[\s,.!:;-]*)+",
    re.IGNORECASE,
)
PICTURE = (
    r"(?:(?:a|an|the|one|some|two|three|four|\d)\s+)?(?:new\s+)?"
    r"(?:picture|image|photo|drawing|painting)s?\s+(?:of|with|showing)\s+"
)
DRAW = re.compile(rf"(?:draw|paint|sketch|generate|create|illustrate)(?:\s+(?:me|us))?\s+(?:{PICTURE})?", re.IGNORECASE)
# What "create a description" and "extract the text" want is words; "remove the text" wants a picture.
SAID = (
    r"(?:text|word|sentence|paragraph|line|letter|number|digit|name|title|caption|description|summary|summarie|list|"
    r"answer|question|fact|idea|example|reason|detail|conclusion|difference|point|step|plan|recipe|story|storie|poem|"
    r"song|joke|essay|email|tweet|post|slogan|quiz|report|review|code|script|program|function|equation|formula|table|"
    r"chart|total|sum|average|translation|explanation|overview|advice|guess|hint|tip|prompt|json|yaml|xml|csv|html|"
    r"markdown|latex|english|chinese|french|german|spanish)s?\b"
)
WORDS = re.compile(
    r"(?!.*\b(?:picture|image|photo|drawing|painting)s? (?:of|with|showing)\b)"
    r"(?:(?:colou?r|place)s? of\b|(?:take|have) a (?:look|guess)\b|make (?:sure|sense)\b|"
    r"draw (?:an? |the |your )?(?:conclusion|comparison|distinction|inference|attention)|"
    r"(?:give|show|bring|take|get|keep|set|cut|write)\s+(?:me|us)\b|"
    r"(?:(?:make|set|put|take)(?!\s+the\b)|"  # "make the text red"
    r"give|show|generate|create|extract|convert|transform|render|turn|bring|keep|write|switch)\b"
    # Up to five words between, but none after which comes where something is to be.
    r"(?:\s+(?!(?:on|onto|under|above|below|near|beside|next)\b)[\w'-]+){0,5}?\s+"
    + SAID
    + r"|.*\b(?:tell|explain|describe|translate|summari[sz]e)\b)",
    re.IGNORECASE | re.DOTALL,
)
MAKE = re.compile(rf"(?:make|show|give|i want|i'd like)(?:\s+(?:me|us))?\s+{PICTURE}", re.IGNORECASE)
# "Paint the cat blue" and "make it blue" mean the picture at hand.
AT_HAND = re.compile(
    r"(?:draw|paint|sketch|create|generate)\s+(?:the|it|them|this|that|these|those|both|all|every|each|my|his|her|its|"
    r"their)\b|make\s+(?:the|this|that)\s+(?:picture|image|photo|drawing|painting)\b",
    re.IGNORECASE,
)
# So do "draw one more", "sketch style" and "I want the bus to be red".
SO_TOO = re.compile(
    r"(?:draw|paint|sketch|create)\b.*\b(?:too|as well|also)\W*$|(?:draw|paint|sketch|create)\s+(?:one more|another)\b|"
    r"(?:i want|i'd like|i would like)\s+.{1,60}\b(?:to be|background)\b|let\s+.{1,80}\b(?:change|swap|trade) places\b|"
    r"use\s+(?:[\w'-]+\s+){0,4}background\b|background\s*:|show only\b|(?:only|just) keep\b|"
    r"(?:invert|pixelate|posteri[sz]e)\b|(?:black and white|sepia)\W*$|"
    r"(?!(?:what|which|is|in)\b)(?:[\w'-]+\s+){1,3}(?:style|tone)(?:\s+(?:please|pls|thanks))?\W*$",
    re.IGNORECASE,
)
CHANGE = re.compile(
    r"(?:make|turn|change|remove|delete|erase|add|put|place|replace|swap|switch|exchange|move|shift|recolou?r|colou?r|dye|"
    r"give|take|get rid|extract|isolate|keep|cut|convert|set|enlarge|shrink|resize|increase|decrease|grow|transform|"
    r"render|apply|insert|drop|bring|paint)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Route:
    """The task, and the prompt or instruction for it; for an answer, the message itself."""

    task: Literal["answer", "draw", "edit"]
    text: str


def route(message: str, has_picture: bool) -> Route:
    """Reads a message by its first words, after words of politeness.

    Args:
        has_picture: whether the conversation has a picture that could be meant.
    """
    plain = message.replace("’", "'").strip().strip("“”\"'")  # as phones type, and as the page's own words are quoted
    wish = POLITE.sub("", plain, count=1) if POLITE.match(plain) else plain
    if WORDS.match(wish):
        return Route("answer", message)
    if has_picture and (AT_HAND.match(wish) or (SO_TOO.match(wish) and not wish.endswith("?"))):
        return Route("edit", wish)
    if found := DRAW.match(wish) or MAKE.match(wish):
        if subject := wish[found.end() :].strip(" .!?"):
            return Route("draw", subject)
    if CHANGE.match(wish):
        return Route("edit", wish.rstrip("?").strip())
    return Route("answer", message)
