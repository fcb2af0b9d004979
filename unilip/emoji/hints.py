"""What a prompt asks for that the emoji world does not have, said kindly."""

import re
from difflib import get_close_matches
from functools import cache

from unilip.emoji.vocabulary import BACKGROUNDS, NUMBERS, OBJECTS, STYLES
from unilip.emoji.wording import NUMBER_WORDS, color_words, lexicon, words_of

# Words that carry no thing: people use them around the things they ask for.
PLAIN_WORDS = frozenset(
    """
    a about above across add after again against all alone along also an and another any apart are around as at away
    back background backdrop bad base be beautiful before behind below beneath beside besides best better between beyond
    big bigger bit black-and-white both bottom bright brightly but by can canvas center change clean clear clip close
    cold color colored colorful colors colour coloured colours convert corner could couple create cute cut dark darker
    delete depict design different do does down draw drawing drop drawn each edge edit either else emoji emojis empty
    erase every everything exactly extract far few filter find first floating flip flat for foreground four from front
    full generate get giant give glossy go good great ground group half has have having here hide high huge i icon if
    illustration image images in inside instead into is isolate it item its just keep kept large larger last lay
    leave left leftmost less let lies light lighter like little lonely look looking looks lot low lower made make making
    many me medium middle mine mini minimal modify more move moved much must my near nearby neat new next nice no normal
    not nothing now number object objects of off old on once one ones only onto opposite or other others out over own
    paint painted painting pair paste photo photograph photos pic pick picture pictures piece pile place placed plain
    please pose pretty put quality real realistic recolor recolour remove rendered render replace rest right rightmost
    rid row same scene second see set shape show shown showing shows shrink side sides simple simply single sit sits
    sitting size sized slightly small smaller so solid some someone something spot standing stand stands stay still
    style styled subject swap take taken than that the their them then there these they thing things this those through
    tiny to together top total toward towards transform turn turned two under underneath up upper upon us use version
    very view wall want was we what where which while whole wide will with within without would you your
    art artwork effect enlarge grow grayscale grey-scale inverted invert look monochrome negative old-fashioned pencil
    pixelated pixels poster posterized sepia-toned sketched tone toned vintage watercolor watercolour watery brush
    pastel pale deep vivid gradient surface texture outdoors indoors outside inside sunny sun stars star night nighttime
    evening day daytime snowy sandy grassy wooden starry blurry blurred resize scale rotate mirror twice times double
    """.split()
)
SIMILAR = 0.8  # how alike two spellings have to be (difflib's ratio) for one to be taken as a slip of the other
SHORTEST_SLIP = 4  # letters; shorter words are too alike to guess
MOST_NAMED = 3


@cache
def known_words() -> frozenset[str]:
    """Every single word that the world has a meaning for, and the plain words around them."""
    phrases = [phrase for background in BACKGROUNDS.values() for phrase in background.phrases]
    texts = [*(" ".join(words) for words in lexicon()), *phrases, *BACKGROUNDS, *STYLES, *color_words(), *NUMBERS]
    return PLAIN_WORDS | {word for text in texts for word in words_of(text)}


def unknown_words(text: str) -> dict[str, str | None]:
    """Words of the text that the world does not have, in order, each with the word that was probably meant."""
    known = known_words()
    unknown: dict[str, str | None] = {}
    for word in words_of(text):
        if not word[0].isalpha() or word in known or word.removesuffix("'s") in known or word in NUMBER_WORDS:
            continue
        if any(word.removesuffix(ending) in known for ending in ("s", "es", "ish", "y")):
            continue
        close = get_close_matches(word, known - PLAIN_WORDS, n=1, cutoff=SIMILAR) if len(word) >= SHORTEST_SLIP else ()
        unknown[word] = close[0] if close else None
    return unknown


def numbers_above_four(text: str) -> list[str]:
    """Counts that the world never shows."""
    return [word for word in words_of(text) if (word.isdigit() and int(word) > 4) or word in NUMBER_WORDS[5:]]


def hint(text: str) -> str:
    """One or two sentences for who asks for what the world does not have; empty where all is known."""
    if text.strip() and not re.search("[A-Za-z]", text):
        return "This small model reads simple English only."
    sentences = []
    unknown = unknown_words(text)
    slips = [f"“{meant}” instead of “{word}”" for word, meant in unknown.items() if meant]
    strange = [f"“{word}”" for word, meant in unknown.items() if not meant]
    if slips:
        sentences.append(f"Did you mean {_join(slips[:MOST_NAMED])}?")
    if strange:
        sentences.append(
            f"This small model has never seen {_join(strange[:MOST_NAMED], 'or')} and will guess. "
            f"It knows {len(OBJECTS)} things, such as a cat, a bus or an umbrella."
        )
    if numbers_above_four(text):
        sentences.append("It counts only up to four of a thing.")
    return " ".join(sentences)


def _join(words: list[str], conjunction: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
