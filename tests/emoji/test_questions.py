"""Questions: deterministic, true of their scene, in many words, balanced, and judged by what an answer says."""

import re
from collections import Counter

import numpy as np
import pytest

from unilip.emoji.questions import KINDS, Question, conversation, is_right, random_question
from unilip.emoji.scenes import Scene, Thing, box, color_of, random_scene
from unilip.emoji.vocabulary import CATEGORIES, COLORS, NUMBERS, OBJECTS
from unilip.emoji.wording import mentions


@pytest.fixture(scope="module")
def talks() -> list[tuple[Scene, list[Question]]]:
    made = []
    for index in range(500):
        rng = np.random.default_rng((7, index))
        scene = random_scene(rng)
        made.append((scene, conversation(scene, rng, 5)))
    return made


@pytest.fixture(scope="module")
def asked(talks) -> list[Question]:
    return [question for _, questions in talks for question in questions]


def test_the_same_seed_asks_the_same(talks):
    for index in (0, 99, 499):
        rng = np.random.default_rng((7, index))
        assert conversation(random_scene(rng), rng, 5) == talks[index][1]


def test_every_kind_is_asked_and_no_other(asked):
    assert {question.kind for question in asked} == set(KINDS)


def test_conversations_have_the_length_asked_for_and_never_repeat_themselves(talks):
    for _, questions in talks:
        assert len(questions) == 5
        assert len({question.question for question in questions}) == 5


def test_some_questions_refer_back_but_never_the_first(talks):
    refers = re.compile(r"^and |\b(it|they|them)\b.*(colou?r|where|left|right|above|below)|\b(is|are|do) (it|they)\b")
    later = [bool(refers.search(one.question.lower())) for _, questions in talks for one in questions[1:]]
    assert np.mean(later) > 0.08
    assert not any(questions[0].question.lower().startswith(("and ", "what about")) for _, questions in talks)


def test_own_answers_are_right(asked):
    assert [question for question in asked if not is_right(question, question.answer)] == []


def test_answers_are_judged_without_case_and_full_stop(asked):
    assert [q for q in asked if not is_right(q, q.answer.lower().rstrip("."))] == []


def wrong_answers(question: Question) -> list[str]:
    """Answers of the right form that differ from the true one in one object, number, colour, place or side."""
    answer = question.answer
    named = {mention.name for mention in mentions(answer + " " + question.question)}
    other = next(name for name in OBJECTS if name not in named)
    if question.kind == "what":
        if not mentions(answer):
            return ["Elsewhere."]
        return [f"A {other}.", f"{answer[:-1]} and a {other}.", "Nothing."]
    if question.kind == "color":
        said = set(re.findall(r"[a-z]+", answer.lower()))
        return [f"{color}." for color in COLORS if color not in said and "background" not in question.question]
    if question.kind == "count":
        return [f"{number}." for number in NUMBERS if number != answer.lower().rstrip(".")]
    if question.kind == "where":
        turned = {
            "left": "right",
            "right": "left",
            "above": "below",
            "below": "above",
            "top": "bottom",
            "bottom": "top",
        }
        swapped = re.sub(r"\b(left|right|above|below|top|bottom)\b", lambda match: turned[match.group()], answer)
        return [swapped if swapped != answer else "On the left."]
    if question.kind == "yes/no":
        return ["No." if answer == "Yes." else "Yes."]
    colors = "red|yellow|green|blue|purple|pink|brown|black|white"
    first = re.search(rf"\b({colors})\b (?!background|gradient|and)", answer)
    wrong = [f"{answer[:-1]} and a {other}."]
    if first:
        wrong.append(answer.replace(first.group(1), "gray" if first.group(1) == "white" else "white", 1))
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_answers_are_wrong(asked, kind):
    some = [question for question in asked if question.kind == kind][:150]
    accepted = [(q.question, q.answer, wrong) for q in some for wrong in wrong_answers(q) if is_right(q, wrong)]
    assert accepted == []


