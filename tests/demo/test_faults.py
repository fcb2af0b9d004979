"""Bad input and faults: the list of all of them, each with the test that shows what becomes of it, and those tests that
have no other place: floods, full disks, closed tabs, and a thousand calls."""

import ast
import gc
import threading
from pathlib import Path

import httpx
import psutil
import pytest
import torch
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.demo.hooks import before_forward
from unilip.demo.engine import Engine, Result
from unilip.images import PictureError, open_picture

TESTS = Path(__file__).parents[1]
LIST = {
    "a bomb of 300 megapixels": "demo/test_handlers.py::test_a_bad_upload_is_refused_in_plain_words",
    "a picture of 120 megapixels": "demo/test_faults.py::test_a_picture_of_120_megapixels",
    "text renamed to png": "demo/test_handlers.py::test_a_bad_upload_is_refused_in_plain_words",
    "an empty file": "demo/test_handlers.py::test_a_bad_upload_is_refused_in_plain_words",
    "a cut jpeg": "demo/test_handlers.py::test_a_bad_upload_is_refused_in_plain_words",
    "an svg": "demo/test_handlers.py::test_a_bad_upload_is_refused_in_plain_words",
    "exif rotation": "test_images.py::test_exif_rotation_is_applied",
    "transparency": "test_images.py::test_transparency_becomes_white",
    "a palette": "test_images.py::test_a_palette_keeps_its_colours",
    "cmyk": "test_images.py::test_cmyk",
    "16-bit grey": "test_images.py::test_16_bit_grey_keeps_its_range",
    "an animated gif": "test_images.py::test_an_animation_gives_its_first_frame",
    "one by four thousand pixels": "test_images.py::test_one_by_four_thousand",
    "an oversized upload": "demo/test_faults.py::test_an_oversized_upload",
    "path tricks in file names": "demo/test_faults.py::test_path_tricks_in_a_file_name",
    "a file path or url as upload": "demo/test_handlers.py::test_a_path_or_url_is_no_upload",
    "an empty prompt": "demo/test_handlers.py::test_create_refuses_bad_input_in_plain_words",
    "no picture": "demo/test_handlers.py::test_edit_refuses_bad_input_in_plain_words",
    "a prompt of 5 megabytes": "demo/test_faults.py::test_a_prompt_of_5_megabytes",
    "control tokens in a prompt": "demo/test_handlers.py::test_control_tokens_in_a_prompt_are_only_words",
    "seed -1 or 1e30": "demo/test_handlers.py::test_create_refuses_bad_input_in_plain_words",
    "no seed": "demo/test_parts.py::test_no_seed_means_a_new_one",
    "10.7 steps": "demo/test_handlers.py::test_create_refuses_bad_input_in_plain_words",
    "steps that are not a number": "demo/test_parts.py::test_no_whole_number_in_bounds",
    "out of memory in the transformer or decoder": (
        "demo/test_engine.py::test_a_fault_is_told_in_plain_words_and_the_next_request_works"
    ),
    "stop in mid-step": "demo/test_engine.py::test_stop_ends_the_sampler_within_one_step",
    "a closed tab": "demo/test_browser.py::test_a_closed_tab_frees_the_model_for_the_next_visitor",
    "a double click": "demo/test_browser.py::test_a_double_click_draws_once",
    "a full queue": "demo/test_engine.py::test_requests_wait_in_line_and_one_too_many_is_refused",
    "a direct post": "demo/test_handlers.py::test_a_direct_post_does_not_pass_by_the_queue",
    "two visitors with one seed": (
        "demo/test_engine.py::test_two_visitors_with_one_seed_get_what_each_would_get_alone"
    ),
    "a missing checkpoint": "test_checkpoints.py::test_a_missing_checkpoint",
    "a cut checkpoint": "test_checkpoints.py::test_a_cut_shard",
    "latents that are not numbers": "demo/test_faults.py::test_latents_that_are_not_numbers",
    "a full disk": "demo/test_faults.py::test_a_full_disk",
    "killed while saving": "test_lineage.py::test_killed_while_saving_no_half_picture_stays",
    "no network": "test_checkpoints.py::test_a_hub_id_without_network",
    "markup in what the model says": "demo/test_chat.py::test_markup_in_an_answer_stays_text",
    "a thousand equal calls": "demo/test_faults.py::test_a_thousand_equal_calls_grow_neither_memory_nor_disk",
    "an unexpected exception": "demo/test_engine.py::test_a_fault_is_told_in_plain_words_and_the_next_request_works",
}
CREATE = {"prompt": "a red cat", "pictures": 1, "seed": 5, "steps": 2, "guidance": 4.5, "preview": False}


@pytest.mark.parametrize("fault", LIST)
def test_the_list_has_a_test_for(fault):
    path, name = LIST[fault].split("::")
    tests = ast.parse((TESTS / path).read_text(encoding="utf-8")).body
    assert name in [node.name for node in tests if isinstance(node, ast.FunctionDef)]


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


def upload(served, name: str, content: bytes) -> httpx.Response:
    return httpx.post(f"{served.url}gradio_api/upload", files={"files": (name, content)}, timeout=60)


def test_an_oversized_upload(served):
    assert upload(served, "large.png", bytes(220_000_000)).status_code == 413
    assert upload(served, "small.png", bytes(1000)).status_code == 200


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/evil.png", "..\\..\\evil.png", "a/../../evil.png"])
def test_path_tricks_in_a_file_name(served, name):
    (kept,) = upload(served, name, b"some bytes").json()
    assert Path(kept).resolve().is_relative_to(Path(served.cache).resolve()) and ".." not in Path(kept).parts


def test_latents_that_are_not_numbers(client, tiny):
    def spoil(module, inputs, output):
        return (torch.full_like(output[0], float("nan")), *output[1:])

    hook = tiny.transformer.register_forward_hook(spoil)
    try:
        with pytest.raises(AppError, match="not numbers. Please try a lower guidance"):
            client.predict(**CREATE, api_name="/create")
    finally:
        hook.remove()
    client.predict(**CREATE, api_name="/create")


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
@pytest.mark.timeout(2400)
def test_a_thousand_equal_calls_grow_neither_memory_nor_disk(served, client):
    def call() -> Path:
        return Path(client.predict(**{**CREATE, "steps": 1}, api_name="/create")[0][0]["image"])

    def memory() -> int:
        gc.collect()
        return psutil.Process().memory_info().rss

    for _ in range(50):
        first = call()
    cache = Path(served.cache)
    before, files = memory(), len([*cache.rglob("*")])
    for _ in range(1000):
        last = call()
    assert memory() - before < 60e6
    assert last.read_bytes() == first.read_bytes()
    assert len([*cache.rglob("*")]) == files
