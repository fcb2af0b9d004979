"""Questions for yes or no: each way takes the answer that is wanted and may find no question for it."""

import numpy as np

from unilip.emoji.asking import PICTURE, Asked, asked
from unilip.emoji.captions import PLURAL_NOUNS, pick, pluralize, shows_color
from unilip.emoji.categories import is_of_category
from unilip.emoji.choosing import is_bigger
from unilip.emoji.facts import absent, color_of, counted, groups, refer, spoken_side
from unilip.emoji.scenes import Scene, Thing, relation
from unilip.emoji.vocabulary import COLORS, NUMBERS
from unilip.emoji.wording import another_word, be, indefinite

STYLE_WORDS = {
    "grayscale": ("black and white", "in grayscale"),
    "sketch": ("a sketch", "a pencil drawing"),
    "sepia": ("in sepia",),
    "pixel art": ("pixel art",),
    "negative": ("a negative",),
}


def yes_no(scene: Scene, rng: np.random.Generator) -> Asked:
    wanted = bool(rng.random() < 0.5)
    ways = YES_NO_WAYS if scene.things else (is_there,)
    for index in (*rng.permutation(len(ways)), 0):
        found = ways[index](scene, rng, wanted)
        if found:
            return asked("yes/no", found[0], "yes" if wanted else "no", rng, found[1])
    return asked("yes/no", f"Is there {indefinite(absent(scene, rng))}?", "no", rng)


Found = tuple[str, tuple[Thing, ...]] | None


def is_there(scene: Scene, rng: np.random.Generator, wanted: bool) -> Found:
    found = groups(scene)
    if wanted and not found:
        return None
    name = pick(rng, list(found)) if wanted else absent(scene, rng)
    word = another_word(name, rng)
    if rng.random() < 0.3:
        text = pick(rng, ("Are there any {o}?", "Do you see any {o}?", "Any {o} in the {p}?")).format(
            o=pluralize(word), p=pick(rng, PICTURE)
        )
    else:
        text = pick(
            rng,
            (
                "Is there {o}?",
                "Is there {o} in the {p}?",
                "Do you see {o}?",
                "Can you see {o}?",
                "Does the {p} show {o}?",
                "Does the {p} contain {o}?",
                "Does it contain {o}?",
                "{O}?",
            ),
        ).format(o=indefinite(word), O=word.capitalize(), p=pick(rng, PICTURE))
    return text, found.get(name, ())


def is_it(scene: Scene, rng: np.random.Generator, wanted: bool) -> Found:
    if len(scene.things) != 1:
        return None
    (thing,) = scene.things
    word = indefinite(another_word(thing.name if wanted else absent(scene, rng), rng))
    return pick(rng, ("Is this {o}?", "Is it {o}?", "Is that {o}?")).format(o=word), (thing,)


def is_there_colored(scene: Scene, rng: np.random.Generator, wanted: bool) -> Found:
    name, things = pick(rng, list(groups(scene).items()))
    colors = {color_of(scene, thing) for thing in things}
    if None in colors:
        return None
    color = pick(rng, sorted(colors) if wanted else [color for color in COLORS if color not in colors])
    phrase = indefinite(f"{color} {name}")
    text = pick(rng, ("Is there {o}?", "Do you see {o}?", "Is there {o} in the {p}?", "Can you see {o}?"))
    if name in PLURAL_NOUNS:
        phrase = f"a pair of {color} {name}"
    return text.format(o=phrase, p=pick(rng, PICTURE)), things if wanted and len(things) == 1 else ()


def is_color(scene: Scene, rng: np.random.Generator, wanted: bool) -> Found:
    thing = pick(rng, scene.things)
    color, phrase = color_of(scene, thing), refer(scene, thing, rng, by_color=False)
    if not color or not phrase:
        return None
    said = color if wanted else pick(rng, [other for other in COLORS if other != color])
    text = pick(rng, ("{Is} {o} {c}?", "{Is} {o} {c} in color?", "{Is} the color of {o} {c}?"))
    verb = "Is" if "color of" in text else be(thing.name).capitalize()
    return text.format(Is=verb, o=phrase, c=said), (thing,)


def is_relative(scene: Scene, rng: np.random.Generator, wanted: bool) -> Found:
    if len(scene.things) < 2:
        return None
    first, second = (scene.things[index] for index in rng.permutation(len(scene.things))[:2])
    one, other = refer(scene, first, rng), refer(scene, second, rng)
    if not one or not other or not relation(first, second):
        return None
    return f"{be(first.name).capitalize()} {one} {spoken_side(first, second, wanted, rng)} {other}?", (first,)


def is_count(scene: Scene, rng: np.random.Generator, wanted: bool) -> Found:
    name, things = pick(rng, list(groups(scene).items()))
    # Single things stand in most scenes: asked as often as several, they would give the answer away. That there are two
    # of what is there once, or not at all, has to be denied now and then.
    if len(things) == 1 and rng.random() < (0.92 if wanted else 0.86):
        return None
    if not wanted and rng.random() < 0.2:
        name, things = absent(scene, rng), ()
    if name in PLURAL_NOUNS or len(things) >= len(NUMBERS):
        return None
    if rng.random() < 0.2 and wanted == (len(things) > 1):
        return pick(rng, ("Is there more than one {o}?", "Do you see more than one {o}?")).format(o=name), things
    wrong = (2, 2, 3, 4) if len(things) < 2 else [count for count in (1, 2, 3, 4) if count != len(things)]
    said = len(things) if wanted else pick(rng, wrong)
    if said == 1:
        return pick(rng, ("Is there only one {o}?", "Is there just one {o}?")).format(o=name), things
    text = pick(rng, ("Are there {n}?", "Are there {n} in the {p}?", "Do you see {n}?", "Does the {p} show {n}?"))
    return text.format(n=counted(name, said), p=pick(rng, PICTURE)), things


def is_background(scene: Scene, rng: np.random.Generator, wanted: bool) -> Found:
    base = scene.background.removesuffix(" gradient").split()[-1]
    if not shows_color(scene) or base not in COLORS:
        return None
    # Pale, dark and gray shades lie near one another: only a plainly other colour is asked for.
    near = {"white", "gray", "black"} | ({"orange", "red", "brown"} if base in ("orange", "red", "brown") else set())
    near |= {"pink", "purple"} if base in ("pink", "purple") else set()
    near |= {"yellow", "orange"} if base in ("yellow", "orange") else set()
    said = (
        scene.background.removesuffix(" gradient")
        if wanted
        else pick(rng, [c for c in COLORS if c not in near | {base}])
    )
    text = pick(rng, ("Is the background {c}?", "Is it on {a} background?", "Is the background color {c}?"))
    return text.format(c=said, a=indefinite(said)), ()


def is_style(scene: Scene, rng: np.random.Generator, wanted: bool) -> Found:
    if scene.style not in STYLE_WORDS and (wanted or rng.random() < 0.97):  # few pictures have a style
        return None
    style = scene.style if wanted else pick(rng, [style for style in STYLE_WORDS if style != scene.style])
    return f"Is the {pick(rng, PICTURE)} {pick(rng, STYLE_WORDS[style])}?", ()


YES_NO_WAYS = (
    is_there,
    is_there,
    is_it,
    is_there_colored,
    is_of_category,
    is_color,
    is_relative,
    is_bigger,
    is_count,
    is_count,
    is_background,
    is_style,
)
