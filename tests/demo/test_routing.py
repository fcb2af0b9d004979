"""What messages are taken for."""

import pytest

from unilip.demo.routing import Route, route


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
])  # fmt: skip
@pytest.mark.parametrize("has_picture", [False, True])
def test_drawings(message, subject, has_picture):
    assert route(message, has_picture) == Route("draw", subject)


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
])  # fmt: skip
def test_edits(message, instruction):
    assert route(message, True) == Route("edit", instruction)


@pytest.mark.parametrize("message", [
    "What is in the picture?", "how many cats are there", "Is the cat left of the dog?", "describe the picture",
    "What colour is the painting?", "and the dog?", "Are there two?", "draw", "hello", "so, what is it?",
    "does the cat make you smile?", "Colour of the bus?", "Give me a description of the picture",
    "Can you give me a description?", "Take a look at the picture. How many cats are there?",
    "generate a caption for this picture", "Create a description of the picture", "What style?", "What is the style",
    "Is it in sketch style?", "background?",
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
