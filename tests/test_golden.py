"""Parity with the released program: every tensor of the golden records, through the pipeline where it reaches."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from unilip import prompts
from unilip.checkpoints import convert, load_pipeline
from unilip.images import open_picture, squash, to_pixel_values

ROOT = Path(os.environ.get("UNILIP_GOLDEN", Path(__file__).resolve().parents[2] / "shared" / "golden"))
FOLDER = ROOT / "unilip-tiny-official"
RELATIVE = 1e-5
PIXEL = 0.5 / 255  # pictures were stored as float16

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the golden records are not at {ROOT}")


@pytest.fixture(scope="module")
def golden() -> dict[str, torch.Tensor]:
    return load_file(FOLDER / "golden.safetensors")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))["prompts"]


@pytest.fixture(scope="module", params=["released", "converted"])
def pipeline(request, tmp_path_factory):
    folder = FOLDER
    if request.param == "converted":
        folder = tmp_path_factory.mktemp("converted") / "model"
        convert(FOLDER, folder)
    pipeline = load_pipeline(folder, device="cpu", dtype="float32")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="module")
def seen(pipeline, golden, texts) -> dict[str, torch.Tensor]:
    """What the components computed while the public pipeline drew and edited."""
    record, task = {}, ""

    def keep(name, pick):
        def hook(module, args, kwargs, output):
            record.setdefault(f"{task}.{name}", pick(args, kwargs, output))

        return hook

    hooks = [
        pipeline.mllm.model.language_model.register_forward_hook(
            keep("llm", lambda args, kwargs, output: output.last_hidden_state), with_kwargs=True
        ),
        pipeline.mllm.model.language_model.register_forward_hook(
            keep("attention_mask", lambda args, kwargs, output: kwargs["attention_mask"]), with_kwargs=True
        ),
        pipeline.mllm.get_input_embeddings().register_forward_hook(
            keep("input_ids", lambda args, kwargs, output: args[0]), with_kwargs=True
        ),
        pipeline.connector.norm.register_forward_hook(
            keep("connector", lambda args, kwargs, output: output), with_kwargs=True
        ),
        pipeline.connector.register_forward_hook(
            keep("condition", lambda args, kwargs, output: output), with_kwargs=True
        ),
        pipeline.transformer.register_forward_hook(
            keep("dit_first", lambda args, kwargs, output: torch.cat(output[0].chunk(2)[::-1])), with_kwargs=True
        ),
        pipeline.decoder.decoder.register_forward_hook(
            keep("decoded", lambda args, kwargs, output: output), with_kwargs=True
        ),
    ]
    for task, image in (("t2i", None), ("edit", FOLDER / "input.png")):
        options = {"image": image, "latents": golden[f"{task}.noise"], "keep_proportions": False}
        record[f"{task}.latents"] = pipeline(texts[task], output_type="latent", **options).images
        record[f"{task}.image"] = torch.from_numpy(pipeline(texts[task], output_type="np", **options).images[0])
    for hook in hooks:
        hook.remove()
    return record


def assert_close(ours: torch.Tensor, theirs: torch.Tensor):
    assert ours.shape == theirs.shape
    assert ((ours - theirs).norm() / theirs.norm()).item() <= RELATIVE


def assert_pixels_close(ours: torch.Tensor, theirs: torch.Tensor, span: float = 1.0):
    assert ours.shape == theirs.shape
    assert (ours - theirs.float()).abs().max().item() <= PIXEL * span


@pytest.fixture(scope="module")
def pixel_values() -> torch.Tensor:
    return to_pixel_values([squash(open_picture(FOLDER / "input.png"), 448)])


def test_pixel_values(pixel_values, golden):
    assert_close(pixel_values, golden["pixel_values"])


@torch.no_grad()
def test_vision_tower(pipeline, pixel_values, golden):
    hidden_states = pipeline.mllm.model.vision_tower(pixel_values).last_hidden_state
    assert_close(hidden_states[:, ::8], golden["vision.last_hidden_state"])


@torch.no_grad()
def test_image_features(pipeline, pixel_values, golden):
    assert_close(pipeline.encode_image(pixel_values), golden["image_features"])


def test_reconstruction_latents(pipeline, golden):
    latents = pipeline.reconstruct(FOLDER / "input.png", output_type="latent").images
    assert_close(latents / pipeline.decoder.config.scaling_factor, golden["latents_unscaled"])


@torch.no_grad()
def test_pixel_decoder(pipeline, golden):
    assert_pixels_close(pipeline.decoder.decode(golden["latents_unscaled"]), golden["decoded"], span=2)


@pytest.mark.parametrize("task", ["t2i", "edit"])
def test_prompts(seen, golden, task):
    assert torch.equal(seen[f"{task}.input_ids"], golden[f"{task}.input_ids"])
    text_mask = golden[f"{task}.attention_mask"]
    assert torch.equal(seen[f"{task}.attention_mask"][:, : text_mask.shape[1]], text_mask)
    assert seen[f"{task}.attention_mask"][:, text_mask.shape[1] :].min() == 1


@pytest.mark.parametrize("task", ["t2i", "edit"])
@pytest.mark.parametrize(
    ("ours", "theirs", "every"),
    [("llm", "lm_last_hidden_state", 4), ("connector", "connector", 4), ("condition", "condition", 1)],
)
def test_conditions(seen, golden, task, ours, theirs, every):
    real = seen[f"{task}.attention_mask"].bool()[:, ::every]
    assert_close(seen[f"{task}.{ours}"][:, ::every][real], golden[f"{task}.{theirs}"][real])


@pytest.mark.parametrize("task", ["t2i", "edit"])
@pytest.mark.parametrize("name", ["dit_first", "latents"])
def test_sampling(seen, golden, task, name):
    assert_close(seen[f"{task}.{name}"], golden[f"{task}.{name}"])


@pytest.mark.parametrize("task", ["t2i", "edit"])
def test_pictures(seen, golden, task):
    assert_pixels_close(seen[f"{task}.decoded"], golden[f"{task}.decoded"], span=2)
    assert_pixels_close(seen[f"{task}.image"], golden[f"{task}.image"])


@torch.no_grad()
def test_chat(pipeline, pixel_values, golden, texts):
    prompt = prompts.chat_prompt([("user", f"{prompts.image_block(256)}\n{texts['chat']}")])
    input_ids = pipeline.tokenizer([prompt], return_tensors="pt").input_ids
    assert torch.equal(input_ids, golden["chat.input_ids"])
    logits = pipeline.mllm(input_ids=input_ids, pixel_values=pixel_values).logits
    assert_close(logits[:, -8:], golden["chat.logits"])
    # No stop token was honoured, so each greedy token must be the likeliest after those before it.
    greedy = golden["chat.greedy_ids"]
    logits = pipeline.mllm(input_ids=torch.cat([input_ids, greedy], dim=1), pixel_values=pixel_values).logits
    assert torch.equal(logits[:, -13:-1].argmax(dim=-1), greedy)


def test_chat_through_the_pipeline(pipeline, golden, texts):
    greedy = golden["chat.greedy_ids"][0].tolist()
    stop = pipeline.tokenizer.convert_tokens_to_ids("<|im_end|>")
    said = greedy[: greedy.index(stop)] if stop in greedy else greedy
    content = [{"type": "image", "image": FOLDER / "input.png"}, {"type": "text", "text": texts["chat"]}]
    answer = pipeline.chat([{"role": "user", "content": content}], max_new_tokens=12)
    assert answer == pipeline.tokenizer.decode(said, skip_special_tokens=True).strip()


def test_every_record_is_held_against_ours(golden):
    compared = {"pixel_values", "vision.last_hidden_state", "image_features", "latents_unscaled", "decoded"}
    compared |= {"chat.input_ids", "chat.logits", "chat.greedy_ids"}
    for task in ("t2i", "edit"):
        compared |= {f"{task}.{name}" for name in ("input_ids", "attention_mask", "lm_last_hidden_state", "connector")}
        compared |= {f"{task}.{name}" for name in ("condition", "noise", "dit_first", "latents", "decoded", "image")}
    assert compared == golden.keys()
