"""app.py as a program of its own, as whoever starts the demo has it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

import app

ROOT = Path(app.__file__).parent
PATIENCE = 100  # seconds until the page is there


@contextmanager
def app_process(*arguments: str) -> Iterator[tuple[subprocess.Popen, str]]:
    """The process and the page's address, once it answers; the process is ended with the block, if it still runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--device", "cpu", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"})
    url = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None and time.monotonic() < deadline
            try:
                httpx.get(url)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield process, url
    finally:
        process.terminate()
        process.wait(20)