SPOKEN_ANSWERS = [
    ("what", "What is in the picture?", "A cat and two dogs.", "I can see one cat and 2 puppies.", True),
    ("what", "What is in the picture?", "A cat and two dogs.", "There is a kitten and some dogs in this image.", True),
    ("what", "What is in the picture?", "A cat and two dogs.", "A cat and three dogs.", False),
    ("what", "What is in the picture?", "A cat and two dogs.", "A cat.", False),
    ("what", "What is left of the dog?", "A couch.", "The object to the left of the dog is a sofa.", True),
    ("what", "What is left of the dog?", "A couch.", "A chair is to the left of the dog.", False),
    ("what", "What is in the picture?", "A pair of scissors.", "A pair of red scissors.", True),
    ("what", "What is in the picture?", "An orange.", "An orange.", True),
    ("what", "What is the background?", "Grass.", "The picture shows a meadow.", True),
    ("color", "What color is the car?", "Gray.", "The car is grey.", True),
    ("color", "What color is the car?", "Red.", "It is a red car on a white background.", True),
    ("color", "What color is the car?", "Red.", "It is red and blue.", False),
    ("color", "What color is the orange?", "Blue.", "The orange is blue.", True),
    ("color", "What color is the orange?", "Orange.", "The orange is orange.", True),
    ("color", "What color is the background?", "Light blue.", "The background is light blue.", True),
    ("color", "What color is the background?", "Light blue.", "Blue", True),
    ("color", "What color is the background?", "Light blue.", "Dark blue.", False),
    ("count", "How many dogs are there?", "Two.", "There are 2 dogs in the picture.", True),
    ("count", "How many dogs are there?", "Two.", "There are three cats and two dogs.", True),
    ("count", "How many dogs are there?", "Zero.", "None.", True),
    ("count", "How many dogs are there?", "Zero.", "There are no dogs in this picture.", True),
    ("count", "How many dogs are there?", "One.", "There is a dog.", True),
    ("count", "How many dogs are there?", "One.", "There are no dogs.", False),
    ("where", "Where is the cat?", "In the top left.", "The cat is in the upper left corner of the image.", True),
    ("where", "Where is the cat?", "In the top left.", "It is on the left.", False),
    ("where", "Where is the cat?", "In the middle.", "In the centre of the picture.", True),
    ("where", "Where is the cat relative to the dog?", "The cat is to the left of the dog.", "Left of it.", True),
    (
        "where",
        "Where is the cat relative to the dog?",
        "The cat is to the left of the dog.",
        "The dog is to the right of the cat.",
        True,
    ),
    (
        "where",
        "Where is the cat relative to the dog?",
        "The cat is to the left of the dog.",
        "The dog is to the left of the cat.",
        False,
    ),
    ("what", "Which is bigger, the cat or the dog?", "A cat.", "The cat is bigger than the dog.", True),
    ("what", "Which is bigger, the cat or the dog?", "A cat.", "A dog.", False),
    ("what", "Which is bigger, the cat or the dog?", "A cat.", "A cat and a dog.", False),
    ("what", "Is there a cat or a dog?", "A cat.", "There is a cat.", True),
    ("what", "Is there a cat or a dog?", "A cat.", "Yes.", False),
    ("what", "What animals are there?", "None.", "There are no animals.", True),
    ("what", "What animals are there?", "None.", "A cat.", False),
    ("color", "Is the cat red or blue?", "Red.", "The cat is red.", True),
    ("color", "Is the cat red or blue?", "Red.", "Red or blue.", False),
    ("color", "Is the cat red or blue?", "Red.", "Yes.", False),
    ("where", "Is the cat on the left or right?", "On the left.", "It is on the left side.", True),
    ("where", "Is the cat on the left or right?", "On the left.", "On the left or right.", False),
    ("yes/no", "Is there a cat?", "Yes.", "Yes, there is a cat in the picture.", True),
    ("yes/no", "Is there a cat?", "No.", "There isn't any cat.", True),
    ("yes/no", "Is there a cat?", "No.", "There is a cat.", False),
    (
        "describe",
        "Describe the picture.",
        "A red cat to the left of a dog on the grass.",
        "The image shows a dog to the right of a red kitten, standing on grass.",
        True,
    ),
    (
        "describe",
        "Describe the picture.",
        "A red cat to the left of a dog on the grass.",
        "A dog to the left of a red cat on the grass.",
        False,
    ),
    ("describe", "Describe the picture.", "Two red cats on the grass.", "Two red cats in the snow.", False),
    ("describe", "Describe the picture.", "Two red cats on the grass.", "2 red cats on a lawn", True),
    ("describe", "Describe the picture.", "Two red cats on the grass.", "A red cat on the grass.", False),
]


@pytest.mark.parametrize(("kind", "text", "truth", "answer", "right"), SPOKEN_ANSWERS)
def test_answers_in_other_words_are_judged_by_what_they_say(kind, text, truth, answer, right):
    assert is_right(Question(kind, text, truth), answer) is right


def test_empty_answers_are_never_right(asked):
    assert not any(is_right(question, "") for question in asked)


def test_counts_are_true(talks):
    checked = 0
    for scene, questions in talks:
        for question in questions:
            named = mentions(question.question)
            if question.kind == "count" and len(named) == 1:
                real = sum(thing.name == named[0].name for thing in scene.things)
                assert question.answer == f"{NUMBERS[real].capitalize()}.", question
                checked += 1
    assert checked > 100


