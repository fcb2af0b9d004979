"""Where no guidance and no steps are named, a model's own are used: the published 4.5 and 20, unless its
model_index.json says otherwise."""

import dataclasses

import gradio as gr
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from tests.tiny import make_tiny_pipeline, write_released
from unilip.annotation.running import Job
from unilip.annotation.sampling import Settings, sampler
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.cli import app
from unilip.demo.engine import Engine
from unilip.demo.page import build_page
from unilip.demo.studies import Studies
from unilip.lineage import read_record
from unilip.pipeline import UniLIPPipeline


@pytest.fixture(scope="module")
def gentle() -> UniLIPPipeline:
    pipeline = make_tiny_pipeline()
    pipeline.register_to_config(guidance_scale=2.0, num_inference_steps=3)
    return pipeline


@pytest.fixture(scope="module")
def folder(gentle, tmp_path_factory):
    path = tmp_path_factory.mktemp("gentle") / "model"
    gentle.save_pretrained(path)
    return path


def draw(pipeline: UniLIPPipeline, **settings) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return pipeline("a red cat", generator=generator, output_type="latent", **settings).images


def test_a_call_without_guidance_takes_the_models_own(gentle, tiny):
    assert torch.equal(draw(gentle), draw(gentle, guidance_scale=2.0))
    assert torch.equal(draw(tiny), draw(tiny, guidance_scale=4.5))
    assert not torch.allclose(draw(gentle), draw(tiny, num_inference_steps=3))


def test_a_call_without_steps_takes_the_models_own(gentle, tiny):
    assert torch.equal(draw(gentle), draw(gentle, num_inference_steps=3))
    assert torch.equal(draw(tiny), draw(tiny, num_inference_steps=20))
    assert not torch.allclose(draw(gentle), draw(tiny, guidance_scale=2.0))


def test_they_are_saved_with_the_model(folder):
    assert load_pipeline(folder).choose_sampling(None, None) == (3, 2.0)


def test_those_of_a_released_model_are_the_published(tiny, tmp_path):
    write_released(tiny, tmp_path / "released")
    assert load_pipeline(tmp_path / "released").choose_sampling(None, None) == (20, 4.5)


def test_those_of_the_included_model_are_fewer_and_gentler():
    assert load_pipeline(EMBEDDED).choose_sampling(None, None) == (10, 2.5)


def test_the_page_starts_with_them(gentle, tmp_path):
    engine, studies = Engine(gentle), Studies(tmp_path)
    page = build_page(engine, "UniLIP", True, studies)
    for label, own in (("Guidance", 2.0), ("Steps", 3)):
        sliders = [block for block in page.blocks.values() if isinstance(block, gr.Slider) and block.label == label]
        assert [slider.value for slider in sliders] == [own, own]
    *_, done = engine.draw("a red cat", [0], 1)
    assert read_record(done.value[0]).guidance == 2.0
    engine.close()
    studies.close()


def test_the_command_line_uses_and_records_them(folder, tmp_path):
    command = ["generate", "a dog", "--seed", "5", "--model", str(folder), "--output", str(tmp_path)]
    assert CliRunner().invoke(app, command).exit_code == 0
    record = read_record(Image.open(tmp_path / "a-dog-5.png"))
    assert (record.steps, record.guidance) == (3, 2.0)


def test_a_contestant_without_guidance_and_steps_has_them(folder):
    settings = Settings.parse(f"model={folder}")
    assert settings.steps is settings.guidance is None
    make = sampler()
    jobs = [
        Job("1", "a", "a red cat", None, dataclasses.asdict(one), 3)
        for one in (
            settings,
            dataclasses.replace(settings, guidance=2.0, steps=3),
            dataclasses.replace(settings, guidance=4.5),
            dataclasses.replace(settings, steps=4),
        )
    ]
    own, same, guided, longer = (make(job).tobytes() for job in jobs)
    assert own == same != guided
    assert own != longer
