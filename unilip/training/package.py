"""The end of the recipe: the last trained pipeline in bfloat16, beside it the recipe that was really run, its logs and
its curves."""

import json
import shutil
from pathlib import Path
from typing import Any

from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.training.config import ConfigError, TrainingConfig, read_config
from unilip.training.curves import NOT_LOSSES, curves, read_log


def package(source: str | Path, folder: Path | None = None, destination: Path | None = None) -> Path:
    """Writes the last finished stage's pipeline as bfloat16 safetensors, recipe.json, and in training/ the log of each
    stage and curves.png.

    Args:
        source, folder: the run, as `read_config` takes them.
        destination: the embedded model's folder if None; other files in it are kept, such as its README and the
            pictures that this shows.

    Returns:
        The folder that was written.

    Raises:
        ConfigError: no stage of the run is finished.
    """
    config, destination = read_config(source, folder), destination or EMBEDDED
    rows = [recipe_row(config, name) for name in config.stages if is_finished(config, name)]
    if not rows:
        raise ConfigError(f"No stage in {config.folder} is finished, so there is nothing to package: train first.")
    last = rows[-1]["stage"]
    fresh = destination.with_name(f"{destination.name}-new")
    if fresh.exists():
        shutil.rmtree(fresh)
    load_pipeline(config.stage_folder(last) / "model", device="cpu", dtype="bfloat16").save_pretrained(fresh)
    recipe = {"configuration": str(source), "seed": config.seed, "model": config.model, "stages": rows}
    (fresh / "recipe.json").write_text(json.dumps(recipe, indent=1) + "\n", encoding="utf-8")

    (fresh / "training").mkdir()
    logs = {row["stage"]: config.stage_folder(row["stage"]) / "log.jsonl" for row in rows}
    for stage, log in logs.items():
        shutil.copy(log, fresh / "training" / f"{stage}.jsonl")
    curves({stage: read_log(log) for stage, log in logs.items()}).savefig(fresh / "training" / "curves.png", dpi=80)

    # Only now that all is written does anything that was there before go.
    destination.mkdir(parents=True, exist_ok=True)
    for one in fresh.iterdir():
        old = destination / one.name
        if one.name == "training" and old.is_dir():
            for kept in old.iterdir():
                if kept.suffix != ".jsonl" and not (one / kept.name).exists():
                    kept.replace(one / kept.name)
        if old.is_dir():
            shutil.rmtree(old)
        one.replace(old)
    fresh.rmdir()
    return destination


def is_finished(config: TrainingConfig, name: str) -> bool:
    """Whether a stage of the run came to its end."""
    return (config.stage_folder(name) / "finished.json").is_file()


def recipe_row(config: TrainingConfig, name: str) -> dict[str, Any]:
    """What one finished stage did: steps, samples a step, seconds, and the means in the last row of its log."""
    folder, settings = config.stage_folder(name), config.stages[name]
    finished = json.loads((folder / "finished.json").read_text(encoding="utf-8"))
    last = read_log(folder / "log.jsonl")[-1]
    return {
        "stage": name,
        "steps": finished["steps"],
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "seconds": finished["seconds"],
        "losses": {key: value for key, value in last.items() if key not in NOT_LOSSES},
    }
