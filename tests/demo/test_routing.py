"""What messages are taken for."""

import numpy as np
import pytest

from unilip.demo.routing import Route, is_small_talk, route
from unilip.emoji.captions import request
from unilip.emoji.edits import random_edit
from unilip.emoji.questions import conversation
from unilip.emoji.scenes import random_scene


@pytest.mark.parametrize("message, subject", [
    ("draw a red cat", "a red cat"),
    ("Draw me two red cats please", "two red cats please"),
    ("please paint a picture of three apples.", "three apples"),
    ("Could you generate an image of a bus on the road?", "a bus on the road"),
    ("make me a picture of a dog", "a dog"),
    ("now create a boat at sunset", "a boat at sunset"),
    ("Hello! Draw a red cat", "a red cat"),
    ("can u draw a cat", "a cat"),
    ("I’d like you to draw a cat", "a cat"),
    ("Let’s draw a cat", "a cat"),
    ("“draw a red cat”", "a red cat"),
    ("a red cat, please", "a red cat, please"),
    ("pls a red cat", "a red cat"),
    ("plz make two dogs on grass", "two dogs on grass"),
    ("i'd like a blue bus below a cake", "a blue bus below a cake"),
    ("I want to see three apples on a red background", "three apples on a red background"),
    ("Give me a small boat", "a small boat"),
    ("show me 2 zebras", "2 zebras"),
    ("imagine a cat at night", "a cat at night"),
    ("a photo of a red cat", "a red cat"),
    ("darw a red cat", "a red cat"),
])  # fmt: skip
@pytest.mark.parametrize("has_picture", [False, True])
def test_drawings(message, subject, has_picture):
    assert route(message, has_picture) == Route("draw", subject)


@pytest.mark.parametrize("message", ["a red cat", "two dogs on grass", "3 apples"])
def test_a_thing_alone_is_drawn_where_there_is_no_picture_to_say_it_of(message):
    assert route(message, False) == Route("draw", message)
    assert route(message, True).task == "answer"
    assert route(f"{message}?", False).task == "answer"


@pytest.mark.parametrize("message, instruction", [
    ("now make it blue", "make it blue"),
    ("Can you remove the dog?", "remove the dog"),
    ("paint the cat blue", "paint the cat blue"),
    ("change the background to snow", "change the background to snow"),
    ("pls add a cup on the right", "add a cup on the right"),
    ("and then swap them", "swap them"),
    ("OK. Now make it blue", "make it blue"),
    ("Thanks! Make it blue", "Make it blue"),
    ("No, make it blue", "make it blue"),
    ("also remove the dog", "remove the dog"),
    ("paint both cats blue", "paint both cats blue"),
    ("paint all the apples green", "paint all the apples green"),
    ("paint my cat blue", "paint my cat blue"),
    ("make the picture with a snow background", "make the picture with a snow background"),
    ("make the picture of the cat darker", "make the picture of the cat darker"),
    ("draw a vase too", "draw a vase too"),
    ("Now draw one more bus", "draw one more bus"),
    ("I want the bus to be yellow", "I want the bus to be yellow"),
    ("use a night sky background pls", "use a night sky background pls"),
    ("Background: desert.", "Background: desert."),
    ("Let the cake and the elephant change places", "Let the cake and the elephant change places"),
    ("invert the picture", "invert the picture"),
    ("Sketch style", "Sketch style"),
    ("watercolour style", "watercolour style"),
    ("Black and white", "Black and white"),
    ("show only the stop sign on white", "show only the stop sign on white"),
    ("Blur the background", "Blur the background"),
    ("can you flip it?", "flip it"),
    ("Fill the glass with wine", "Fill the glass with wine"),
    ("I want a hat on the cat", "I want a hat on the cat"),
    ("The cat should be blue", "The cat should be blue"),
    ("now without the cup", "without the cup"),
    ("same but at night", "same but at night"),
    ("a bit darker please", "a bit darker please"),
    ("less red", "less red"),
    ("in pixel art style", "in pixel art style"),
    ("make a cat blue", "make a cat blue"),
    ("make one of them bigger", "make one of them bigger"),
    ("paint cat red", "paint cat red"),
    ("I want cat to be gray", "I want cat to be gray"),
    ("I want a slice of pizza in it", "I want a slice of pizza in it"),
    ("I'd like a dog in the picture", "I'd like a dog in the picture"),
    ("I want the cat on the left", "I want the cat on the left"),
    ("I don’t want the cup", "I don't want the cup"),
    ("now with two dogs!", "with two dogs!"),
    ("can there be a dog as well?", "can there be a dog as well"),
    ("There should be no cup.", "There should be no cup."),
    ("the cat needs a red hat", "the cat needs a red hat"),
    ("a dog instead of the cat", "a dog instead of the cat"),
    ("Instead of the cat, a dog", "Instead of the cat, a dog"),
    ("a bigger cat", "a bigger cat"),
    ("The cat is too small", "The cat is too small"),
    ("the cat in dark blue", "the cat in dark blue"),
    ("make a dog appear", "make a dog appear"),
    ("scale up the cat", "scale up the cat"),
    ("Lose the bus, please", "Lose the bus, please"),
    ("Reduce the size of the cat", "Reduce the size of the cat"),
    ("at night please", "at night please"),
    ("Dlete the kite", "delete the kite"),
    ("chnage the car to blue", "change the car to blue"),
    ("amke it blue", "make it blue"),
    ("Mvoe cup to the left", "move cup to the left"),
])  # fmt: skip
def test_edits(message, instruction):
    assert route(message, True) == Route("edit", instruction)


