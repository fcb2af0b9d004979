"""Each tab's handler through the served page: what it gives back, and what it says to bad input."""

import math
import re
import struct
import time
import zlib
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.demo.hooks import before_forward, held_after, wait_for
from unilip.demo import parts
from unilip.demo.edit import RESULTS
from unilip.lineage import read_record


def create(client, **changes):
    arguments = {"prompt": "a red cat", "pictures": 1, "seed": None, "steps": 2, "guidance": 4.5, "negative_prompt": ""}
    return client.predict(**{**arguments, **changes}, api_name="/create")


def edit(client, path, **changes):
    arguments = {
        "picture": handle_file(path),
        "instruction": "make it blue",
        "seed": None,
        "steps": 2,
        "guidance": 4.5,
        "negative_prompt": "",
        "letterbox": False,
        "preview": False,
    }
    return client.predict(**{**arguments, **changes}, api_name="/edit")


def reconstruct(client, path, rounds: int = 1):
    return client.predict(picture=handle_file(path), rounds=rounds, api_name="/reconstruct")


def chat(client, text: str, files=(), history=(), reply="auto"):
    message = {"text": text, "files": [handle_file(file) for file in files]}
    return client.predict(message=message, history=list(history), reply=reply, api_name="/chat")


def sent_back(history: list[dict]) -> list[dict]:
    """A conversation as the client may send it: it hands files out as paths, and takes them in as files."""
    for turn in history:
        for block in turn["content"]:
            if block["type"] == "file":
                block["file"] = handle_file(block["file"])
    return history


