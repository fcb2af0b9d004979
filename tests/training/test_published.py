"""The published sizes' recipe, on tiny parts: starting weights, a step of each stage from shards, perceptual losses."""

import dataclasses
import io
import json
import sys

import numpy as np
import pytest
import torch
from diffusers import AutoencoderDC
from PIL import Image
from transformers import ConvNextConfig, ConvNextForImageClassification, InternVLForConditionalGeneration

from tests.tiny import make_tiny_pipeline
from tests.training.test_shards import BLUE, RED, png, write_shard
from tests.training.test_stages import LEARNING, take_steps, tensors
from unilip.checkpoints import load_pipeline
from unilip.training.config import ConfigError, read_config
from unilip.training.data import PixelExamples, open_source
from unilip.training.loop import train
from unilip.training.perceptual import ConvNeXtLoss, LPIPSLoss
from unilip.training.pretrained import make_pretrained_pipeline
from unilip.training.stages import STAGES

MINIS_OWN = ("clip", "chat", "principal", "encoder", "styles", "realignment", "decoder", "tuning")
PUBLISHED = [name for name in STAGES if name not in MINIS_OWN]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Tiny starting weights, and shards."""
    folder = tmp_path_factory.mktemp("parts")
    tiny = make_tiny_pipeline(seed=5)
    tiny.mllm.save_pretrained(folder / "mllm")
    tiny.tokenizer.save_pretrained(folder / "mllm")
    tiny.transformer.save_pretrained(folder / "sana" / "transformer")
    blocks = ("ResBlock",) * 3 + ("EfficientViTBlock",) * 3
    AutoencoderDC(
        attention_head_dim=8,
        encoder_block_types=blocks,
        decoder_block_types=blocks,
        encoder_block_out_channels=(8,) * 6,
        decoder_block_out_channels=(8, 8, 8, 16, 16, 16),
        encoder_layers_per_block=(1,) * 6,
        decoder_layers_per_block=(1,) * 6,
        upsample_block_type="interpolate",
    ).save_pretrained(folder / "dc-ae")
    convnext = ConvNextConfig(hidden_sizes=[4, 4, 4, 4], depths=[1, 1, 1, 1], num_labels=5, image_size=32)
    ConvNextForImageClassification(convnext).save_pretrained(folder / "convnext")
    noise = np.random.default_rng(0).integers(0, 255, (2, 40, 60, 3), dtype=np.uint8)
    first, second = (as_png(one) for one in noise)
    write_shard(folder / "shards" / "captioned.tar", {
        "1.png": first, "1.txt": b"a red cat", "2.png": second, "2.txt": b"a blue <IMG_CONTEXT> dog",
    })  # fmt: skip
    write_shard(folder / "shards" / "edited.tar", {
        "1.input.png": png(RED), "1.output.png": png(BLUE), "1.txt": b"make it blue",
    })  # fmt: skip
    return folder


def as_png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


@pytest.fixture
def published(parts, tmp_path):
    """The 1B recipe with tiny weights, tiny shards and two samples a step."""
    text = read_config("1b", tmp_path)
    shards = parts / "shards"
    text.data.update(
        picture=[str(shards / "*.tar")], captioned=[str(shards / "c*.tar")], edited=[str(shards / "e*.tar")]
    )
    text.model["pretrained"] = {
        "mllm": str(parts / "mllm"), "transformer": str(parts / "sana"), "decoder": str(parts / "dc-ae"),
    }  # fmt: skip
    text.model["connector"] = {"num_hidden_layers": 1, "num_queries": 6}
    for name, settings in text.stages.items():
        object.__setattr__(settings, "batch_size", 2)
        settings.options.pop("data", None)
        if name.startswith("reconstruction"):
            settings.options.update(convnext=str(parts / "convnext"), adversarial_from=0, discriminator_width=16)
            settings.options["losses"]["lpips"] = 0.0  # its package is optional
    return text


def test_the_start_joins_the_given_weights(published, parts):
    pipeline = make_pretrained_pipeline(published)
    wanted = make_tiny_pipeline(seed=5)
    for name in ("mllm", "transformer"):
        got = getattr(pipeline, name).state_dict()
        assert all(torch.equal(tensor, got[key]) for key, tensor in getattr(wanted, name).state_dict().items())
    autoencoder = AutoencoderDC.from_pretrained(parts / "dc-ae")
    got = pipeline.decoder.decoder.state_dict()
    assert all(torch.equal(tensor, got[key]) for key, tensor in autoencoder.decoder.state_dict().items())
    last = wanted.mllm.model.language_model.layers[-1].state_dict()
    assert all(torch.equal(last[key], tensor) for key, tensor in pipeline.connector.layers[0].state_dict().items())
    assert pipeline.decoder.config.scaling_factor == 10.6
    assert pipeline.transformer.config.interpolation_scale == 1.0
    assert pipeline.connector.queries.shape == (1, 6, 64)


def test_a_head_that_is_the_embedding_stays_so(published, parts, tmp_path):
    config = make_tiny_pipeline().mllm.config
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = True
    InternVLForConditionalGeneration(config).save_pretrained(tmp_path / "tied")
    make_tiny_pipeline().tokenizer.save_pretrained(tmp_path / "tied")
    published.model["pretrained"]["mllm"] = str(tmp_path / "tied")
    mllm = make_pretrained_pipeline(published).mllm
    assert mllm.lm_head.weight is mllm.get_input_embeddings().weight


def test_a_tokenizer_of_more_tokens_than_rows_gets_rows(published, tmp_path):
    tiny = make_tiny_pipeline()
    rows = tiny.mllm.config.text_config.vocab_size
    while len(tiny.tokenizer) <= rows:
        tiny.tokenizer.add_tokens([f"<video{len(tiny.tokenizer)}>"], special_tokens=True)
    tiny.mllm.save_pretrained(tmp_path / "longer")
    tiny.tokenizer.save_pretrained(tmp_path / "longer")
    published.model["pretrained"]["mllm"] = str(tmp_path / "longer")
    pipeline = make_pretrained_pipeline(published)
    assert pipeline.mllm.get_input_embeddings().weight.shape[0] == len(tiny.tokenizer) == rows + 1
    pipeline.save_pretrained(tmp_path / "model")
    assert load_pipeline(tmp_path / "model").mllm.lm_head.weight.shape[0] == rows + 1


@pytest.mark.parametrize("part, message", [
    ("mllm", "The starting mllm .*nowhere cannot be loaded"),
    ("transformer", "The starting weights .*nowhere cannot be loaded: it is no SanaTransformer2DModel"),
    ("decoder", "The starting weights .*nowhere cannot be loaded: it is no AutoencoderDC"),
])  # fmt: skip
def test_missing_starting_weights_are_named(published, tmp_path, part, message):
    published.model["pretrained"][part] = str(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=message):
        make_pretrained_pipeline(published)


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_stage_learns_from_shards(published, tmp_path, name):
    stage = STAGES[name](make_tiny_pipeline(), published)
    stage.prepare(tmp_path)
    before = tensors(stage)
    losses = take_steps(stage, 3)
    assert losses[-1] < losses[0]
    changed = {key for key, tensor in tensors(stage).items() if not torch.equal(tensor, before[key])}
    assert changed and all(key.startswith(LEARNING[name]) for key in changed)


def test_changes_are_weighed_where_the_decoder_is_in_bfloat16(published, tmp_path):
    published.stages["generation3"].options["weigh_changes"] = True
    stage = STAGES["generation3"](make_tiny_pipeline(), published)
    stage.prepare(tmp_path)
    losses = take_steps(stage, 3)
    assert losses[-1] < losses[0]


def test_gradient_checkpointing_changes_memory_alone(published, tmp_path):
    rows = []
    for kept, checkpointing in enumerate((False, True)):
        config = dataclasses.replace(published, folder=tmp_path / str(kept), mixed_precision="no")
        settings = {"steps": 2, "log_every": 1, "workers": 0, "gradient_checkpointing": checkpointing}
        config.stages["generation2"] = dataclasses.replace(config.stages["generation2"], **settings)
        stage = STAGES["generation2"](make_tiny_pipeline(), config)
        stage.write_sheet = lambda path: None
        train(stage, config)
        log = (tmp_path / str(kept) / "generation2" / "log.jsonl").read_text().splitlines()
        rows.append([json.loads(row) for row in log])
    for plain, checkpointed in zip(*rows, strict=True):
        assert checkpointed["loss"] == pytest.approx(plain["loss"])
        assert checkpointed["gradient_norm"] == pytest.approx(plain["gradient_norm"], rel=1e-3)
        assert plain["skipped"] == 0


@pytest.mark.parametrize("name", ["1b", "3b"])
def test_the_published_recipes_hold_to_the_paper(name):
    config = read_config(name)
    assert list(config.stages) == PUBLISHED
    for stage in config.stages.values():
        assert (stage.learning_rate, stage.min_learning_rate) == (1e-4, 1e-5)
    first, second = (config.stages[f"reconstruction{number}"].options for number in (1, 2))
    assert first["losses"] == {"l2": 1.0, "lpips": 1.1, "convnext": 0.11, "adversarial": 0.1}
    assert second["losses"] == {**first["losses"], "distillation": 1.0} and second["encoder_rate"] == 0.1
    assert not config.stages["generation1"].options["train_transformer"]


def test_the_picture_size_follows_the_step(published):
    stage = STAGES["reconstruction2"](make_tiny_pipeline(), published)
    assert [stage.image_size(step) for step in (0, 149999, 150000)] == [224, 224, 448]
    assert stage.sample(0)["pixels"].shape == (3, 224, 224)


def test_captions_from_anywhere_hold_no_control_tokens_and_have_an_end(published):
    source = open_source(published, {}, ("captioned",))
    examples = PixelExamples(source, make_tiny_pipeline(), max_prompt_tokens=8)
    prompts = {examples.drawing(np.random.default_rng(index), 0.0).prompt for index in range(20)}
    assert len(prompts) == 2
    assert not any("<IMG_CONTEXT>" in prompt for prompt in prompts)
    assert all(len(examples.tokenizer(prompt).input_ids) <= 9 for prompt in prompts)
    assert examples.drawing(np.random.default_rng(0), 1.0).prompt is None


def test_an_unknown_kind_of_data_is_said(published):
    published.data["kind"] = "parquet"
    with pytest.raises(ConfigError, match="no data of the kind parquet: it is emoji or shards"):
        open_source(published, {}, ("picture",))


def test_convnext_tells_pictures_apart_and_teaches_only_the_decoded_one(parts):
    loss = ConvNeXtLoss(str(parts / "convnext"))
    decoded = torch.rand(2, 3, 48, 48, requires_grad=True)
    assert loss(decoded, decoded.detach()) == 0
    loss(decoded, torch.rand(2, 3, 48, 48)).backward()
    assert decoded.grad.any()
    assert not loss.train().training  # dropout would make the target of a loss of it


def test_missing_perceptual_weights_are_said(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="The loss convnext cannot load .*nowhere"):
        ConvNeXtLoss(str(tmp_path / "nowhere"))
    monkeypatch.setitem(sys.modules, "lpips", None)
    with pytest.raises(ConfigError, match="needs the packages lpips and torchvision"):
        LPIPSLoss()
