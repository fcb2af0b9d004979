"""The paper's claims, tried: trains the arms of an ablation with several seeds and prints a table of means and standard
deviations. Run it as `python -m scripts.run_ablations reconstruction --start FOLDER`; runs that are done are not
repeated."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, Any

import torch
import typer

from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.evaluation.edits import evaluate_edits
from unilip.evaluation.geneval import evaluate_geneval
from unilip.evaluation.reconstruction import evaluate_reconstruction
from unilip.evaluation.records import fingerprint, summary
from unilip.evaluation.understanding import evaluate_understanding
from unilip.pipeline import UniLIPPipeline
from unilip.training.config import StageConfig, TrainingConfig, read_config
from unilip.training.loop import train
from unilip.training.stages import make_stage

# Each experiment with its configuration.
EXPERIMENTS = {"reconstruction": "ablations", "condition": "ablations", "adaptation": "adaptation"}


@dataclass(frozen=True)
class Arm:
    """One line of a table: the stages with what differs from the configuration, and from the published connector."""

    stages: dict[str, Callable[[StageConfig], StageConfig]]
    connector: dict[str, str] = field(default_factory=dict)


def as_it_is(stage: StageConfig) -> StageConfig:
    return stage


def without(*path: str) -> Callable[[StageConfig], StageConfig]:
    """Sets one of a stage's options to 0."""

    def change(stage: StageConfig) -> StageConfig:
        options = json.loads(json.dumps(stage.options))
        table = options
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = 0.0
        return replace(stage, options=options)

    return change


def arms(experiment: str, config: TrainingConfig) -> dict[str, Arm]:
    """The arms of an experiment, all with as many steps."""
    if experiment == "reconstruction":
        steps = sum(config.stages[name].steps for name in ("reconstruction1", "reconstruction2"))
        return {
            "CLIP frozen throughout": Arm({"reconstruction1": lambda stage: replace(stage, steps=steps)}),
            "no self-distillation": Arm(
                {"reconstruction1": as_it_is, "reconstruction2": without("losses", "distillation")}
            ),
            "both stages as published": Arm({"reconstruction1": as_it_is, "reconstruction2": as_it_is}),
        }
    return {
        # Nothing of the picture is in such a condition, so there is nothing to copy from.
        "queries only": Arm({"generation2": without("copy_weight")}, {"condition": "queries"}),
        "hidden states only": Arm({"generation2": as_it_is}, {"condition": "states"}),
        "both": Arm({"generation2": as_it_is}),
        "both, the LLM's output in the picture's place": Arm({"generation2": as_it_is}, {"picture": "states"}),
    }


def renewed(module: torch.nn.Module, **changes: Any) -> torch.nn.Module:
    """A module of the same configuration with random weights."""
    return type(module).from_config(module.config, **changes)


def start(source: Path, experiment: str, arm: Arm, seed: int) -> UniLIPPipeline:
    """The trained pipeline with new weights in what the experiment trains from nothing: the decoder, or the connector
    and all by which the DiT reads a condition, or nothing in "adaptation". The rest of the DiT draws already, as SANA
    does in the paper. The queries stay: they have learned to plan in the chat stage."""
    pipeline = load_pipeline(source, device="cpu", dtype="float32")
    torch.manual_seed(seed)
    if experiment == "reconstruction":
        pipeline.register_modules(decoder=renewed(pipeline.decoder))
    elif experiment == "adaptation":
        trained = pipeline.connector.state_dict()
        pipeline.register_modules(connector=renewed(pipeline.connector, **arm.connector))
        pipeline.connector.load_state_dict(trained)
    else:
        queries = pipeline.connector.queries.detach()
        pipeline.register_modules(connector=renewed(pipeline.connector, **arm.connector))
        pipeline.connector.queries.data.copy_(queries)
        transformer = pipeline.transformer
        new = renewed(transformer).state_dict()
        readers = {name: new[name] for name in new if "attn2" in name or "caption_" in name}
        transformer.load_state_dict({**transformer.state_dict(), **readers})
    return pipeline


def run(experiment: str, arm: Arm, source: Path, config: TrainingConfig, folder: Path) -> Path:
    """Trains one arm with one seed and returns the folder of its pipeline."""
    done = folder / "model"
    if done.is_dir():
        return done
    stages = {name: change(config.stages[name]) for name, change in arm.stages.items()}
    config = replace(config, folder=folder, stages=stages)
    pipeline = start(source, experiment, arm, config.seed)
    for name in stages:
        trained = config.stage_folder(name) / "model"
        if not (config.stage_folder(name) / "finished.json").is_file():
            train(make_stage(name, pipeline, config), config)
        pipeline = load_pipeline(trained, device="cpu", dtype="float32")
    shutil.move(trained, done)
    return done