@pytest.mark.parametrize("message", [
    "What is in the picture?", "how many cats are there", "Is the cat left of the dog?", "describe the picture",
    "What colour is the painting?", "and the dog?", "Are there two?", "draw", "hello", "so, what is it?",
    "does the cat make you smile?", "Colour of the bus?", "Give me a description of the picture",
    "Can you give me a description?", "Take a look at the picture. How many cats are there?",
    "generate a caption for this picture", "Create a description of the picture", "What style?", "What is the style",
    "Is it in sketch style?", "background?", "Love the colours!", "Given the picture, what is the weather?",
    "Rate the picture", "Point the dog out", "more details", "Name the animals", "What if the cat were blue?",
])  # fmt: skip
@pytest.mark.parametrize("has_picture", [False, True])
def test_questions(message, has_picture):
    assert route(message, has_picture) == Route("answer", message)


@pytest.mark.parametrize("message", [
    "Extract the text from this image", "Convert this table to markdown", "Give me three facts about this building",
    "Make a list of the objects", "Take this receipt and tell me the total", "Generate a story about this picture",
    "Create a recipe from these ingredients", "Draw a conclusion from the chart", "Give me an example",
    "Turn this screenshot into HTML", "Set up a study plan from this timetable", "Show me where the dog is",
    "Extract all numbers as JSON", "Bring out the main points", "Keep the answer short", "Make sense of this chart",
    "Put it in one sentence", "I want to know the background", "I'd like to know more about the background",
    "I want the answer to be short", "I like this style", "Can you name the style", "answer in this style",
    "Use a friendly tone", "Invert the order of your answer", "Background: what do you see", "only keep going",
    "give me a description of the image with the bus", "generate a title for the photo of my dog",
    "A short poem about this picture", "Give me a number between 1 and 10", "I need a translation of this sign",
    "I'd like some advice on my outfit", "Make a joke about it", "Give me a rating from 1 to 10", "Fix the grammar",
    "Let the answer be short", "The answer should be short", "In the style of Shakespeare, describe this",
    "With one word, what is it", "Can there be an explanation", "There must be a reason", "a bigger question",
    "I don't want the answer to be long", "I want the text in the middle", "The text in blue", "It needs a title",
    "The picture is too small", "With a cat, how many are there?", "Is the cat too small?", "The cat in blue?",
    "Which is a bigger cat?", "The cat is too small?",
    "Keep going", "Give me a moment", "one more question about the cup", "Without the cup, how many are left?",
])  # fmt: skip
@pytest.mark.parametrize("has_picture", [False, True])
def test_what_is_asked_of_a_general_model_is_answered_in_words(message, has_picture):
    assert route(message, has_picture) == Route("answer", message)


@pytest.mark.parametrize("message", [
    "remove the text", "put a vase on the table", "change the number to five", "add a title at the top",
    "give the cat a red hat", "place a cup next to the table", "keep only the cat", "convert it to a sketch",
    "render it as a pencil drawing", "make the text red", "give me a red background", "make that line thicker",
    "turn the text red", "turn it into a Chinese ink painting", "make it line art", "give the cat a name tag",
    "convert this photo to a line drawing", "switch the cat and the table", "make the cat tell a story",
    "keep the text but remove the cat", "remove the cat and describe what is left", "set the background to snow",
])  # fmt: skip
def test_words_in_a_picture_can_be_edited(message):
    assert route(message, True).task == "edit"


@pytest.mark.parametrize(
    "message",
    [
        "make a picture of a table",
        "draw a letter on a table",
        "give me an image of a poem",
        "create a table with a cat",
        "draw a poster that can tell the time",
        "draw a woman who likes to tell stories",
    ],
)
@pytest.mark.parametrize("has_picture", [False, True])
def test_things_of_words_can_be_drawn(message, has_picture):
    assert route(message, has_picture).task == "draw"


@pytest.mark.parametrize(
    "message", ["hello", "Thanks!", "thank you.", "ok, great", "hi, who are you?", "What can you do?"]
)
def test_small_talk(message):
    assert is_small_talk(message)
    assert route(message, True).task == "answer"


@pytest.mark.parametrize("message", ["", "hi, what is it?", "and the dog?", "thanks, make it blue", "a cat"])
def test_what_is_no_small_talk(message):
    assert not is_small_talk(message)


@pytest.mark.parametrize("has_picture, share", [(False, 0.98), (True, 0.97)])
def test_what_the_small_world_asks_a_painter_is_drawn(has_picture, share):
    rng = np.random.default_rng(3)
    wishes = [request(random_scene(rng), rng) for _ in range(600)]
    assert np.mean([route(wish, has_picture).task == "draw" for wish in wishes]) > share


def test_what_the_small_world_asks_an_editor_is_edited():
    rng = np.random.default_rng(3)  # it says "draw two cars" as well, which may mean a new picture
    wishes = [
        edit.instruction for edit in (random_edit(rng) for _ in range(600)) if "draw" not in edit.instruction.lower()
    ]
    assert np.mean([route(wish, True).task == "edit" for wish in wishes]) > 0.98


def test_what_the_small_world_asks_about_a_picture_is_answered():
    rng = np.random.default_rng(3)
    asked = [question.question for _ in range(200) for question in conversation(random_scene(rng), rng, 3)]
    amiss = [words for words in asked if route(words, True).task != "answer"]
    assert len(amiss) <= 0.003 * len(asked), amiss  # "give me a catpion" is a slip
