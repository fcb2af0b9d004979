"""The engine: one request at a time, a stop that stops at once, and faults that the next request does not feel."""

import threading
import time
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from tests.demo.hooks import before_forward, held_after
from unilip.demo.engine import Engine, Result, Step, Text, Waiting
from unilip.lineage import read_record

QUESTION = [{"role": "user", "content": [{"type": "text", "text": "How many cats are there?"}]}]


@pytest.fixture
def engine(tiny):
    engine = Engine(tiny, queue_size=2)
    yield engine
    engine.close()


def draw(engine: Engine, seed: int = 0, steps: int = 2):
    return engine.draw("a red cat", [seed], steps, 4.5)


def finish(events) -> Result:
    *_, last = events
    assert isinstance(last, Result)
    return last


def test_draw_tells_each_step_and_ends_with_pictures(engine):
    events = list(engine.draw("a red cat", [1, 2], 3, 4.5))
    assert isinstance(events[0], Waiting)
    assert all(event.total == 3 for event in events if isinstance(event, Step))
    assert [picture.size for picture in events[-1].value] == [(256, 256)] * 2


def test_previews_come_only_when_asked_for_and_come_to_the_result(engine, monkeypatch):
    monkeypatch.setattr("unilip.demo.engine.PREVIEW_SHARE", 10.0)
    plain = list(engine.draw("a red cat", [1], 8, 4.5))
    assert all(event.preview is None for event in plain if isinstance(event, Step))
    source = Image.new("RGB", (64, 32))
    *steps, last = engine.draw("a red cat", [1, 2], 8, 4.5, image=source, preview=True)
    previews = [event.preview for event in steps if isinstance(event, Step) and event.preview]
    assert previews
    assert all([one.size for one in shown] == [(256, 128)] * 2 for shown in previews)
    apart = [np.abs(np.asarray(shown[0], float) - np.asarray(last.value[0], float)).mean() for shown in previews]
    assert apart[-1] <= apart[0]


