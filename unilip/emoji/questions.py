"""Questions about a scene with their answers, alone and as conversations that refer back."""

from collections.abc import Callable

import numpy as np

from unilip.emoji import answers, asking, categories, choosing
from unilip.emoji.asking import PICTURE, Asked, Question, asked
from unilip.emoji.captions import PLURAL_NOUNS, pick, pluralize
from unilip.emoji.choosing import is_bigger
from unilip.emoji.facts import color_of, groups, listed, place, refer, spoken_side
from unilip.emoji.scenes import Scene, Thing, relation
from unilip.emoji.verdicts import is_relative, yes_no
from unilip.emoji.vocabulary import COLORS, NUMBERS
from unilip.emoji.wording import another_word, be, pronoun

KINDS = ("what", "color", "count", "where", "yes/no", "describe")
KIND_WEIGHTS = (0.18, 0.18, 0.14, 0.15, 0.19, 0.16)
ASKERS: dict[str, tuple[Callable[[Scene, np.random.Generator], Asked | None], ...]] = {
    "what": (
        asking.what_all,
        asking.what_all,
        asking.what_side,
        asking.what_relative,
        asking.what_beside,
        asking.what_colored,
        asking.what_background,
        categories.what_of_category,
        choosing.thing_choice,
        choosing.biggest,
    ),
    "color": (
        asking.color_one,
        asking.color_one,
        asking.color_one,
        asking.color_group,
        asking.color_background,
        choosing.color_choice,
    ),
    "count": (
        asking.count_objects,
        asking.count_objects,
        asking.count_objects,
        asking.count_all,
        categories.count_of_category,
    ),
    "where": (
        asking.where_place,
        asking.where_place,
        asking.where_relation,
        asking.where_relation,
        choosing.side_choice,
        choosing.relation_choice,
    ),
    "yes/no": (yes_no,),
    "describe": (asking.describe_all,),
}


def is_right(question: Question, answer: str) -> bool:
    """Whether an answer, in whatever words, says what the question's own answer says."""
    return answers.agrees(question.kind, question.question, question.answer, answer)


def random_question(scene: Scene, rng: np.random.Generator, kind: str | None = None) -> Question | None:
    """A question of that kind (None: any); None where the scene allows no unambiguous question of the kind."""
    asked = ask(scene, rng, kind)
    return asked and asked.question


def conversation(scene: Scene, rng: np.random.Generator, turns: int, comparisons: float = 0.0) -> list[Question]:
    """So many questions about one scene, none twice in the same words, and hardly any twice in other words; some refer
    back to the one before. `comparisons` is the share of turns that compare two things, where the scene allows it,
    beyond those that come up by themselves."""
    asked = [(comparisons and rng.random() < comparisons and compare(scene, (), rng)) or ask(scene, rng)]
    tries = 0
    while len(asked) < turns:
        following = None
        if comparisons and rng.random() < comparisons:
            following = compare(scene, asked[-1].topic, rng)
        elif asked[-1].topic and rng.random() < 0.5:
            following = follow_up(scene, asked[-1], rng)
        following = following or ask(scene, rng)
        texts = {one.question.question for one in asked}
        known = {(one.question.kind, one.question.answer, one.topic) for one in asked if one.question.kind != "yes/no"}
        tries += 1
        again = (following.question.kind, following.question.answer, following.topic) in known
        # A scene with little in it runs out of new facts, but not of new words.
        if following.question.question not in texts and (not again or tries > 4 * turns):
            asked.append(following)
    return [one.question for one in asked]


def ask(scene: Scene, rng: np.random.Generator, kind: str | None = None) -> Asked | None:
    if kind is None:
        for drawn in rng.choice(KINDS, size=len(KINDS), replace=False, p=KIND_WEIGHTS):
            asked = ask(scene, rng, str(drawn))
            if asked:
                return asked
    if kind not in ASKERS:
        raise ValueError(f"no such kind of question: {kind!r}; the kinds are {', '.join(KINDS)}")
    ways = ASKERS[kind]
    for index in rng.permutation(len(ways)):
        asked = ways[index](scene, rng)
        if asked:
            return asked
    return None


