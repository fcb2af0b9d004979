"""app.py: one clear sentence where no model is, and a page where there is one."""

import sys

import httpx
import pytest

import app
from tests.demo.serving import app_process


def test_a_missing_model_is_told_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["app.py", "--model", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert "could not be loaded" in str(end.value) and "\n" not in str(end.value)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_page_is_served(tiny_folder):
    with app_process("--model", str(tiny_folder)) as (_, url):
        page = httpx.get(url, timeout=60).text
    assert tiny_folder.name in page and "A small model in a small world" not in page