def test_previews_take_a_small_share_of_the_time(engine, tiny, monkeypatch):
    """On a clock on which a step takes a second and a preview two."""
    clock, previews = [0.0], []

    def decode(latents, decode=tiny.decode_latents):
        clock[0] += 2
        previews.append(clock[0])
        return decode(latents)

    def take_a_second(module, inputs):
        clock[0] += 1

    monkeypatch.setattr("unilip.demo.engine.time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(tiny, "decode_latents", decode)
    with before_forward(tiny.transformer, take_a_second):
        finish(engine.draw("a red cat", [1], 60, 4.5, preview=True))
    *previews, _ = previews  # the last one makes the result
    assert previews[0] == 4.0  # after the second step: what one costs is not known before
    assert len(previews) > 3
    # Each later one was only begun when it and all before it fit into their share of the time until then.
    assert all(2 * (before + 1) <= 0.15 * (end - 2) for before, end in enumerate(previews) if before)


def test_pictures_say_how_they_were_made(engine):
    drawn = finish(engine.draw("a red cat", [7, 8], 2, 3.0, negative_prompt="dog")).value
    records = [read_record(one) for one in drawn]
    assert [one.seed for one in records] == [7, 8]
    assert (records[0].prompt, records[0].negative_prompt) == ("a red cat", "dog")
    assert (records[0].task, records[0].steps, records[0].guidance) == ("create", 2, 3.0)
    edited = finish(engine.draw("make it blue", [9], 2, 4.5, image=drawn[1])).value[0]
    assert read_record(edited).parents == (records[1],)
    rebuilt = finish(engine.reconstruct(edited)).value[0][0]
    assert [one.task for one in read_record(rebuilt).parents] == ["create", "edit"]


def test_a_seed_gives_the_same_picture_alone_and_in_a_batch(engine, tiny):
    alone = finish(draw(engine, seed=8)).value[0]
    batch = finish(engine.draw("a red cat", [7, 8], 2, 4.5)).value[1]
    assert np.abs(np.asarray(alone, float) - np.asarray(batch, float)).max() <= 2


def test_answer_streams(engine):
    events = engine.answer(QUESTION)
    with held_after(engine.pipeline.mllm, 22):  # or a slow reader would get all of a short answer at once
        text = next(event.text for event in events if isinstance(event, Text))
    whole = finish(events).value
    assert text and whole.startswith(text) and whole != text


def test_an_answer_sees_a_picture_in_as_many_tiles_as_the_engine_says(tiny, monkeypatch):
    monkeypatch.setattr("unilip.demo.engine.LONGEST_ANSWER", 8)
    wide = Image.effect_noise((512, 256), 90).convert("RGB")
    question = [{"role": "user", "content": [{"type": "image", "image": wide}, {"type": "text", "text": "What?"}]}]
    for tiles in (1, 2):
        engine = Engine(tiny, max_tiles=tiles)
        answer = finish(engine.answer(question)).value
        engine.close()
        assert answer.strip() == tiny.chat(question, max_new_tokens=8, max_tiles=tiles)


def test_stop_ends_the_sampler_within_one_step(engine, tiny):
    calls = []
    first_step = threading.Event()

    def count(module, inputs):
        calls.append(time.monotonic())
        first_step.set()
        time.sleep(0.05)

    with before_forward(tiny.transformer, count):
        events = draw(engine, steps=50)
        next(events)
        assert first_step.wait(10)
        events.close()
        stopped = len(calls)
        finish(draw(engine, steps=1))  # starts when the stopped one has let go
    assert len(calls) - stopped <= 2 + 1  # the step under way, one that may have begun, and the new request's own


def test_stop_ends_an_answer_within_one_token(engine, tiny):
    calls = []
    with before_forward(tiny.mllm, lambda module, inputs: calls.append(time.sleep(0.02))):
        events = engine.answer(QUESTION)
        while not isinstance(next(events), Text):
            pass
        events.close()
        stopped = len(calls)
        finish(draw(engine, steps=1))
    assert len(calls) - stopped <= 2


def test_requests_wait_in_line_and_one_too_many_is_refused(engine, tiny):
    release = threading.Event()
    with before_forward(tiny.transformer, lambda module, inputs: release.wait(10) and None):
        waiting = [draw(engine) for _ in range(3)]
        assert [next(events).ahead for events in waiting] == [0, 1, 2]
        with pytest.raises(gr.Error, match="3 requests are waiting"):
            next(draw(engine))
        release.set()
        for events in waiting:
            finish(events)
    finish(draw(engine))


def test_two_visitors_with_one_seed_get_what_each_would_get_alone(engine):
    alone = finish(draw(engine, seed=3)).value[0]
    first, second = draw(engine, seed=3), draw(engine, seed=3)
    next(first), next(second)
    assert finish(first).value[0].tobytes() == finish(second).value[0].tobytes() == alone.tobytes()


@pytest.mark.parametrize("part", ["transformer", "decoder"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "ran out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "ran out of memory"),
        (RuntimeError("secret detail"), "not your fault"),
    ],
)
def test_a_fault_is_told_in_plain_words_and_the_next_request_works(engine, tiny, part, fault, words, caplog):
    def fail(module, inputs):
        raise fault

    module = {"transformer": tiny.transformer, "decoder": tiny.decoder.decoder}[part]
    with before_forward(module, fail), pytest.raises(gr.Error, match=words) as told:
        finish(draw(engine))
    assert "secret" not in str(told.value) and str(fault) in caplog.text
    finish(draw(engine))


def test_a_picture_comes_back_in_its_proportions(engine):
    (rebuilt,), latents = finish(engine.reconstruct(Image.new("RGB", (300, 150), "red"))).value
    assert rebuilt.size[0] == 2 * rebuilt.size[1]
    assert latents.shape == (32, 8, 8)


def test_on_zerogpu_the_quota_follows_steps_and_pictures(tiny, monkeypatch):
    durations = []

    class Spaces:
        @staticmethod
        def GPU(duration):
            durations.append(duration)
            return lambda method: method

    monkeypatch.setattr("unilip.demo.engine.spaces", Spaces)
    engine = Engine(tiny)
    for_drawing, for_answers, _ = durations
    one, many = for_drawing("a cat", [1], 20, 4.5), for_drawing("a cat", [1, 2, 3, 4], steps=50, guidance_scale=4.5)
    assert for_answers < one < many
    assert isinstance(finish(draw(engine)), Result)
    engine.close()