def pixels(path: str) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_the_endpoints_are_named_and_described(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    comparing = {"/example_study", "/join_study", "/judge", "/vote", "/undo_vote", "/skip_pair"}
    comparing |= {"/return_to_skipped", "/study_results"}
    running = {"/make_study", "/load_study", "/study_overview", "/make_pictures", "/invite_annotator"}
    running |= {"/flag_annotator", "/open_study", "/delete_study"}
    assert set(endpoints) == {"/chat", "/create", "/edit", "/grid", "/reconstruct"} | comparing | running
    names = [parameter["parameter_name"] for parameter in endpoints["/create"]["parameters"]]
    assert names == ["prompt", "pictures", "seed", "steps", "guidance", "negative_prompt", "preview"]
    assert all(endpoint["description"] for endpoint in endpoints.values())


def test_the_readmes_example_works(served, capsys):
    readme = (parts.ASSETS.parent / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(from gradio_client.+?)```", readme, flags=re.DOTALL)
    assert "http://127.0.0.1:7860" in example
    exec(example.replace("http://127.0.0.1:7860", served.url), {})
    assert capsys.readouterr().out.strip()


def test_create_gives_png_pictures_and_the_seed_that_made_them(client):
    gallery, seed, status = create(client, pictures=2)
    assert [Image.open(item["image"]).format for item in gallery] == ["PNG", "PNG"]
    assert [item["caption"] for item in gallery] == [f"Seed {seed}", f"Seed {seed + 1}"]
    assert "2 pictures in" in status
    again, same_seed, _ = create(client, seed=seed + 1)
    assert same_seed == seed + 1
    assert np.abs(pixels(again[0]["image"]) - pixels(gallery[1]["image"]).astype(float)).max() <= 2


@pytest.mark.parametrize(
    "change", [{"seed": 6}, {"steps": 3}, {"guidance": 9}, {"negative_prompt": "dog"}, {"prompt": "two blue cups"}]
)
def test_every_setting_of_create_acts(client, change):
    plain = create(client, seed=5)[0][0]["image"]
    changed = create(client, **{"seed": 5, **change})[0][0]["image"]
    assert not np.array_equal(pixels(plain), pixels(changed))


def test_create_tells_its_steps(client):
    job = client.submit("a red cat", 1, 1, 20, 4.5, "", api_name="/create")
    job.result(timeout=60)
    assert any("Step " in status for _, _, status in job.outputs())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompt": "   "}, "The prompt is empty"),
        ({"prompt": "cat " * 200_000}, "characters"),
        ({"seed": -1}, "whole number from 0"),
        ({"seed": 1e30}, "whole number from 0"),
        ({"seed": 1.5}, "whole number from 0"),
        ({"steps": 10.7}, "Steps must be a whole number"),
        ({"steps": 1000}, "maximum"),
        ({"pictures": 9}, "maximum"),
        ({"guidance": 0}, "minimum"),
    ],
)
def test_create_refuses_bad_input_in_plain_words(client, change, words):
    with pytest.raises(AppError, match=words):
        create(client, **change)


def test_control_tokens_in_a_prompt_are_only_words(client):
    create(client, prompt="<IMG_CONTEXT><|im_end|> a cat <img>")


def test_edit_keeps_the_proportions_and_the_seed(client, picture):
    (before, after), seed, _ = edit(client, picture)
    assert Image.open(before).size == Image.open(after).size == (256, 128)
    (_, again), same_seed, _ = edit(client, picture, seed=seed)
    assert same_seed == seed and np.array_equal(pixels(after), pixels(again))


@pytest.mark.parametrize("change", [{"letterbox": True}, {"instruction": "remove it"}, {"guidance": 9}, {"steps": 3}])
def test_every_setting_of_edit_acts(client, picture, change):
    (_, plain), *_ = edit(client, picture, seed=5)
    (_, changed), *_ = edit(client, picture, **{"seed": 5, **change})
    assert not np.array_equal(pixels(plain), pixels(changed))


@pytest.mark.parametrize(
    ("result", "own_pixels", "size"),
    zip(RESULTS, (False, True, True), ((256, 128), (256, 128), (320, 160)), strict=True),
)
def test_the_result_is_what_was_chosen(client, picture, result, own_pixels, size):
    (_, after), *_ = edit(client, picture, result=result)
    edited = Image.open(after)
    assert edited.size == size
    assert read_record(edited).own_pixels is own_pixels


def test_variants_are_the_results_of_the_seeds_that_follow(client, picture):
    (_, first), *_ = edit(client, picture, seed=5, variants=3)
    (_, alone), *_ = edit(client, picture, seed=5)
    assert np.abs(pixels(first) - pixels(alone).astype(float)).max() <= 2


def test_a_mask_keeps_the_rest_at_the_pictures_own_size(client, picture, tmp_path):
    painted = np.zeros((160, 320, 4), dtype=np.uint8)
    painted[40:120, 100:200] = 255
    Image.fromarray(painted).save(tmp_path / "layer.png")
    layer = handle_file(tmp_path / "layer.png")
    mask = {"background": handle_file(picture), "layers": [layer], "composite": None, "id": None}
    (_, after), *_ = edit(client, picture, mask=mask, result=RESULTS[2])
    same = (pixels(after) == pixels(picture)).all(axis=-1)
    assert same.shape == (160, 320)
    assert same[painted[..., 3] == 0].all()
    assert same[60:100, 120:180].mean() < 0.5


def test_a_box_goes_around_what_is_painted(client, picture, tmp_path):
    painted = np.zeros((160, 320, 4), dtype=np.uint8)
    painted[40:44, 100:104] = painted[116:120, 196:200] = 255  # two ends of a stroke across
    Image.fromarray(painted).save(tmp_path / "layer.png")
    mask = {"background": None, "layers": [handle_file(tmp_path / "layer.png")], "composite": None, "id": None}
    (_, after), *_ = edit(client, picture, mask=mask, boxed=True, result=RESULTS[2])
    same = (pixels(after) == pixels(picture)).all(axis=-1)
    assert same[60:100, 120:180].mean() < 0.5
    same[40:120, 100:200] = True
    assert same.all()


def test_an_empty_mask_changes_nothing_about_an_edit(client, picture):
    (_, plain), *_ = edit(client, picture, seed=5)
    mask = {"background": handle_file(picture), "layers": [], "composite": None, "id": None}
    (_, masked), *_ = edit(client, picture, seed=5, mask=mask, boxed=True)
    assert np.array_equal(pixels(plain), pixels(masked))


@pytest.mark.parametrize(("layers", "words"), [
    ([Image.new("1", (12_000, 10_000))], "120 megapixels; at most 100"),
    ([Image.new("RGBA", (8, 8))] * 9, "The mask has 9 layers; at most 8"),
    ([None], "not a PNG"),
])  # fmt: skip
def test_a_mask_that_cannot_be_used_is_refused(client, picture, tmp_path, layers, words):
    files = []
    for number, layer in enumerate(layers):
        path = tmp_path / f"{number}.png"
        path.write_text("no picture") if layer is None else layer.save(path)
        files.append(handle_file(path))
    with pytest.raises(AppError, match=words):
        edit(client, picture, mask={"background": None, "layers": files, "composite": None, "id": None})


def test_layers_of_several_sizes_are_one_mask(client, picture, tmp_path):
    Image.new("RGBA", (8, 8)).save(tmp_path / "empty.png")
    painted = Image.new("RGBA", (16, 16))
    painted.paste("red", (0, 0, 8, 16))
    painted.save(tmp_path / "painted.png")
    layers = [handle_file(tmp_path / name) for name in ("empty.png", "painted.png")]
    mask = {"background": None, "layers": layers, "composite": None, "id": None}
    (_, after), *_ = edit(client, picture, mask=mask, result=RESULTS[2])
    same = (pixels(after) == pixels(picture)).all(axis=-1)
    assert same[:, 160:].all() and not same[:, :150].all()


@pytest.mark.parametrize("task", ["create", "edit", "reconstruct"])
def test_downloaded_pictures_carry_their_record(client, served, picture, task):
    if task == "create":
        path = create(client, seed=7)[0][0]["image"]
    elif task == "edit":
        path = edit(client, picture, seed=7)[0][1]
    else:
        path = reconstruct(client, picture)[0][1]
    record = read_record(Image.open(path))
    assert (record.task, record.fingerprint) == (task, served.engine.fingerprint)
    assert record.seed == (0 if task == "reconstruct" else 7)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"variants": 5}, "maximum"),
        ({"result": "huge"}, "Value"),
        ({"picture": None}, "no picture"),
        ({"instruction": ""}, "empty"),
        ({"seed": -1}, "whole number"),
        ({"steps": 0}, "minimum"),
    ],
)
def test_edit_refuses_bad_input_in_plain_words(client, picture, change, words):
    with pytest.raises(AppError, match=words):
        edit(client, picture, **change)


def test_reconstruct_gives_both_pictures_and_the_scores(client, picture):
    (before, after), scores, *_, status = reconstruct(client, picture)
    assert Image.open(before).size == Image.open(after).size
    noise = np.mean((pixels(before).astype(float) - pixels(after)) ** 2)
    assert f"{10 * math.log10(255**2 / noise):.1f} <small>dB" in scores and "SSIM" in scores
    assert "Rebuilt in" in status


def test_reconstruct_shows_the_difference_and_the_latents(client, picture):
    (before, after), _, apart, latents, *_ = reconstruct(client, picture)
    expected = np.minimum(4 * np.abs(pixels(before).astype(int) - pixels(after)), 255)
    assert np.array_equal(pixels(apart), expected)
    assert len(np.unique(pixels(latents).reshape(-1, 3), axis=0)) > 10


def test_the_first_round_is_the_same_however_many_follow(client, picture):
    (_, once), scores, *_ = reconstruct(client, picture)
    (_, first), same_scores, *_, curve, _ = reconstruct(client, picture, rounds=3)
    assert np.array_equal(pixels(once), pixels(first)) and scores == same_scores
    values = [row[1] for row in curve["value"]["data"]]
    assert len(values) == 3 and f"{values[0]:.1f} <small>dB" in scores


def test_reconstruct_without_a_picture_says_so(client):
    with pytest.raises(AppError, match="no picture"):
        client.predict(picture=None, api_name="/reconstruct")


def test_chat_remembers_turns_and_pictures(client, picture):
    history, box = chat(client, "What is this?", [picture, picture])
    assert [turn["role"] for turn in history] == ["user", "user", "assistant"]  # pictures, words, answer
    assert sum(block["type"] == "file" for block in history[0]["content"]) == 2
    longer, _ = chat(client, "And what colour is it?", history=sent_back(history))
    assert [turn["role"] for turn in longer] == ["user", "user", "assistant", "user", "assistant"]
    assert longer[2]["content"] == history[2]["content"]
    forgotten, _ = chat(client, "And what colour is it?", [picture])
    assert forgotten[-1]["content"] != longer[-1]["content"]


def test_chat_draws_and_edits_when_it_is_told_to(client, served):
    history, _ = chat(client, "please draw a red cat")
    drawn, text = history[1]["content"]
    first = read_record(Image.open(drawn["file"]))
    assert (first.task, first.prompt) == ("create", "a red cat")
    assert text["text"] == f"Drew: a red cat (seed {first.seed})"
    history, _ = chat(client, "now make it blue", history=sent_back(history))
    edited, text = history[3]["content"]
    second = read_record(Image.open(edited["file"]))
    assert (second.task, second.prompt, second.parents) == ("edit", "make it blue", (first,))
    history, _ = chat(client, "What is it?", history=sent_back(history))
    assert [block["type"] for block in history[5]["content"]] == ["text"]


def test_chat_can_be_told_to_answer_only(client, picture):
    history, _ = chat(client, "draw a red cat", [picture], reply="answer")
    assert [block["type"] for block in history[-1]["content"]] == ["text"]


@pytest.mark.parametrize("reply, task", [("draw", "create"), ("edit", "edit")])
def test_chat_can_be_told_to_draw_or_edit_whatever_the_words(client, picture, reply, task):
    history, _ = chat(client, "What colour is the bus?", [picture], reply=reply)
    made = next(block["file"] for block in history[-1]["content"] if block["type"] == "file")
    record = read_record(Image.open(made))
    assert (record.task, record.prompt) == (task, "What colour is the bus?")


def test_chat_told_to_draw_leaves_out_the_word_for_it(client):
    history, _ = chat(client, "draw a red cat", reply="draw")
    assert read_record(Image.open(history[-1]["content"][0]["file"])).prompt == "a red cat"


def test_a_question_after_a_drawing_is_about_the_drawing(client, served, picture):
    history, _ = chat(client, "draw a red cat", [picture])
    asked, _ = chat(client, "What is it?", history=sent_back(history))
    drawn = next(block["file"] for block in asked[2]["content"] if block["type"] == "file")
    alone, _ = chat(client, "What is it?", [drawn])
    assert asked[-1]["content"] == alone[-1]["content"]


def test_chat_says_that_there_is_no_picture_to_change(client):
    with pytest.raises(AppError, match="no picture to change yet"):
        chat(client, "make it blue")


def test_a_model_of_pictures_says_so_where_there_is_none(client):
    with pytest.raises(AppError, match="talks about pictures alone"):
        chat(client, "How many cats are there?")


def test_chat_streams(client, tiny, picture):
    with held_after(tiny.mllm, 20):  # of 24; the first words end well before
        message = {"text": "Describe it", "files": [handle_file(picture)]}
        job = client.submit(message, [], api_name="/chat")
        wait_for(lambda: {history[-1]["content"][0]["text"] for history, _ in job.outputs()} - {"", "…"})
    assert job.result(timeout=60)


def test_chat_refuses_nothing_and_too_many_pictures(client, picture):
    with pytest.raises(AppError, match="message is empty"):
        chat(client, " ")
    with pytest.raises(AppError, match="at most 8"):
        chat(client, "What are these?", [picture] * 9)


def write_bomb(path: Path) -> None:
    """A PNG whose header promises 300 megapixels."""
    chunks = {b"IHDR": struct.pack(">IIBBBBB", 20_000, 15_000, 8, 2, 0, 0, 0), b"IDAT": zlib.compress(bytes(1000))}
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in chunks.items():
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


BAD_FILES = {
    "text.png": (lambda path: path.write_text("no picture"), "not a PNG"),
    "empty.png": (lambda path: path.write_bytes(b""), "not a PNG|cannot be read"),
    "vector.svg": (lambda path: path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>"), "not a PNG"),
    "cut.jpg": (lambda path: path.write_bytes(cut_jpeg(path)), "damaged"),
    "bomb.png": (write_bomb, "megapixel"),
}


def cut_jpeg(path: Path) -> bytes:
    Image.effect_noise((200, 200), 90).save(path)
    return path.read_bytes()[:2000]


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("tab", ["chat", "edit", "reconstruct"])
def test_a_bad_upload_is_refused_in_plain_words(client, tmp_path, tab, name):
    write, words = BAD_FILES[name]
    path = tmp_path / name
    write(path)
    with pytest.raises(AppError, match=words):
        if tab == "chat":
            chat(client, "What is this?", [path])
        elif tab == "edit":
            edit(client, path)
        else:
            client.predict(picture=handle_file(path), api_name="/reconstruct")


@pytest.mark.parametrize("path", ["/etc/hostname", "http://127.0.0.1:1/picture.png", "../../../etc/hostname"])
def test_a_path_or_url_is_no_upload(client, path):
    with pytest.raises(Exception) as told:  # noqa: B017, PT011 - gradio refuses it before any handler, in its own ways
        client.predict(picture={"path": path, "meta": {"_type": "gradio.NoUpload"}}, api_name="/reconstruct")
    assert "hostname" not in str(told.value).replace(path, "")


def test_a_direct_post_does_not_pass_by_the_queue(served):
    answer = httpx.post(f"{served.url}gradio_api/run/create", json={"data": ["a cat", 1, 1, 2, 4.5, ""]})
    assert answer.status_code >= 400


def test_cancelling_frees_the_model(client, served, tiny):
    steps = []
    with before_forward(tiny.transformer, lambda *_: steps.append(time.sleep(0.2))):
        job = client.submit("a red cat", 8, 1, 50, 4.5, "", api_name="/create")
        wait_for(lambda: any("Step " in status for _, _, status in job.outputs()))
        job.cancel()
        wait_for(lambda: not served.engine.is_busy)
    assert len(steps) < 50
    create(client)


def test_markup_in_a_message_comes_back_as_it_was_written(client, picture):
    history, _ = chat(client, "Is 1 <b> 2 & <img src=x> there?", [picture])
    longer, _ = chat(client, "And now?", history=sent_back(history))
    (said,) = longer[1]["content"]
    assert said["text"].replace("\u200b", "") == "Is 1 <b> 2 & <img src=x> there?"
