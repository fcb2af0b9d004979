"""Every stage: its loss falls on a fixed batch, what it trains changes, and what it freezes stays bit for bit."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.training.conftest import needs_art
from unilip.emoji.plans import NONE
from unilip.prompts import generation_prompt
from unilip.training.clip import picture_tensor
from unilip.training.optimizers import make_optimizers
from unilip.training.stage import LENGTHS, Stage
from unilip.training.stages import STAGES

pytestmark = needs_art

COMPONENTS = ("mllm", "connector", "transformer", "decoder")
LEARNING = {  # prefixes of tensor names, each of which must change
    "clip": ("mllm.model.vision_tower", "mllm.model.multi_modal_projector"),
    "chat": (
        "mllm.model.vision_tower",
        "mllm.model.multi_modal_projector",
        "mllm.model.language_model",
        "mllm",
        "connector.queries",
    ),
    "principal": (
        "decoder.bottleneck",
        "decoder.reduction",
        "mllm.model.vision_tower",
        "mllm.model.multi_modal_projector",
    ),
    "reconstruction1": ("decoder.bottleneck", "decoder.reduction", "decoder.decoder"),
    "reconstruction2": (
        "decoder.bottleneck",
        "decoder.reduction",
        "decoder.decoder",
        "mllm.model.vision_tower",
        "mllm.model.multi_modal_projector",
    ),
    "encoder": (
        "decoder.bottleneck",
        "decoder.reduction",
        "mllm.model.vision_tower",
        "mllm.model.multi_modal_projector",
    ),
    "styles": ("mllm.model.vision_tower", "mllm.model.multi_modal_projector"),
    "realignment": (
        "mllm.model.vision_tower",
        "mllm.model.multi_modal_projector",
        "mllm.model.language_model",
        "mllm",
        "connector.queries",
    ),
    "generation1": ("connector.queries", "connector.layers", "connector.projection", "connector.norm"),
    "generation2": ("connector", "transformer"),
    "generation3": ("connector", "transformer"),
    "decoder": ("decoder.decoder",),
    "tuning": ("mllm.model.language_model", "mllm.lm_head", "connector"),
}


def tensors(stage: Stage) -> dict[str, torch.Tensor]:
    return {
        f"{component}.{name}": tensor.clone()
        for component in COMPONENTS
        for name, tensor in getattr(stage.pipeline, component).state_dict().items()
    }


def take_steps(stage: Stage, count: int) -> list[float]:
    """Losses of a few steps on the run's first batch."""
    optimizers = make_optimizers(stage.parameter_groups(), stage.config)
    batch = stage.collate([stage.sample(index) for index in range(stage.config.batch_size)])
    losses = []
    for _ in range(count):
        loss = stage(batch)["loss"]
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("name", STAGES)
def test_steps_lower_the_loss_and_change_only_what_learns(make_stage, tmp_path, name):
    stage = make_stage(name)
    stage.prepare(tmp_path)
    before = tensors(stage)
    losses = take_steps(stage, 5)
    after = tensors(stage)
    assert losses[-1] < losses[0]
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert all(key.startswith(LEARNING[name]) for key in changed)
    for prefix in LEARNING[name]:
        assert any(key.startswith(prefix) for key in changed), f"{prefix} did not learn"


def test_a_stage_may_keep_its_encoder_slower(make_stage):
    groups = make_stage("reconstruction2").parameter_groups()
    rates = {group["name"]: group["lr"] for group in groups}
    assert rates["encoder"] == pytest.approx(rates["decoder"] * 0.5)


def test_vectors_are_not_decayed(make_stage):
    for group in make_stage("generation2").parameter_groups():
        assert all((parameter.ndim > 1) == (group["weight_decay"] > 0) for parameter in group["params"])


def test_the_realignment_has_conversations_of_its_own(make_stage):
    chat, realignment = (make_stage(name, turns=2).sample(0) for name in ("chat", "realignment"))
    assert chat["drawing"] != realignment["drawing"]


def test_the_realignment_keeps_the_latents(make_stage):
    drift = {}
    for weight in (0.0, 100.0):
        stage = make_stage("realignment", folder=f"run{weight}", latent_weight=weight)
        pixels = torch.stack([stage.sample(index)["pixels"] for index in range(4)])
        before = stage.encode(pixels)[1]
        take_steps(stage, 8)
        drift[weight] = (stage.encode(pixels)[1] - before).square().mean().item()
    assert drift[100.0] < 0.5 * drift[0.0]


