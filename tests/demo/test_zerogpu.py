"""On ZeroGPU every call borrows a card for as long as it asks for: with a stand-in for its module, in a process of its
own, since the engine looks for it when it is imported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import app

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(app.__file__).parent
STAND_IN = '''
"""As Hugging Face's `spaces`: a decorator that is told how long a call may take, before the call."""
import functools, sys
assert "torch" not in sys.modules or not sys.modules["torch"].cuda.is_initialized(), "CUDA was touched before"
asked = []

def GPU(duration=60):
    def decorate(call):
        @functools.wraps(call)
        def borrowing(*args, **settings):
            asked.append((call.__name__, duration(*args, **settings) if callable(duration) else duration))
            yield from call(*args, **settings)
        return borrowing
    return decorate
'''
SCRIPT = """
import json, sys
sys.argv = ["app.py", "--model", sys.argv[1], "--device", "cpu", "--studies", sys.argv[2]]
import gradio as gr
import app, spaces, unilip.demo.engine
unilip.demo.engine.LONGEST_ANSWER = 2
def use(page, **options):
    # What app.main serves, used by a client while it is up.
    from gradio_client import Client, handle_file
    from unilip.demo.parts import EXAMPLES
    _, url, _ = launch(page, prevent_thread_lock=True, quiet=True, **options)
    client, bus = Client(url, verbose=False), handle_file(EXAMPLES / "bus.png")
    for pictures, steps in ((1, 2), (1, 8), (4, 2), (4, 4)):
        client.predict(prompt="a red cat", pictures=pictures, steps=steps, guidance=1, api_name="/create")
    client.predict(picture=bus, instruction="make it blue", steps=2, api_name="/edit")
    client.predict(picture=bus, api_name="/reconstruct")
    client.predict(message={"text": "What is it?", "files": [bus]}, history=[], api_name="/chat")
    page.close()
launch = unilip.demo.languages.Page.launch
unilip.demo.languages.Page.launch = use
app.main()
print(json.dumps(spaces.asked))
"""


@pytest.fixture(scope="module")
def asked(tiny_folder, tmp_path_factory) -> list[tuple[str, int]]:
    """The calls that borrowed a card, and the seconds that each asked for."""
    folder = tmp_path_factory.mktemp("zerogpu")
    (folder / "spaces.py").write_text(STAND_IN)
    paths = os.pathsep.join([str(folder), str(ROOT)])
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tiny_folder), str(folder / "studies")],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [tuple(call) for call in json.loads(ended.stdout.splitlines()[-1])]


def test_every_call_of_the_model_borrows_a_card(asked):
    assert [name for name, _ in asked] == ["draw"] * 5 + ["reconstruct", "answer"]


def test_the_time_asked_for_grows_with_steps_and_with_pictures(asked):
    one, many_steps, many_pictures, more_of_both = (seconds for _, seconds in asked[:4])
    assert one < many_steps and one < many_pictures < more_of_both


def test_no_call_asks_for_more_than_a_visitor_may_have(asked):
    """What ZeroGPU refuses would never run: 120 seconds at most, all eight pictures with all 50 steps among it."""
    from unilip.demo.engine import drawing_seconds

    assert all(0 < seconds <= 120 for _, seconds in asked)
    assert drawing_seconds("a red cat", [*range(8)], 50, 4.5) <= 120