def test_colors_are_true(talks):
    checked = 0
    for scene, questions in talks:
        for question in questions:
            named = mentions(question.question)
            if question.kind == "color" and len(named) == 1:
                colors = {color_of(thing) for thing in scene.things if thing.name == named[0].name}
                assert set(re.findall(r"[a-z]+", question.answer.lower())) - {"and"} == colors, question
                checked += 1
    assert checked > 100


def widest(scene: Scene, name: str) -> float:
    return max(right - left + bottom - top for left, top, right, bottom in map(box, things_named(scene, name)))


def things_named(scene: Scene, name: str) -> list[Thing]:
    return [thing for thing in scene.things if thing.name == name]


def test_what_is_bigger_is_true():
    checked = Counter()
    for index in range(6000):
        rng = np.random.default_rng((9, index))
        scene = random_scene(rng)
        question = random_question(scene, rng, "what" if index % 2 else "yes/no")
        words = re.search(r"\b(bigg|larg|small)(er|est)\b", question.question.lower())
        named = [mention.name for mention in mentions(question.question)]
        if not words or (
            words[2] == "er" and (len(set(named)) < 2 or any(len(things_named(scene, n)) > 1 for n in named))
        ):
            continue
        sign = -1 if words[1] == "small" else 1
        if question.kind == "what":
            winner = mentions(question.answer)[0].name
            others = named if words[2] == "er" else [thing.name for thing in scene.things]
            right = all(sign * widest(scene, winner) >= sign * widest(scene, other) for other in others)
        else:
            right = (sign * (widest(scene, named[0]) - widest(scene, named[1])) > 0) == (question.answer == "Yes.")
        assert right, (scene, question)
        checked[question.kind] += 1
    assert checked["what"] > 50 and checked["yes/no"] > 50


COMPARED = re.compile(
    r"^(is|are) .*(?P<side>\bleft\b|\bright\b|above|over|below|under|beneath)|\b(bigg|larg|small)(er|est)\b"
)


def test_conversations_compare_as_often_as_asked_for():
    shares = []  # of what is asked
    for comparisons in (0.0, 0.5):
        rngs = [np.random.default_rng((11, index)) for index in range(300)]
        said = [talk.question for rng in rngs for talk in conversation(random_scene(rng), rng, 5, comparisons)]
        shares.append(np.mean([bool(COMPARED.search(question.lower())) for question in said]))
    # Scenes of one thing, every third or so, have nothing to compare.
    assert shares[0] < 0.15 and shares[1] > 2 * shares[0]


def test_whether_a_thing_or_it_is_to_one_side_is_true():
    checked, verdicts = Counter(), Counter()
    for index in range(1200):
        rng = np.random.default_rng((12, index))
        scene, it = random_scene(rng), None
        for question in conversation(scene, rng, 5, comparisons=0.8):
            words, named = question.question.lower(), [mention.name for mention in mentions(question.question)]
            back = bool(re.match(r"(is|are) (it|they)\b", words))
            found = question.kind == "yes/no" and COMPARED.search(words)
            first = it if back else named[0] if len(named) == 2 else None  # a slip of the finger leaves one of them
            it = first if found else None
            if not found or not found["side"] or not first or not named or first == named[-1]:
                continue
            last = named[-1]
            if len(things_named(scene, first)) != 1 or len(things_named(scene, last)) != 1:
                continue
            (thing,), (other,) = things_named(scene, first), things_named(scene, last)
            far = {
                "left": other.x - thing.x,
                "right": thing.x - other.x,
                "above": other.y - thing.y,
                "below": thing.y - other.y,
            }[{"over": "above", "under": "below", "beneath": "below"}.get(found["side"], found["side"])]
            assert (far > 0) == (question.answer == "Yes."), (scene, question)
            checked[back] += 1
            verdicts[question.answer] += 1
    assert min(checked[False], checked[True]) > 200 and 0.4 < verdicts["Yes."] / verdicts.total() < 0.6


def test_what_is_beside_a_thing_stands_alone_there():
    checked = 0
    for index in range(6000):
        rng = np.random.default_rng((13, index))
        scene = random_scene(rng)
        question = random_question(scene, rng, "what")
        if not re.search(r"\b(next to|beside|by) ", question.question):
            continue
        anchors = [thing for one in mentions(question.question) for thing in things_named(scene, one.name)]
        said = mentions(question.answer)[0].name
        if len(anchors) == 1:
            across = [abs(t.x - anchors[0].x) > abs(t.y - anchors[0].y) for t in scene.things if t.name == said]
            assert len(scene.things) == 2 or sum(across) == 1, (scene, question)
            checked += 1
    assert checked > 50


