"""An edit keeps its picture's own pixels where it changed nothing, and only there, if that is wanted."""

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from tests.tiny import make_tiny_pipeline, write_released
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.cli import app
from unilip.lineage import read_record
from unilip.own_pixels import with_own_pixels

BOX = np.s_[..., 64:128, 96:160]


@pytest.fixture
def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    """A source full of detail, and what a decoder makes of it."""
    generator = torch.Generator().manual_seed(0)
    rebuilt = torch.rand(2, 3, 1, 1, generator=generator).expand(2, 3, 256, 256) * 0.6 + 0.2
    return rebuilt + 0.2 * (torch.rand(rebuilt.shape, generator=generator) - 0.5), rebuilt


def test_where_nothing_changed_every_pixel_is_the_sources(pictures):
    source, rebuilt = pictures
    assert torch.equal(with_own_pixels(rebuilt, rebuilt, source), source)
    inexact = rebuilt + 0.03 * torch.randn(rebuilt.shape, generator=torch.Generator().manual_seed(1))
    assert torch.equal(with_own_pixels(inexact, rebuilt, source), source)


def test_what_changed_is_the_edits_with_a_margin(pictures):
    source, rebuilt = pictures
    edited = rebuilt.clone()
    edited[BOX] += 0.3
    merged = with_own_pixels(edited, rebuilt, source)
    assert torch.allclose(merged[BOX], edited[BOX], atol=1e-4)
    far = torch.ones(256, 256, dtype=torch.bool)
    far[40:152, 72:184] = False
    assert torch.equal(merged[..., far], source[..., far])


def test_what_is_faint_changed_if_it_adjoins_what_did(pictures):
    source, rebuilt = pictures
    edited = rebuilt.clone()
    edited[..., 90:96, 60:200] += 0.1  # thin, so that no area's mean colour shifts
    assert torch.equal(with_own_pixels(edited, rebuilt, source), source)
    edited[..., 80:104, 60:80] += 0.3
    merged = with_own_pixels(edited, rebuilt, source)
    assert torch.allclose(merged[..., 90:96, 60:190], edited[..., 90:96, 60:190], atol=1e-3)


def test_a_faint_change_of_a_whole_ground_is_a_change(pictures):
    source, rebuilt = pictures
    assert torch.allclose(with_own_pixels(rebuilt + 0.06, rebuilt, source), rebuilt + 0.06, atol=1e-5)


def test_autocast_changes_nothing(pictures):
    """As in the sheets of a training in bfloat16, whose blurs once never ended."""
    source, rebuilt = pictures
    edited = rebuilt.clone()
    edited[BOX] += 0.3
    with torch.autocast("cpu", dtype=torch.bfloat16):
        merged = with_own_pixels(edited, rebuilt, source)
    assert torch.equal(merged, with_own_pixels(edited, rebuilt, source))


def test_each_picture_of_a_batch_is_merged_alone(pictures):
    source, rebuilt = pictures
    edited = rebuilt.clone()
    edited[0][BOX] += 0.3
    merged = with_own_pixels(edited, rebuilt, source)
    assert torch.equal(merged[1], source[1]) and not torch.equal(merged[0], source[0])


def picture(seed: int, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))


def idle(pipe, images: list[Image.Image], each: int):
    """A callback by which a sampler ends at the latents of the pictures themselves."""
    own = pipe.reconstruct(images, output_type="latent").images.repeat_interleave(each, dim=0)
    return lambda *_: {"latents": own}


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_an_edit_that_changes_nothing_gives_its_picture_back(tiny, guidance):
    edge = tiny.image_size
    images = [picture(0, (edge, edge)), picture(1, (edge, edge))]
    settings = {"num_inference_steps": 2, "guidance_scale": guidance, "num_images_per_prompt": 2}
    settings["callback_on_step_end"] = idle(tiny, images, 2)
    kept = tiny("make it blue", image=images, own_pixels=True, **settings).images
    assert [one.tobytes() for one in kept] == [images[0].tobytes()] * 2 + [images[1].tobytes()] * 2
    raw = tiny("make it blue", image=images, own_pixels=False, **settings).images
    assert raw[0].tobytes() != images[0].tobytes()


def test_a_style_keeps_nothing(tiny):
    """Else half a picture is pixel art, since the other half looks alike."""
    edge = tiny.image_size
    images = [picture(0, (edge, edge)), picture(1, (edge, edge))]
    settings = {"image": images, "num_inference_steps": 2, "num_images_per_prompt": 2}
    settings["callback_on_step_end"] = idle(tiny, images, 2)
    texts = ["make it pixel art", "make it blue"]
    kept = [one.tobytes() for one in tiny(texts, own_pixels=True, **settings).images]
    raw = [one.tobytes() for one in tiny(texts, own_pixels=False, **settings).images]
    assert kept == raw[:2] + [images[1].tobytes()] * 2


@pytest.mark.parametrize("letterbox", [False, True])
def test_a_picture_that_is_not_square_keeps_its_place(tiny, letterbox):
    wide = Image.linear_gradient("L").rotate(90).resize((tiny.image_size, tiny.image_size // 2)).convert("RGB")
    kept = tiny(
        "make it blue", image=wide, num_inference_steps=2, own_pixels=True, letterbox=letterbox,
        callback_on_step_end=lambda *_: {"latents": tiny.reconstruct(wide, "latent", letterbox).images},
    ).images[0]  # fmt: skip
    assert kept.size == wide.size
    assert np.abs(np.asarray(kept, dtype=int) - np.asarray(wide)).mean() < 2


def test_a_model_has_its_own_choice(tiny, tmp_path):
    own = make_tiny_pipeline()
    own.register_to_config(own_pixels=True)
    own.save_pretrained(tmp_path / "own")
    assert load_pipeline(tmp_path / "own").choose_own_pixels(None)
    assert not load_pipeline(tmp_path / "own").choose_own_pixels(False)
    write_released(tiny, tmp_path / "released")
    assert not load_pipeline(tmp_path / "released").choose_own_pixels(None)
    assert load_pipeline(EMBEDDED).choose_own_pixels(None)


def test_a_call_follows_it(tiny):
    own = make_tiny_pipeline()
    own.register_to_config(own_pixels=True)
    image = picture(0, (own.image_size, own.image_size))
    settings = {"image": image, "num_inference_steps": 2, "callback_on_step_end": idle(own, [image], 1)}
    assert own("make it blue", **settings).images[0].tobytes() == image.tobytes()
    assert own("make it blue", own_pixels=False, **settings).images[0].tobytes() != image.tobytes()
    assert tiny("make it blue", **settings).images[0].tobytes() != image.tobytes()


@pytest.mark.parametrize(("flag", "recorded"), [("--own-pixels", True), ("--no-own-pixels", False), (None, False)])
def test_the_command_line_records_it(tiny, tmp_path, flag, recorded):
    tiny.save_pretrained(tmp_path / "model")
    picture(0, (64, 64)).save(tmp_path / "noise.png")
    command = ["edit", str(tmp_path / "noise.png"), "make it blue", "--seed", "5", "--steps", "2"]
    command += ["--model", str(tmp_path / "model"), "--output", str(tmp_path), *([flag] if flag else [])]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert read_record(Image.open(tmp_path / "noise-edited-5.png")).own_pixels is recorded
