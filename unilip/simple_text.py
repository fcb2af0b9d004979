"""What people write around a request, taken from a small model that has learned from simple sentences alone."""

import re
import unicodedata

STRANGE = re.compile(r"[^\w\s.,:?!'&+]|_|(?<!\w)'|'(?!\w)")
SIGN = re.compile(r" ?([.,:?!])(?!(?<=\d.)\d)[ .,:?!]*")  # but that of "1.5"
WORD = re.compile(r"[^\W\d_]+")
# "Hi! ...", "ok so, ...", "In this picture, ...", "Question: ..."
BEFORE = re.compile(
    r"(?:(?:hi there|hey there|hi|hello|hey|good (?:morning|evening|day)|okay|ok|thanks|thank you)\b[.,:!]?|"
    r"(?:so|well|great|nice|cool|wow|please|question|q)[.,:!]|so(?= (?:what|how|is|are|where|which|who|do|does)\b)|"
    r"(?:can|could|would|will) you (?:please )?(?:tell|say|show) me[,:]|"
    r"(?:in|on|from|given|(?:take a )?look(?:ing)? at|considering) (?:this|the) (?:picture|image|photo|scene)[.,:])\s+",
    re.IGNORECASE,
)
# "... ? Answer in one word."
AFTER = re.compile(
    r"(?:(?<=[?.!])\s+(?:please |just |only )?(?:answer|reply|respond|be brief|keep it short|explain)|"
    r"\s+(?-i:Answer|Reply|Respond))\b.*$",
    re.IGNORECASE,
)
DETAIL = re.compile(r"\s+in (?:great |more |full )?detail(?=[.?!]?$)", re.IGNORECASE)  # "describe it in detail"
# "..., highly detailed, 4k"
BOOSTERS = re.compile(
    r",\s*(?:(?:(?:highly|very|ultra|extremely|super|hyper)\s?)?(?:detailed|realistic)|[48]\s?k|(?:u|full )?hd|hdr|"
    r"masterpiece|(?:best|high|top) quality|trending on \w+|photorealistic|cinematic(?: lighting)?|sharp(?: focus)?|"
    r"(?:beautiful|dramatic|studio|soft|volumetric) lighting|award.winning|octane render|unreal engine)(?=[,.]|$)",
    re.IGNORECASE,
)
COLORS = "red|orange|yellow|green|blue|purple|violet|pink|brown|black|white|gr[ae]y"
COLORED = re.compile(rf"\b({COLORS}) colou?red\b", re.IGNORECASE)  # "red-colored"
YOU = re.compile(r"\bu\b", re.IGNORECASE)
SIDE = re.compile(r"\b((?:on|at|to) the (?:left|right|top|bottom)) side\b(?! of)", re.IGNORECASE)


def simplified(text: str) -> str:
    """The text as such a model has learned to read: with capitals at its start and in "I" alone, single spaces between
    words, no other signs than those of simple sentences, "red" for "red-colored", "you" for "u", "on the left" for "on
    the left side", no greetings, and no words on the quality of the picture or the length of the answer. A text of
    nothing else stays as it is."""
    simple = unicodedata.normalize("NFKC", text).replace("’", "'").replace(";", ",")
    simple = SIGN.sub(r"\1 ", " ".join(STRANGE.sub(" ", simple).split())).strip()
    simple = SIDE.sub(r"\1", YOU.sub("you", simple))
    simple = COLORED.sub(r"\1", BOOSTERS.sub("", DETAIL.sub("", AFTER.sub("", simple))))
    while found := BEFORE.match(simple):
        simple = simple[found.end() :]
    simple = simple[:1] + WORD.sub(lambda word: word[0] if word[0] == "I" else word[0].lower(), simple[1:])
    return simple or text
