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
A_PICTURE = re.compile(
    rf"(?:draw|paint|sketch|generate|create|make|show|give|i want|i'd like)(?:\s+(?:me|us))?\s+{PICTURE}", re.IGNORECASE
)
# What is made of words, and what is so only where more is said of it: "a table of the prices", not "a red table".
TEXT = (
    r"(?:text|word|sentence|paragraph|name|title|caption|description|summary|summarie|list|answer|question|fact|idea|"
    r"example|reason|detail|conclusion|difference|plan|recipe|story|storie|poem|song|joke|essay|email|tweet|slogan|quiz|"
    r"report|review|code|script|program|equation|formula|translation|explanation|overview|advice|guess|hint|tip|prompt|"
    r"main point|(?:table|chart|letter|number|line|point|step)s?\s+(?:of|from|for|about|as)\b|total|sum|average)s?\b"
    r"(?!\s+(?:art|drawing|tag)\b)"
)
FORMAT = (
    r"(?:text|words?|code|json|yaml|xml|csv|html|markdown|latex|python|english|chinese|french|german|spanish|japanese|"
    r"(?:\w+\s+)?(?:sentence|list|table|paragraph)s?)"
)
THAT = r"\s+(?:the|this|that|these|those|all|it)\b"
WORDS = re.compile(
    # "Colour of the bus?", "draw a conclusion", "show me where it is"
    r"(?:colou?r|place)s? of\b|(?:take|have) a (?:look|guess)\b|make (?:sure|sense)\b|keep (?:the|your) answer\b|"
    r"draw (?:an? |the |your )?(?:conclusion|comparison|distinction|inference|attention)|"
    r"(?:give|show|get|write)\s+(?:me|us)\s+(?:where|how|what|why|who|which|when|whether)\b|"
    # "Make a list", but "make the text red"; up to five words between, but none after which comes a place.
    rf"(?:give|show|generate|create|extract|write|(?:make|set|put|take|turn|bring|switch|keep|convert|transform|render)"
    rf"(?!{THAT}))\b(?:\s+(?!(?:on|onto|under|above|below|near|beside|next|with)\b)[\w'-]+){{0,5}}?\s+{TEXT}|"
    r"extract\s.*\bnumbers\b|"
    # "Turn this into HTML", "take this and tell me the total", "describe it"
    rf"(?:turn|convert|transform|render|put|write|switch)\b.*\b(?:in|into|to|as)\s+(?:an?\s+|plain\s+)?{FORMAT}\W*$|"
    r"(?:take|keep|bring|cut|give|show|look)\b.*\b(?:and|then)\s+(?:tell|explain|describe|list)\b|"
    r"(?:tell|explain|describe|translate|summari[sz]e)\b",
    re.IGNORECASE | re.DOTALL,
)
# "Paint the cat blue", "make it blue", "draw one more" and "I want the bus to be red" mean the picture at hand.
AT_HAND = re.compile(
    r"(?:draw|paint|sketch|create|generate)\s+(?:the|it|them|this|that|these|those|both|all|every|each|my|his|her|its|"
    r"their)\b|make\s+(?:the|this|that)\s+(?:picture|image|photo|drawing|painting)\b|"
    r"(?:draw|paint|sketch)\b.*\b(?:too|as well)\W*$|(?:draw|paint|sketch)\s+(?:one more|another)\b|"
    rf"(?:i want|i'd like|i would like)\s+(?:(?!(?:the|your|an?)\s+{TEXT})(?:the|an?|all|both|every|each|it|them|my)\b"
    r".{0,60}\bto be\b|an?\b.{1,40}\bbackground(?:\s+(?:please|pls|thanks))?\W*$)|"
    r"let\s+.{1,80}\b(?:change|swap|trade) places\b|use\s+(?!the\b|its\b)(?:[\w'-]+\s+){0,4}background\b|"
    r"background\s*:(?!\s*(?:what|who|where|how|is|are)\b)|show only\b|(?:only|just) keep\s+(?!going\b|in\b|it\b)|"
    r"(?:invert|pixelate|posteri[sz]e)(?:\s+(?:it|this|the))?(?:\s+(?:picture|image|photo|colou?rs))?\W*$|"
    r"(?:black and white|sepia(?: tone)?)\W*$|"
    # "Sketch style", and no sentence about one.
    r"(?!.*\b(?:i|you|he|she|we|they|who|how|what|which|why|is|are|was|has|in|of|this|that|the|a|name|identify|answer|"
    r"write|use|your|my|nice|good|great)\b)(?:[\w'-]+\s+){1,3}style(?:\s+(?:please|pls|thanks))?\W*$",
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
    asked = wish.endswith("?")
    if has_picture and AT_HAND.match(wish) and not (asked and WORDS.match(wish)):
        return Route("edit", wish)
    found = A_PICTURE.match(wish)
    if found is None and WORDS.match(wish):
        return Route("answer", message)
    if found := found or DRAW.match(wish):
        if subject := wish[found.end() :].strip(" .!?"):
            return Route("draw", subject)
    if CHANGE.match(wish):
        return Route("edit", wish.rstrip("?").strip())
    return Route("answer", message)