def compare(scene: Scene, topic: tuple[Thing, ...], rng: np.random.Generator) -> Asked | None:
    """Where a thing is, seen from another ("it", if one was spoken of), or which of two is bigger."""
    if len(topic) == 1 and rng.random() < 0.5:
        return is_it_relative(topic[0], *other_thing(scene, topic[0], rng), rng)
    way = pick(rng, (is_relative, is_bigger, choosing.biggest))
    if way is choosing.biggest:
        return way(scene, rng)
    wanted = bool(rng.random() < 0.5)
    found = way(scene, rng, wanted)
    return found and asked("yes/no", found[0], "yes" if wanted else "no", rng, found[1])


def other_thing(scene: Scene, thing: Thing, rng: np.random.Generator) -> tuple[Thing | None, str | None]:
    """A thing that stands plainly to one side of another, and a phrase for it."""
    others = [other for other in scene.things if other is not thing and relation(thing, other)]
    other = pick(rng, others) if others else None
    return other, other and refer(scene, other, rng)


def is_it_relative(thing: Thing, other: Thing | None, phrase: str | None, rng: np.random.Generator) -> Asked | None:
    """Whether "it" is to one side of another thing, by the phrase for that."""
    if not phrase:
        return None
    wanted = bool(rng.random() < 0.5)
    it = {"it": "it", "them": "they"}[pronoun(thing.name)]
    text = f"{be(thing.name).capitalize()} {it} {spoken_side(thing, other, wanted, rng)} {phrase}?"
    return asked("yes/no", text, "yes" if wanted else "no", rng, (thing,))


def follow_up(scene: Scene, before: Asked, rng: np.random.Generator) -> Asked | None:
    """A question with "it" or "they" for what was spoken of, or "and the dog?" for the same about another thing."""
    topic = before.topic
    if rng.random() < 0.3:
        again = the_same_of_another(scene, before, rng)
        if again:
            return again
    if len(topic) > 1:
        colors = [color_of(scene, thing) for thing in topic]
        if None not in colors and rng.random() < 0.5:
            text = pick(rng, ("What color are they?", "And what color are they?", "Which color do they have?"))
            return asked("color", text, listed(list(dict.fromkeys(colors))), rng, topic)
        if before.question.kind == "count" or len(topic) >= len(NUMBERS):
            return None
        text = pick(rng, ("How many of them?", "How many are there?", "And how many of them are there?", "How many?"))
        return asked("count", text, NUMBERS[len(topic)], rng, topic)
    thing = topic[0]
    be_, it = be(thing.name), {"it": "it", "them": "they"}[pronoun(thing.name)]
    color, where = color_of(scene, thing), place(thing)
    other, phrase = other_thing(scene, thing, rng)
    draw = rng.random()
    if color and before.question.kind != "color" and draw < 0.4:
        if rng.random() < 0.7:
            text = pick(
                rng, ("What color {is_} {it}?", "And what color {is_} {it}?", "Which color {is_} {it}?", "What color?")
            )
            return asked("color", text.format(is_=be_, it=it), color, rng, topic)
        said = color if rng.random() < 0.5 else pick(rng, [c for c in COLORS if c != color])
        return asked("yes/no", f"{be_.capitalize()} {it} {said}?", "yes" if said == color else "no", rng, topic)
    if phrase and draw < 0.7:
        return is_it_relative(thing, other, phrase, rng)
    if where and before.question.kind != "where":
        text = pick(rng, ("Where {is_} {it}?", "And where {is_} {it}?", "Where in the {p} {is_} {it}?"))
        return asked("where", text.format(is_=be_, it=it, p=pick(rng, PICTURE)), where, rng, topic)
    return None


def the_same_of_another(scene: Scene, before: Asked, rng: np.random.Generator) -> Asked | None:
    kind, topic = before.question.kind, before.topic
    others = [things for name, things in groups(scene).items() if name != topic[0].name and len(things) < len(NUMBERS)]
    if not others:
        return None
    things = pick(rng, others)
    word = another_word(things[0].name, rng)
    if kind == "count":
        noun = f"pairs of {word}" if word in PLURAL_NOUNS else pluralize(word)
        return asked(
            "count", pick(rng, ("And {o}?", "And how many {o}?")).format(o=noun), NUMBERS[len(things)], rng, things
        )
    answer = {"color": color_of(scene, things[0]), "where": place(things[0])}.get(kind)
    # "To the left of the dog" cannot be asked again of another thing with a bare "and the car?".
    if not answer or len(things) > 1 or len(topic) > 1 or " is " in before.question.answer:
        return None
    return asked(kind, pick(rng, ("And the {o}?", "What about the {o}?")).format(o=word), answer, rng, things)
