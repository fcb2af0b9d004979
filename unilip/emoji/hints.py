"""What a prompt asks for that the emoji world does not have, said kindly."""

import re
import unicodedata
from difflib import get_close_matches
from functools import cache, lru_cache

from unilip.emoji.captions import article
from unilip.emoji.vocabulary import BACKGROUNDS, CATEGORIES, NUMBERS, OBJECTS, STYLES
from unilip.emoji.wording import NUMBER_WORDS, color_words, lexicon, mentions, words_of

# Words that carry no thing: people use them around the things they ask for.
PLAIN_WORDS = frozenset(
    """
    a about above across add after again against all alone along also altogether am an and another any anymore anything
    apart appear are around art artwork as at away back backdrop background bad base be beautiful become becomes before
    behind below beneath beside besides best better between beyond big bigger biggest bit blurred blurry both bottom
    bright brightly bring brush but by bye can canvas caption center change clean clear clip close cold color colored
    colorful colors colour coloured colours compared contain contains convert cool corner could count couple create cut
    cute d dark darker day daytime decrease deep delete depict describe design detail different disappear do does
    double down drag draw drawing drawn drop dye each edge edit effect either eliminate else emoji emojis empty enlarge
    enormous erase evening every everything exactly except exchange extract far few filter find first flat flip
    floating for foreground four from front full generate get giant gigantic give glossy go gone good gradient grassy
    grayscale great ground group grow half has have having hello here hey hi hide high higher how huge i i'd i'm icon
    if illustration im image images imagine in include includes increase indoors insert inside instead into invert
    inverted invisible is isolate it it's item its just keep kept kind kinds know large larger largest last lay leave
    left leftmost less let let's lies light lighter like list little located lonely look looking looks lose lot low
    lower made make making many me medium middle mine mini minimal mirror modify monochrome more move moved much must
    my name near nearby neat need needs negative new next nice night nighttime no normal not nothing now number object
    objects of off old on once one ones only onto opposite or other others out outdoors outside over own paint painted
    painting pair pale part paste pastel pencil perfect photo photograph photos pic pick picture pictures piece pile
    pixelate pixelated pixels place placed plain please pls plus plz pose poster posterized pretty put quality real
    realistic recolor recolour reduce relative remove render rendered replace resize rest rid right rightmost rotate
    row same sandy scale scene second see set shape shift should show showing shown shows shrink side sides simple
    simply single sit sits sitting size sized sketched slightly small smaller smallest snowy so solid some someone
    something sort spot stand standing stands starry stars stay still style styled subject sunny surface swap switch
    take taken tell texture than thank thanks that the their them then there these they thing things this those three
    through throw times tinier tiniest tint tiny to together tone toned too top total toward towards transform try turn
    turned twice two under underneath up upon upper us use vanish version very view vintage vivid wall wanna want was
    watercolor watercolour watery we well what whats where wheres which while whole wide will wipe with within without
    wooden would wow you your zoom
    """.split()
)
# Things that look like a slip of one that is known ("tree" of "three"), but are meant.
STRANGERS = frozenset(
    """
    basket baskets bean beans beard beer bench benches blueberry blueberries boot boots bottle brain brains bread
    brick bride bush bushes butter button cactus cage candle candy card cards cart carts castle cave chain cherry
    chess cloud clouds clown clowns coat coin cone corn crab crow crown crows cyan deer dolphin donkey dragon drum
    duck fish flower flowers fox frog ghost goat grape grapes guitar hat heart helicopter house houses kitchen knight
    ladies lady lamp leaf lemon lion log marker markers monkey moon moose mushroom owl palace palaces panda pants
    parrot pasta pear pen pencil penguin people person pig planet planets plate plates pumpkin rabbit ring river
    robot rocket rose saw seal seed seeds shark shell shirt shoe shoes shop short shower showers shrimp shrimps sink
    sinks skin skull slide slides smiling snail snake spider stamp stamps star steak steaks stone store sun swing
    swings sword table thin tiger tire tires toad tomato tongue tongues tower toy toys tree trees turtle wallet
    wallets whale wheel wheels witch witches wolf
    """.split()
)
CONTRACTED = re.compile(r"'(?:d|ll|m|re|s|ve)$")  # "they're", "cat's"
SIMILAR = 0.8  # how alike two spellings have to be (difflib's ratio) for one to be taken as a slip of the other
SHORTEST_SLIP = 4  # letters; shorter words are too alike to guess
MOST_NAMED = 3

# It has learned what to say of animals; one that is to be drawn or changed has to be named.
CATEGORY = re.compile(rf"\b({'|'.join(CATEGORIES)})s?\b", re.IGNORECASE)
QUESTION = re.compile(
    r"\W*(?:and |but |so |then )*(?:any|are|count|describe|did|do|does|find|has|have|how|identify|is|list|name|say|"
    r"spot|tell|there|what|where|which|who|whose|why)\b|.*\?\W*$",
    re.IGNORECASE | re.DOTALL,
)


@cache
def known_words() -> frozenset[str]:
    """Every single word that the world has a meaning for, and the plain words around them."""
    phrases = [phrase for background in BACKGROUNDS.values() for phrase in background.phrases]
    texts = [*(" ".join(words) for words in lexicon()), *phrases, *BACKGROUNDS, *STYLES, *color_words(), *NUMBERS]
    texts += CATEGORIES  # to be asked about
    return PLAIN_WORDS | {word for text in texts for word in words_of(text)}


def unknown_words(text: str) -> dict[str, str | None]:
    """Words of the text that the world does not have, in order, each with the word that was probably meant. Slips of
    plain words, which change no meaning, are left out."""
    known = known_words()
    unknown: dict[str, str | None] = {}
    for word in words_of(text):
        whole = CONTRACTED.sub("", word)
        if not word[0].isalpha() or len(word) < 2 or {word, whole} & known or "n't" in word or word in NUMBER_WORDS:
            continue
        if word not in STRANGERS and any(word.removesuffix(ending) in known for ending in ("s", "es", "ish", "y")):
            continue
        close = () if word in STRANGERS or len(word) < SHORTEST_SLIP else meant_by(word)
        if not close or close[0] not in PLAIN_WORDS:
            unknown[word] = close[0] if close else None
    return unknown


@lru_cache(4096)  # a prompt is looked at anew with every key
def meant_by(word: str) -> list[str]:
    """Known words that a word may be a slip of, the likeliest first."""
    close = get_close_matches(word, known_words(), 3, SIMILAR)
    return [meant for meant in close if meant[0] == word[0]]  # hardly anyone slips at the first letter


def hint(text: str) -> str:
    """One or two sentences for who asks for what the world does not have; empty where all is known."""
    letters = filter(str.isalpha, text)
    scripts = {"LATIN" in unicodedata.name(letter, "") for letter in letters}
    if text.strip() and scripts != {True}:
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
    if any((mention.count or 0) > 4 for mention in mentions(text)):
        sentences.append("It counts only up to four of a thing.")
    if (found := CATEGORY.search(text)) and not QUESTION.match(text):
        category = found[1].lower()
        examples = [article(name) for name in CATEGORIES[category][:MOST_NAMED]]
        sentences.append(f"Say which {category}, such as {_join(examples, 'or')}.")
    return " ".join(sentences)


def _join(words: list[str], conjunction: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