def measure(experiment: str, model: Path, out: Path, sizes: dict[str, Any]) -> dict[str, float]:
    """The scores of a trained arm."""
    pipe = load_pipeline(model)
    pipe.set_progress_bar_config(disable=True)
    if experiment == "reconstruction":
        rebuilt = evaluate_reconstruction(pipe, out / "reconstruction", sizes["scenes"])
        answers = evaluate_understanding(pipe, out / "understanding", sizes["scenes"])
        return {"PSNR": rebuilt["psnr"], "SSIM": rebuilt["ssim"], "answers right": answers["overall"]}
    sampling = {"steps": sizes["steps"], "guidance": sizes["guidance"]}
    drawn = evaluate_geneval(pipe, out / "geneval", sizes["prompts"], limit=sizes["limit"], **sampling)
    pipe.register_to_config(one_change_at_a_time=False)  # the condition has to carry all of an instruction
    edited = evaluate_edits(pipe, out / "edits", sizes["each"], own_pixels=False, **sampling)
    return {"GenEval": drawn["overall"], "edits right": edited["overall"], "edits keep, dB": edited["kept"]}


def claim(folder: Path, experiment: str, source: Path, config: TrainingConfig, sizes: dict[str, Any]) -> None:
    """Marks the folder's runs of an experiment by how they are made and measured; those of others may not join them."""
    if not source.is_dir():
        raise typer.BadParameter(f"There is no pipeline in {source}.")
    measured = ("scenes",) if experiment == "reconstruction" else ("prompts", "limit", "each", "steps", "guidance")
    asked = {
        "start": f"{source} (mark {fingerprint(str(source))})",
        # Neither where the runs are kept nor what this machine computes in makes them others.
        "configuration": summary([repr(replace(config, folder=Path(), mixed_precision="no"))]),
        **{name: sizes[name] for name in measured},
    }
    text, mark = json.dumps(asked, default=str), folder / f"{experiment}.json"
    known = mark.read_text(encoding="utf-8") if mark.is_file() else None
    if known != text and (known is not None or any(folder.glob(f"{experiment}-*"))):
        raise typer.BadParameter(
            f"{folder} holds runs of another start, configuration or size: {known or 'not said which'}. Name another "
            "folder by --folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(text, encoding="utf-8")


def read_results(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def table(rows: list[dict[str, Any]]) -> str:
    """The rows of one experiment as a Markdown table of mean ± standard deviation over the seeds."""
    columns = list(rows[0]["scores"])
    lines = [["arm", *columns, "seeds"], ["---"] * (len(columns) + 2)]
    for arm in dict.fromkeys(row["arm"] for row in rows):
        scores = [row["scores"] for row in rows if row["arm"] == arm]
        cells = []
        for column in columns:
            values = [score[column] for score in scores]
            spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
            cells.append(f"{mean(values):.3f}{spread}")
        lines.append([arm, *cells, str(len(scores))])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(
    experiment: Annotated[
        str,
        typer.Argument(
            help="reconstruction; condition, learned from nothing; or adaptation, its arms going on from all of START."
        ),
    ],
    start: Annotated[
        Path,
        typer.Option(help="The trained pipeline: that of the chat stage for reconstruction, of realignment or later."),
    ] = EMBEDDED,
    config: Annotated[
        str | None,
        typer.Option(
            help="A TOML file, or a name such as ablations.", show_default="adaptation for that, else ablations"
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="Where the runs are kept, and in results.jsonl one line of each.")
    ] = Path("runs/ablations"),
    seeds: Annotated[list[int], typer.Option("--seed", min=0, help="Again for each; 0, 1 and 2 if none is named.")] = (
        0,
        1,
        2,
    ),
    scenes: Annotated[int, typer.Option(min=1, help="Fresh scenes of reconstruction and understanding.")] = 200,
    prompts: Annotated[
        Path | None, typer.Option(help="GenEval's prompts; all experiments but reconstruction need them.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many of them.")] = 50,
    each: Annotated[int, typer.Option(min=1, help="Edits of each kind.")] = 12,
    steps: Annotated[int, typer.Option(min=1, help="Denoising steps of a picture.")] = 20,
    guidance: Annotated[float, typer.Option(min=1.0, help="Guidance of a picture.")] = 4.5,
):
    """Trains and measures what is not in the results yet, seed by seed, and prints the table."""
    if experiment not in EXPERIMENTS:
        raise typer.BadParameter(f"There is no experiment {experiment}: it is one of {', '.join(EXPERIMENTS)}.")
    if experiment != "reconstruction" and not (prompts and prompts.is_file()):
        raise typer.BadParameter("Drawings are measured on GenEval's prompts: name their file by --prompts.")
    base = read_config(config or EXPERIMENTS[experiment], folder)
    sizes = {
        "scenes": scenes, "prompts": prompts, "limit": limit, "each": each, "steps": steps, "guidance": guidance
    }  # fmt: skip
    claim(folder, experiment, start, base, sizes)
    results = folder / "results.jsonl"
    for seed in seeds:
        data = {**base.data, "encodings": str(folder / f"encodings-{seed}")}
        seeded = replace(base, seed=seed, data=type(base.data)(base.data.name, data))
        for number, (name, arm) in enumerate(arms(experiment, base).items()):
            done = [(row["experiment"], row["arm"], row["seed"]) for row in read_results(results)]
            if (experiment, name, seed) in done:
                continue
            place = folder / f"{experiment}-{number}-{seed}"
            model = run(experiment, arm, start, seeded, place)
            scores = measure(experiment, model, place / "evaluation", sizes)
            row = {"experiment": experiment, "arm": name, "seed": seed, "scores": scores}
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            typer.echo(json.dumps(row))
    typer.echo(table([row for row in read_results(results) if row["experiment"] == experiment]))


if __name__ == "__main__":
    typer.run(main)