def test_tuning_keeps_the_condition(make_stage):
    errors = {}
    for weight in (0.0, 100.0):
        stage = make_stage("tuning", folder=f"run{weight}", condition_weight=weight)
        stage.definite = lambda text: text  # only what may stay as it is
        batch = stage.collate([stage.sample(index) for index in range(1, 5)])
        take_steps(stage, 20)
        losses = stage(batch)
        errors[weight] = losses["drawing_condition"].item() + losses["edit_condition"].item()
    assert errors[100.0] < 0.5 * errors[0.0]


def test_tuning_says_the_for_a_and_means_a(make_stage):
    stage = make_stage("tuning")
    assert stage.definite(generation_prompt("a red cat and a dog")) == generation_prompt("the red cat and the dog")
    assert stage.definite(generation_prompt(None)) == generation_prompt(None)
    samples = [stage.sample(index) for index in range(40)]
    said = [sample["said"] for sample in samples if sample["said"] != sample["drawing"]]
    assert 5 < len(said) <= 20
    assert all("Generate an image: " in text and " a " not in text.partition(": ")[2] for text in said)


def test_tuning_chooses_crowded_pictures_as_often_as_told(make_stage):
    for crowded, wanted in ((0.0, (5, 30)), (0.5, (45, 80)), (1.0, (100, 100))):
        stage = make_stage("tuning", folder=f"run{crowded}", crowded=crowded)
        rng = np.random.default_rng(0)
        shown = [len(stage.choose(rng)[0].things) for _ in range(100)]
        assert wanted[0] <= sum(things > 2 for things in shown) <= wanted[1]


def test_tuning_sees_some_pictures_as_the_model_draws_them(make_stage):
    features = {}
    for rebuilt in (0.0, 0.5):
        stage = make_stage("tuning", folder=f"run{rebuilt}", rebuilt=rebuilt)
        pixels = torch.stack([stage.sample(index)["pixels"] for index in range(4)])
        with torch.no_grad():
            features[rebuilt] = stage.features(pixels)
    shown = [Image.fromarray(one.permute(1, 2, 0).numpy()) for one in pixels]
    with torch.no_grad():
        redrawn = torch.stack([picture_tensor(one) for one in stage.pipeline.reconstruct(shown).images])
        wanted = torch.cat([features[0.0][:2], Stage.features(stage, redrawn[2:])])
    assert (features[0.5] - wanted).abs().max() < 0.1 * (features[0.0] - wanted).abs().max()


def test_tuning_plans_nothing_from_a_null_prompt(make_stage):
    stage = make_stage("tuning", null_prompts=0.5)
    for index in range(4):
        sample = stage.sample(index)
        null = sample["drawing"] == generation_prompt(None)
        assert null == (index % 2 == 0)
        assert null == bool((sample["edit_plan"] == NONE).all()) == bool((sample["drawing_plan"] == NONE).all())


def test_all_of_the_dit_in_bfloat16_says_about_the_same(make_stage, tmp_path, monkeypatch):
    monkeypatch.setattr("unilip.training.generation.computes_in_bfloat16", lambda device: True)
    losses = []
    for half in (False, True):
        stage = make_stage("generation2", half=half)
        stage.prepare(tmp_path)
        losses.append(stage(stage.collate([stage.sample(index) for index in range(4)]))["loss"].item())
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    assert losses[0] != losses[1]


def test_a_sheet_shows_what_the_dit_draws_though_its_model_keeps_own_pixels(make_stage, tmp_path, monkeypatch):
    monkeypatch.setattr("unilip.sampling.with_own_pixels", lambda edited, rebuilt, source: source)
    stage = make_stage("generation2")
    stage.pipeline.register_to_config(own_pixels=True, num_inference_steps=1)
    stage.write_sheet(tmp_path / "sheet.png")
    rows = np.asarray(Image.open(tmp_path / "sheet.png"), dtype=float)
    *_, sources, edits = np.split(rows, rows.shape[0] // stage.pipeline.image_size)
    assert np.abs(edits - sources).mean() > 10


def test_lengths_are_few(make_stage, tmp_path):
    stage = make_stage("generation2")
    stage.prepare(tmp_path)
    tokens = stage.collate([stage.sample(index) for index in range(3)])["tokens"]
    assert tokens["input_ids"].shape[1] % LENGTHS == 0
    chat = make_stage("chat")
    batch = chat.collate([chat.sample(index) for index in range(3)])
    assert batch["input_ids"].shape == batch["mask"].shape == batch["answers"].shape
    assert batch["input_ids"].shape[1] % LENGTHS == batch["drawing"]["input_ids"].shape[1] % LENGTHS == 0
