"""The ablations: each arm differs in what its name says, and a run is measured once."""

import json

import pytest
import torch
import typer

from scripts import run_ablations
from tests.tiny import make_tiny_pipeline
from tests.training.conftest import needs_art
from unilip import prompts
from unilip.models.connector import Connector
from unilip.training.config import read_config


def with_connector(**changes):
    pipeline = make_tiny_pipeline()
    weights = pipeline.connector.state_dict()
    pipeline.register_modules(connector=Connector.from_config(pipeline.connector.config, **changes))
    pipeline.connector.load_state_dict(weights)
    return pipeline


def condition(pipeline, text="make it blue"):
    width = pipeline.mllm.config.text_config.hidden_size
    features = torch.randn(1, pipeline.num_image_tokens, width, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return pipeline.encode_prompt([prompts.edit_prompt(text, pipeline.num_image_tokens)], features)


@pytest.mark.parametrize(("kept", "queries", "rest"), [("both", 1, 1), ("queries", 1, 0), ("states", 0, 1)])
def test_the_dit_is_given_what_the_condition_says(kept, queries, rest):
    pipeline = with_connector(condition=kept)
    count = pipeline.connector.config.num_queries
    (mask,) = condition(pipeline)[1]
    assert (mask[-count:] == queries).all() and (mask[:-count] == rest).all()


def test_what_is_left_out_is_not_read_by_the_connector_either():
    both, alone = (condition(with_connector(condition=kept))[0] for kept in ("both", "queries"))
    assert not torch.allclose(both[:, -1], alone[:, -1])


def test_the_llms_own_output_can_stand_in_the_pictures_place():
    published, own = (condition(with_connector(picture=shown))[0] for shown in ("features", "states"))
    assert not torch.allclose(published, own)


def test_arms_have_as_many_steps_and_lack_what_they_say():
    config = read_config("ablations")
    frozen, free, published = run_ablations.arms("reconstruction", config).values()
    stages = [
        {name: change(config.stages[name]) for name, change in arm.stages.items()} for arm in (frozen, free, published)
    ]
    assert len({sum(stage.steps for stage in one.values()) for one in stages}) == 1
    assert list(stages[0]) == ["reconstruction1"]
    assert stages[1]["reconstruction2"].options["losses"]["distillation"] == 0
    assert stages[2]["reconstruction2"].options["losses"]["distillation"] > 0
    queries = run_ablations.arms("condition", config)["queries only"]
    assert queries.stages["generation2"](config.stages["generation2"]).options["copy_weight"] == 0
    assert config.stages["generation2"].options["copy_weight"] > 0


def test_the_condition_is_tried_in_a_dit_whose_readers_alone_are_new_and_learn(make_stage, tmp_path):
    config = read_config("ablations")
    make_tiny_pipeline().save_pretrained(tmp_path / "start")
    pipeline = run_ablations.start(tmp_path / "start", "condition", run_ablations.Arm({}, {"condition": "queries"}), 1)
    before = make_tiny_pipeline().transformer.state_dict()
    new = {name for name, one in pipeline.transformer.state_dict().items() if not torch.equal(one, before[name])}
    stage = make_stage("generation2", **config.stages["generation2"].options)
    stage.parameter_groups()
    learning = {name for name, one in stage.transformer.named_parameters() if one.requires_grad}
    assert new and new <= learning
    assert all("attn2" in name or name.startswith("caption_") for name in learning)
    assert len(learning) < len(before) / 2


def test_an_arm_that_adapts_goes_on_from_all_weights(tmp_path):
    make_tiny_pipeline().save_pretrained(tmp_path / "start")
    whole = make_tiny_pipeline()
    pipeline = run_ablations.start(tmp_path / "start", "adaptation", run_ablations.Arm({}, {"condition": "states"}), 1)
    assert pipeline.connector.config.condition == "states"
    for name in ("connector", "transformer"):
        trained = getattr(whole, name).state_dict()
        assert all(torch.equal(one, trained[key]) for key, one in getattr(pipeline, name).state_dict().items())


def test_the_table_has_mean_and_spread():
    rows = [{"arm": "both", "scores": {"PSNR": value}} for value in (1.0, 3.0)]
    assert run_ablations.table(rows).splitlines()[-1] == "| both | 2.000 ± 1.414 | 2 |"


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs_art
@pytest.mark.parametrize("experiment", ["reconstruction", "condition", "adaptation"])
def test_an_experiment_runs_and_is_not_repeated(config_file, tmp_path, monkeypatch, capsys, experiment):
    make_tiny_pipeline().save_pretrained(tmp_path / "start")
    line = {"tag": "single_object", "prompt": "a photo of a cat", "include": [{"class": "cat", "count": 1}]}
    (tmp_path / "prompts.jsonl").write_text(json.dumps(line), encoding="utf-8")
    results = tmp_path / "runs" / "results.jsonl"

    def run(size: int = 1):
        run_ablations.main(
            experiment, tmp_path / "start", str(config_file), tmp_path / "runs", [0], 1 + size,
            tmp_path / "prompts.jsonl", 1, size, 2,
        )  # fmt: skip

    run()
    rows = run_ablations.read_results(results)
    assert [row["arm"] for row in rows] == list(run_ablations.arms(experiment, read_config(config_file)))
    assert len({json.dumps(row["scores"]) for row in rows}) > 1
    assert "| arm |" in capsys.readouterr().out
    monkeypatch.setattr(run_ablations, "train", None)
    run()
    assert run_ablations.read_results(results) == rows
    with pytest.raises(typer.BadParameter, match="Name another folder"):
        run(size=2)


def test_a_start_that_is_not_there_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(typer.BadParameter, match="no pipeline in"):
        run_ablations.main("reconstruction", tmp_path / "nowhere", folder=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