@pytest.mark.parametrize(("category", "word"), [("animal", "animals?"), ("vehicle", "vehicles?"), ("fruit", "fruits?")])
def test_what_is_said_of_a_category_is_true(category, word):
    checked = Counter()
    for index in range(6000):
        rng = np.random.default_rng((10, index))
        scene = random_scene(rng)
        question = random_question(scene, rng, ("what", "count", "yes/no")[index % 3])
        if not re.search(rf"\b{word}\b", question.question.lower()):
            continue
        there = Counter(thing.name for thing in scene.things if thing.name in CATEGORIES[category])
        if question.kind == "what":
            said = Counter()
            for mention in mentions(question.answer):
                said[mention.name] += mention.count or 1
            assert said.keys() == there.keys(), (scene, question)
        elif question.kind == "count":
            assert question.answer.lower() == f"{NUMBERS[there.total()]}.", (scene, question)
        else:
            assert (question.answer == "Yes.") == bool(there), (scene, question)
        checked[question.kind] += 1
    assert all(checked[kind] > 5 for kind in ("what", "count", "yes/no"))


def test_a_choice_leaves_the_right_one_and_a_wrong_one(asked):
    orders = Counter()
    for question in asked:
        offered = re.search(r"\b(\w+) or (?:on |at )?(?:the )?(\w+)\b", question.question.lower())
        if offered and question.kind in ("color", "where"):
            said = ["gray" if word == "grey" else word for word in offered.groups()]
            right = [word in question.answer.lower().rstrip(".").split() for word in said]
            if offered[1] in ("left", "right", "top", "bottom", "above", "below") or said[0] in COLORS:
                orders[tuple(right)] += sum(right) == 1
                assert sum(right) <= 1, question
    assert min(orders[True, False], orders[False, True]) > 0.4 * (orders[True, False] + orders[False, True])


def test_yes_and_no_are_balanced():
    verdicts = Counter()
    for index in range(1500):
        rng = np.random.default_rng((8, index))
        question = random_question(random_scene(rng), rng, "yes/no")
        verdicts[question.answer] += 1
    assert 0.45 < verdicts["Yes."] / verdicts.total() < 0.55


def test_how_many_there_are_is_affirmed_and_denied_of_none_one_and_several():
    said = Counter()
    for index in range(6000):
        rng = np.random.default_rng((14, index))
        scene = random_scene(rng)
        question = random_question(scene, rng, "yes/no")
        words = question.question.lower()
        asked = re.search(r"\b(two|three|four)\b|(only|just) one\b|more than one\b", words)
        named = mentions(question.question)
        if not asked or not named or re.match("(is|are) three", words):  # a slip of the finger for "there"
            continue
        there = len(things_named(scene, named[0].name))
        wanted = there > 1 if asked[0].startswith("more") else there == NUMBERS.index(asked[0].split()[-1])
        assert wanted == (question.answer == "Yes."), (scene, question)
        said["more" if asked[0].startswith("more") else asked[1] and "several", min(there, 2), question.answer] += 1
    several = {key: count for key, count in said.items() if key[0] == "several"}
    yes = several["several", 2, "Yes."]
    assert 0.35 < yes / sum(several.values()) < 0.6
    assert min(several["several", there, "No."] for there in (0, 1, 2)) > 0.2 * yes
    assert min(said["more", 2, "Yes."], said["more", 1, "No."], said[None, 1, "Yes."], said[None, 2, "No."]) > 10


def test_both_spellings_and_hurried_typing_appear(asked):
    words = Counter(re.findall(r"\w+", " ".join(question.question for question in asked).lower()))
    assert words["colour"] > 20 and words["color"] > 20
    assert 0.2 < np.mean([question.question.islower() for question in asked]) < 0.6
    assert 0.1 < np.mean([question.question[-1] not in ".?" for question in asked]) < 0.6


def test_no_color_is_asked_where_the_style_hides_it():
    things = (Thing("cat", "red", 70, 120, 90), Thing("dog", "blue", 190, 120, 90))
    for style in ("grayscale", "sepia", "sketch", "negative"):
        assert random_question(Scene(things, style=style), np.random.default_rng(0), "color") is None


def test_a_thing_that_cannot_be_told_from_another_is_not_asked_about():
    twins = Scene((Thing("cat", "red", 70, 60, 90), Thing("cat", "red", 190, 190, 90)))
    assert all(random_question(twins, np.random.default_rng(seed), "where") is None for seed in range(20))


def test_an_empty_picture_can_be_talked_about():
    questions = conversation(Scene(()), np.random.default_rng(1), 8)
    assert len(questions) == 8
    assert all(is_right(question, question.answer) for question in questions)


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="smell"):
        random_question(Scene(()), np.random.default_rng(0), "smell")
