"""app.py: one clear sentence where no model is, and a page where there is one."""

import sys

import httpx
import pytest
import torch

import app
from tests.demo.serving import app_process
from unilip.demo.engine import Engine


def test_a_missing_model_is_told_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["app.py", "--model", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert "could not be loaded" in str(end.value) and "\n" not in str(end.value)


class Opened(Exception):
    """The page is about to be built."""


@pytest.mark.parametrize("released", [False, True])
def test_a_released_model_gets_tiles_and_is_named_in_studies_as_the_command_line_does(
    monkeypatch, tiny_folder, tmp_path, released
):
    def see(engine: Engine, *rest):
        raise Opened(engine.source, engine.max_tiles)

    monkeypatch.setattr(app, "build_page", see)
    named = ["--model", str(tiny_folder)] if released else []
    monkeypatch.setattr(sys, "argv", ["app.py", *named, "--studies", str(tmp_path)])
    with pytest.raises(Opened) as opened:
        app.main()
    assert opened.value.args == ((str(tiny_folder), 12) if released else (None, 1))


def test_too_little_memory_is_told_in_one_sentence(monkeypatch):
    def run_out(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(app, "load_pipeline", run_out)
    monkeypatch.setattr(sys, "argv", ["app.py"])
    with pytest.raises(SystemExit, match="not enough memory on the device: give --dtype"):
        app.main()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_page_is_served(tiny_folder):
    with app_process("--model", str(tiny_folder)) as (_, url):
        page = httpx.get(url, timeout=60).text
    assert tiny_folder.name in page and "A small model in a small world" not in page
