"""Configurations: what is wrong with one is said in one sentence, and each stage starts from the one before."""

import pytest
import torch

from unilip.training.config import ConfigError, read_config
from unilip.training.stages import load_stage
from unilip.training.start import make_pipeline


@pytest.mark.parametrize("change, message", [
    (("seed = 3", ""), "short.toml is not a usable training configuration: 'seed'"),
    (("seed = 3", "seed ="), "short.toml is not a usable training configuration"),
    (("[stages.chat", "[stages.sleep]\nlerning_rate = 1\n[stages.chat"), "sleep has unknown settings: lerning_rate"),
    (("steps = 4\n", ""), "short.toml is not a usable training configuration.*steps"),
])  # fmt: skip
def test_what_is_wrong_is_said(config_file, change, message):
    config_file.write_text(config_file.read_text().replace(*change))
    with pytest.raises(ConfigError, match=message):
        read_config(config_file)


@pytest.mark.parametrize("lost, message", [
    ("turns = 2\n", r"\[stages.chat.options\] of short.toml lacks the setting turns"),
    ("vocab_size = 320\n", r"\[model\] of short.toml lacks the setting vocab_size"),
])  # fmt: skip
def test_a_missing_setting_is_named_with_its_table(config_file, lost, message):
    config_file.write_text(config_file.read_text().replace(lost, ""))
    config = read_config(config_file)
    with pytest.raises(ConfigError, match=message):
        _ = config.stages["chat"].options["turns"], config.model["vocab_size"]


def test_an_unknown_configuration_names_the_known_ones():
    with pytest.raises(ConfigError, match="There is no configuration huge: give a TOML file or one of .*mini"):
        read_config("huge")


def test_a_shipped_configuration_is_found_by_its_name_and_its_folder_can_be_replaced(tmp_path):
    config = read_config("mini", tmp_path)
    assert config.stage_folder("clip") == tmp_path / "clip"
    assert config.stages["generation2"].options["train_transformer"]


@pytest.mark.parametrize("fast, precision", [(True, "bf16"), (False, "no")])
def test_bfloat16_is_used_where_the_hardware_computes_in_it(fast, precision, monkeypatch):
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: fast)
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: fast)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert read_config("mini").mixed_precision == precision


def test_an_unknown_stage_names_the_known_ones(config_file, tmp_path):
    with pytest.raises(ConfigError, match="There is no stage sleep in .*clip, chat, principal, reconstruction1"):
        load_stage("sleep", config_file, tmp_path / "run")


def test_a_stage_waits_for_the_one_before(config_file, tmp_path):
    with pytest.raises(ConfigError, match="Stage chat starts from clip, which is not finished: train clip first"):
        load_stage("chat", config_file, tmp_path / "run")


def test_a_finished_stage_is_left_alone(config_file, tmp_path):
    folder = tmp_path / "run" / "chat"
    folder.mkdir(parents=True)
    (folder / "finished.json").write_text("{}")
    assert load_stage("chat", config_file, tmp_path / "run") is None


def test_a_stage_goes_on_from_the_weights_of_the_one_before(config_file, tmp_path, tiny):
    folder = tmp_path / "run" / "clip"
    tiny.save_pretrained(folder / "model")
    (folder / "finished.json").write_text("{}")
    stage, _ = load_stage("chat", config_file, tmp_path / "run")
    assert (stage.mllm.lm_head.weight == tiny.mllm.lm_head.weight).all()


def test_a_new_model_has_the_guidance_that_its_configuration_names(config_file):
    assert make_pipeline(read_config(config_file)).config.guidance_scale == 3.0
    config_file.write_text(config_file.read_text().replace("guidance_scale = 3.0\n", ""))
    assert make_pipeline(read_config(config_file)).config.guidance_scale == 4.5
