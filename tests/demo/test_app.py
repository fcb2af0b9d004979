"""app.py: one clear sentence where no model is, and a page where there is one."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import app

ROOT = Path(app.__file__).parent


def test_a_missing_model_is_told_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["app.py", "--model", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert "could not be loaded" in str(end.value) and "\n" not in str(end.value)


@pytest.mark.slow
def test_the_page_is_served(tiny_folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--model", str(tiny_folder), "--port", str(port), "--device", "cpu"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"})
    try:
        deadline = time.monotonic() + 100
        while True:
            assert process.poll() is None and time.monotonic() < deadline
            try:
                page = httpx.get(f"http://127.0.0.1:{port}/").text
                break
            except httpx.TransportError:
                time.sleep(0.2)
        assert tiny_folder.name in page and "A small model in a small world" not in page
    finally:
        process.terminate()
        process.wait(20)
