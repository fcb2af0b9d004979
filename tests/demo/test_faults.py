"""Faults that no visitor should feel twice: floods, full disks, closed tabs, and a thousand calls."""

import gc
import threading
from pathlib import Path

import psutil
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.demo.hooks import before_forward
from unilip.demo.engine import Engine, Result
from unilip.images import PictureError, open_picture

CREATE = {"prompt": "a red cat", "pictures": 1, "seed": 5, "steps": 2, "guidance": 4.5, "preview": False}


def test_a_picture_of_120_megapixels(tmp_path):
    Image.new("1", (12_000, 10_000)).save(tmp_path / "large.png")
    with pytest.raises(PictureError, match="120 megapixels; at most 100"):
        open_picture(tmp_path / "large.png")


@pytest.mark.parametrize("endpoint", ["create", "chat"])
def test_a_prompt_of_5_megabytes(client, endpoint):
    text = "cat " * 1_250_000
    with pytest.raises(AppError, match="5,000,000|4,999,999"):
        if endpoint == "create":
            client.predict(**{**CREATE, "prompt": text}, api_name="/create")
        else:
            client.predict(message={"text": text, "files": []}, history=[], api_name="/chat")


def test_a_full_disk(client, picture, monkeypatch):
    def full(*args, **settings):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("unilip.demo.parts.save_whole", full)
        with pytest.raises(AppError, match="cannot be saved here"):
            client.predict(picture=handle_file(picture), instruction="make it blue", steps=2, api_name="/edit")
    client.predict(picture=handle_file(picture), instruction="make it blue", steps=2, api_name="/edit")


def test_a_closed_tab_frees_the_model_for_the_next_visitor(tiny):
    """Gradio closes the generator of a visitor who is gone."""
    engine, steps = Engine(tiny), []
    running = threading.Event()

    def note(module, inputs):
        steps.append(1)
        running.set()

    with before_forward(tiny.transformer, note):
        gone = engine.draw("a red cat", [1], 500, 1.0)
        next(gone)
        assert running.wait(30)
        gone.close()
        *_, result = engine.draw("a red cat", [2], 2, 1.0)
    assert isinstance(result, Result) and len(steps) < 250
    engine.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_equal_calls_grow_neither_memory_nor_disk(served, client):
    def call():
        *_, result = served.engine.draw("a red cat", [5], 1, 1.0)
        return result.value

    def memory() -> int:
        gc.collect()
        return psutil.Process().memory_info().rss

    path = Path(client.predict(**CREATE, api_name="/create")[0][0]["image"])
    for _ in range(50):
        call()
    before = memory()
    for _ in range(1000):
        call()
    assert memory() - before < 60e6
    cache = Path(served.cache)
    files = len([*cache.rglob("*")])
    for _ in range(20):
        again = client.predict(**CREATE, api_name="/create")[0][0]["image"]
    assert Path(again).read_bytes() == path.read_bytes()
    assert len([*cache.rglob("*")]) == files
