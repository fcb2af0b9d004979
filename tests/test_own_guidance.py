"""Where no guidance is named, a model's own is used: the published 4.5, unless its model_index.json says otherwise."""

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
    pipeline.register_to_config(guidance_scale=2.0)
    return pipeline


@pytest.fixture(scope="module")
def folder(gentle, tmp_path_factory):
    path = tmp_path_factory.mktemp("gentle") / "model"
    gentle.save_pretrained(path)
    return path


def draw(pipeline: UniLIPPipeline, **settings) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return pipeline("a red cat", num_inference_steps=2, generator=generator, output_type="latent", **settings).images


def test_a_call_without_guidance_takes_the_models_own(gentle, tiny):
    assert torch.equal(draw(gentle), draw(gentle, guidance_scale=2.0))
    assert torch.equal(draw(tiny), draw(tiny, guidance_scale=4.5))
    assert not torch.allclose(draw(gentle), draw(tiny))


def test_it_is_saved_with_the_model(folder):
    assert load_pipeline(folder).config.guidance_scale == 2.0


def test_that_of_a_released_model_is_the_published(tiny, tmp_path):
    write_released(tiny, tmp_path / "released")
    assert load_pipeline(tmp_path / "released").config.guidance_scale == 4.5


def test_that_of_the_included_model_is_gentler():
    assert load_pipeline(EMBEDDED).config.guidance_scale == 2.5


def test_the_page_starts_with_it(gentle, tmp_path):
    engine, studies = Engine(gentle), Studies(tmp_path)
    page = build_page(engine, "UniLIP", True, studies)
    sliders = [block for block in page.blocks.values() if isinstance(block, gr.Slider) and block.label == "Guidance"]
    assert [slider.value for slider in sliders] == [2.0, 2.0]
    *_, done = engine.draw("a red cat", [0], 1)
    assert read_record(done.value[0]).guidance == 2.0
    engine.close()
    studies.close()


def test_the_command_line_uses_and_records_it(folder, tmp_path):
    command = ["generate", "a dog", "--steps", "1", "--seed", "5", "--model", str(folder), "--output", str(tmp_path)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert read_record(Image.open(tmp_path / "a-dog-5.png")).guidance == 2.0


def test_a_contestant_without_guidance_has_it(folder):
    settings = Settings.parse(f"steps=1,model={folder}")
    assert settings.guidance is None
    make = sampler()
    jobs = [
        Job("1", "a", "a red cat", None, dataclasses.asdict(one), 3)
        for one in (settings, dataclasses.replace(settings, guidance=2.0), dataclasses.replace(settings, guidance=4.5))
    ]  # fmt: skip
    own, same, other = (make(job).tobytes() for job in jobs)
    assert own == same != other
