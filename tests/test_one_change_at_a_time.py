"""A model that loses one of two changes makes them one after the other, if its model_index.json says so."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny import make_tiny_pipeline
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.demo.engine import Engine, Step
from unilip.emoji.captions import PLURAL_NOUNS, pluralize
from unilip.emoji.edits import KINDS, random_edit
from unilip.emoji.vocabulary import OBJECTS, SYNONYMS
from unilip.one_change_at_a_time import MOST, separated, singular
from unilip.pipeline import UniLIPPipeline
from unilip.simple_instruction import simple_instruction

STEPS = 2
BOTH = "make it red and add a dog"
FIRST, SECOND = "make it red", "add a dog"


@pytest.fixture(scope="module")
def patient() -> UniLIPPipeline:
    pipeline = make_tiny_pipeline()
    pipeline.register_to_config(one_change_at_a_time=True)
    return pipeline


def picture(seed: int, size: tuple[int, int] = (256, 256)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))


def seeded(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def edit(pipeline: UniLIPPipeline, prompt: str | list[str], image, generator, **settings):
    settings = {"num_inference_steps": STEPS, "guidance_scale": 3.0, **settings}
    return pipeline(prompt, image=image, generator=generator, **settings).images


def alike(some: list[Image.Image], others: list[Image.Image]) -> bool:
    return [one.tobytes() for one in some] == [one.tobytes() for one in others]


def apart(one: Image.Image, other: Image.Image) -> float:
    """Mean difference in grey levels: a batch is rounded in another way, and later changes read that."""
    return np.abs(np.asarray(one, float) - np.asarray(other)).mean()


@pytest.mark.parametrize("own_pixels", [False, True])
def test_two_changes_are_what_two_edits_in_a_row_give(patient, tiny, own_pixels):
    settings = {"own_pixels": own_pixels, "negative_prompt": "a cat"}
    twice = seeded(7)
    first = edit(tiny, FIRST, picture(0), twice, **settings)
    wanted = edit(tiny, SECOND, first, twice, **settings)
    assert alike(edit(patient, BOTH, picture(0), seeded(7), **settings), wanted)
    assert not alike(edit(tiny, BOTH, picture(0), seeded(7), **settings), wanted)


def test_each_picture_of_a_batch_gets_its_own_changes(patient):
    images = [picture(0), picture(1), picture(2)]
    prompts = [FIRST, BOTH, f"{BOTH}, then remove the cat"]
    together = edit(patient, prompts, images, seeded(*range(6)), num_images_per_prompt=2)
    for place, (prompt, image) in enumerate(zip(prompts, images, strict=True)):
        for one in (2 * place, 2 * place + 1):
            assert apart(together[one], edit(patient, prompt, image, seeded(one))[0]) < 10
    assert apart(together[2], edit(patient, FIRST, images[1], seeded(2))[0]) > 50
    assert apart(together[4], edit(patient, BOTH, images[2], seeded(4))[0]) > 50


def test_latents_are_those_of_the_last_change(patient):
    latents = edit(patient, BOTH, picture(0), seeded(7), output_type="latent")
    decoded = patient.decode_latents(latents)[0].permute(1, 2, 0).detach().numpy()
    assert np.array_equal((decoded * 255).round().astype(np.uint8), edit(patient, BOTH, picture(0), seeded(7))[0])


def test_a_picture_keeps_its_proportions(patient):
    assert edit(patient, BOTH, picture(0, (64, 32)), seeded(7))[0].size == (256, 128)
    assert edit(patient, BOTH, picture(0, (64, 32)), seeded(7), letterbox=True)[0].size == (256, 128)


def test_its_steps_are_counted_through_and_can_be_stopped_between(patient, tiny):
    seen = []

    def watch(pipeline, step, timestep, tensors):
        seen.append(step)
        pipeline.interrupt = len(seen) == stop_after

    stop_after = 0
    edit(patient, BOTH, picture(0), seeded(7), callback_on_step_end=watch)
    assert seen == [*range(2 * STEPS)]
    seen.clear()
    stop_after = STEPS
    stopped = edit(patient, BOTH, picture(0), seeded(7), callback_on_step_end=watch)
    assert alike(stopped, edit(tiny, FIRST, picture(0), seeded(7)))


def test_what_a_callback_keeps_of_one_change_stays_as_it_was(patient, tiny):
    kept = []
    edit(patient, BOTH, picture(0), seeded(7), callback_on_step_end=lambda *step: kept.append(step[-1]["latents"]))
    assert torch.equal(kept[STEPS - 1], edit(tiny, FIRST, picture(0), seeded(7), output_type="latent"))


def test_a_drawing_is_one_change(patient, tiny):
    prompt = "draw a dog and add a cat"
    wanted = tiny(prompt, num_inference_steps=STEPS, generator=seeded(7)).images
    assert alike(patient(prompt, num_inference_steps=STEPS, generator=seeded(7)).images, wanted)


def test_the_page_counts_the_steps_of_all_changes(patient):
    engine = Engine(patient)
    steps = [event for event in engine.draw(BOTH, [1], STEPS, image=picture(0)) if isinstance(event, Step)]
    engine.close()
    assert {step.total for step in steps} == {2 * STEPS}


def test_it_is_said_by_the_embedded_model_and_kept_with_a_model(patient, tiny, tmp_path):
    patient.save_pretrained(tmp_path / "model")
    assert load_pipeline(tmp_path / "model").changes(BOTH) == [FIRST, SECOND]
    assert load_pipeline(EMBEDDED).changes(BOTH) == [FIRST, SECOND]
    assert tiny.changes(BOTH) == [BOTH]


@pytest.mark.parametrize(("instruction", "changes"), [
    ("Remove the cat. Add a dog!", ["Remove the cat", "Add a dog!"]),
    ("remove the cat, then please add a dog", ["remove the cat", "please add a dog"]),
    ("remove the cat,add a dog", ["remove the cat", "add a dog"]),
    ("remove the cat then add a dog", ["remove the cat", "add a dog"]),
    ("get rid of the cat & get rid of the dog", ["get rid of the cat", "get rid of the dog"]),
    ("paint the cat red; paint the dog blue, and also delete the bus",
     ["paint the cat red", "paint the dog blue", "delete the bus"]),
    ("swap the cat and the dog and put all in the sky", ["swap the cat and the dog", "put all in the sky"]),
    ("make the red cat blue and move it to the left", ["make the red cat blue", "move the cat to the left"]),
    ("turn the cat into a dog and make it blue", ["turn the cat into a dog", "make the dog blue"]),
    ("put a cup left of the dog and make it bigger", ["put a cup left of the dog", "make the cup bigger"]),
    ("shift it left and make it red", ["shift it left", "make it red"]),
    ("remove the dog and make it red", ["remove the dog", "make it red"]),
    ("paint the dog red, then make it night", ["paint the dog red", "make it night"]),
    ("paint the dog red and turn it into a pencil sketch", ["paint the dog red", "turn it into a pencil sketch"]),
    ("paint the dog red and put it in the top left", ["paint the dog red", "put the dog in the top left"]),
    ("add a red cat and a dog and make them blue",
     ["add a red cat", "add a dog", "make the cat blue", "make the dog blue"]),
    ("paint the cat and dog red, then put them on the left",
     ["paint the cat red", "paint the dog red", "put the cat on the left", "put the dog on the left"]),
    ("add three cats and make them blue", ["add a cat", "add another cat", "add another cat", "make them blue"]),
    ("make the cat bigger and red and move it up", ["make the cat bigger", "make the cat red", "move the cat up"]),
    ("add a cat and a dog and make it blue", ["add a cat", "add a dog", "make the dog blue"]),
    ("add a cat and make them blue", ["add a cat", "make them blue"]),
    ("remove the cat and the dog and make them blue", ["remove the cat", "remove the dog", "make them blue"]),
    ("keep the cat and remove the dog", ["remove the dog"]),
    ("remove the dog but leave the cat, don't change the bus", ["remove the dog"]),
    ("make the sky red and keep only the cat", ["make the sky red", "keep only the cat"]),
    ("Add a dog, a cat and a bus.", ["Add a dog", "Add a cat", "Add a bus"]),
    ("add a cat on the left and two red dogs on the right", ["add a cat on the left", "add two red dogs on the right"]),
    ("add an orange and a banana", ["add an orange", "add a banana"]),
    ("remove the cat and the dog and add a bus", ["remove the cat", "remove the dog", "add a bus"]),
    ("make the cat and the dog blue", ["make the cat blue", "make the dog blue"]),
    ("paint the orange and the apple light red", ["paint the orange light red", "paint the apple light red"]),
    ("add cat and dog", ["add cat", "add dog"]), ("add a cat and milk", ["add a cat", "add milk"]),
    ("remove the cat and dog, bus", ["remove the cat", "remove the dog", "remove the bus"]),
    ("make cat and the dog blue", ["make cat blue", "make the dog blue"]),
    ("remove cat and dog, please!", ["remove cat", "remove dog"]),
    ("paint the cat red and dog light blue", ["paint the cat red", "paint the dog light blue"]),
    ("put the cat on the left and dog at the top", ["put the cat on the left", "put the dog at the top"]),
    ("remove the cat on the left and blue dog", ["remove the cat on the left", "remove the blue dog"]),
    ("make the cat red and the dog bigger", ["make the cat red", "make the dog bigger"]),
    ("make the cat big and the dog small", ["make the cat big", "make the dog small"]),
    ("make it small and red", ["make it small", "make it red"]),
    ("move the cat up and the dog down", ["move the cat up", "move the dog down"]),
    ("move the cat left and dog right, please", ["move the cat left", "move the dog right"]),
    ("move the cat and dog up", ["move the cat up", "move the dog up"]),
    ("place cup and fork next to the plate", ["place cup next to the plate", "place fork next to the plate"]),
    ("put the cat, the dog and the bus on the left",
     ["put the cat on the left", "put the dog on the left", "put the bus on the left"]),
    ("make the cat red and the dog blue and move them up",
     ["make the cat red", "make the dog blue", "move the cat up", "move the dog up"]),
    ("make the red cat light blue and bigger", ["make the red cat bigger", "make the red cat light blue"]),
    ("add 3 red cats on the left",
     ["add a red cat on the left", "add another red cat on the left", "add another red cat on the left"]),
    ("add three oranges and two dogs", ["add an orange", "add another orange", "add another orange", "add two dogs"]),
])  # fmt: skip
def test_changes_are_separated(instruction, changes):
    assert separated(instruction) == changes


@pytest.mark.parametrize("instruction", [
    "move the cat and the dog next to each other", "put the cat and the dog in a row", "move the cat left and up",
    "move the red and the blue cat up", "put the cat and the dog on the beach", "move the cat near the dog and the bus",
    "remove it", "make it blue, bigger and rounder", "Swap the cat and the dog.", "", " ", "add a red and a blue cat",
    "add  a cat", "change the shape and color of the cat", "add a cat and make sure it is blue",
    "remove the black and white cat", "turn the cat and the dog into birds",
    "paint the cat black and white", "add two cats", "remove three cats", "add 12 cats", "keep the cat",
    "add three pairs of scissors", "add a cute and fluffy cat", "remove the big, red cat", "remove the cat and its hat",
    "add a cat on the left and in the corner", "remove the cat and everything else", "make the cat red and blue",
    "add a cat, not a dog", "remove the cat, please", "add a dog, thank you", "make the cat red, thanks a lot",
    "remove the dog and only the dog", "remove the cat, ok?", "delete the dog and be quick", "add a dog, big and funny",
    "turn the cat and dog into birds",
    "add a cat next to the dog and the bus", "put a cat between a dog and a bus", "swap the cat and the dog for a bus",
])  # fmt: skip
def test_one_change_stays_as_it_is(instruction):
    assert separated(instruction) == [instruction]


@pytest.mark.parametrize(("instruction", "changes"), [
    ("make the cat big and the dog tiny", ["make the cat big", "make the dog smaller"]),
    ("make the cat much bigger and the dog a bit smaller", ["make the cat bigger", "make the dog smaller"]),
])  # fmt: skip
def test_each_of_the_changes_is_said_in_simple_words(instruction, changes):
    assert separated(instruction, simple_instruction) == changes


def test_a_plural_becomes_one_of_them():
    words = [word for name in OBJECTS for word in (name, *SYNONYMS.get(name, ())) if not word.endswith(PLURAL_NOUNS)]
    assert [singular(pluralize(word)) for word in words] == words


def test_so_many_changes_that_others_would_wait_long_are_left_to_the_model():
    assert len(separated("remove the cat" + ", remove the dog" * (MOST - 1))) == MOST
    many = "remove the cat" + ", remove the dog" * MOST
    assert separated(many) == [many]


@pytest.mark.parametrize("text", [
    "add a cat and " * 800 + "between", "make " + "the cat blue and " * 99 + ", x", "add a " + "cat " * 999 + "between",
    "put a cat to " + "a to " * 3000, "add a cat" + " " * 20000 + "x", "please " * 3000, "add " + "the " * 4000,
    "put the cat and " + "dog " * 3000 + "x", "move the cat and the " + "dog left of " * 800 + "each",
], ids=lambda text: text[:20])  # fmt: skip
def test_a_long_text_does_not_keep_others_waiting(text):
    assert separated(text) == [text]  # patterns that try all ways to read it would never end


def test_the_small_worlds_instructions_are_separated_where_they_are_composed():
    rng = np.random.default_rng(0)
    for kind in KINDS:
        lengths = [len(separated(random_edit(rng, kind).instruction)) for _ in range(200)]
        assert np.mean(np.equal(lengths, 2 if kind == "compose" else 1)) >= (0.97 if kind == "compose" else 1)
