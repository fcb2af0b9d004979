"""What a training run is: the model's sizes, the data, and each stage's settings, read from a TOML file."""

import logging
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from unilip.checkpoints import pick_device_and_dtype

logger = logging.getLogger(__name__)

CONFIGS = Path(__file__).parent / "configs"


class ConfigError(ValueError):
    """A configuration that cannot be used; its message is one clear sentence."""


class Table(dict):
    """A table of settings that says which one is missing, and where."""

    def __init__(self, name: str, settings: dict[str, Any]):
        super().__init__(settings)
        self.name = name

    def __missing__(self, key: str):
        raise ConfigError(f"{self.name} lacks the setting {key}.")


@dataclass(frozen=True)
class StageConfig:
    """One stage's settings. Rates fall along a cosine from `learning_rate` to `min_learning_rate` after a linear
    warm-up; `batch_size` counts all processes and accumulation steps together; `options` are the stage's own."""

    steps: int
    batch_size: int
    learning_rate: float
    min_learning_rate: float = 0.0
    optimizer: str = "adamw"  # or "muon"
    warmup_steps: int = 100
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.95)
    max_gradient_norm: float = 1.0
    ema_decay: float = 0.0  # 0: no moving average of the weights
    accumulation_steps: int = 1
    gradient_checkpointing: bool = False
    workers: int = 1
    log_every: int = 20
    checkpoint_every: int = 500
    sample_every: int = 1000
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingConfig:
    """A whole run: `folder` takes a sub-folder for each stage, `model` and `data` are read by `start` and `data`."""

    folder: Path
    seed: int
    mixed_precision: str
    model: dict[str, Any]
    data: dict[str, Any]
    stages: dict[str, StageConfig]

    def stage_folder(self, stage: str) -> Path:
        return self.folder / stage


def usable_precision(wanted: str) -> str:
    """What accelerate is to mix: "no" (float32) in place of "bf16" where the hardware does not compute in that."""
    if wanted == "bf16" and pick_device_and_dtype()[1] != torch.bfloat16:
        logger.warning("This machine does not compute in bfloat16: training in float32.")
        return "no"
    return wanted


def read_config(source: str | Path, folder: str | Path | None = None) -> TrainingConfig:
    """Reads a TOML file, or one of the shipped configurations by its name ("mini", "1b", "3b").

    Args:
        folder: where the run's stages are kept, instead of the file's own `folder`.

    Raises:
        ConfigError: no such file, or a setting that is unknown or missing.
    """
    path = Path(source)
    if not path.is_file() and (CONFIGS / f"{source}.toml").is_file():
        path = CONFIGS / f"{source}.toml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in CONFIGS.glob("*.toml")))
        raise ConfigError(f"There is no configuration {source}: give a TOML file or one of {known}.")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        defaults = raw.get("defaults", {})
        known = {one.name for one in fields(StageConfig)}
        stages = {}
        for name, settings in raw["stages"].items():
            unknown = set(settings) - known
            if unknown:
                raise ConfigError(f"{path.name}: stage {name} has unknown settings: {', '.join(sorted(unknown))}.")
            options = Table(f"[stages.{name}.options] of {path.name}", settings.get("options", {}))
            stages[name] = StageConfig(**{**defaults, **settings, "options": options})
        return TrainingConfig(
            folder=Path(folder or raw["folder"]),
            seed=raw["seed"],
            mixed_precision=usable_precision(raw["mixed_precision"]),
            model=Table(f"[model] of {path.name}", raw["model"]),
            data=Table(f"[data] of {path.name}", raw["data"]),
            stages=stages,
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ConfigError(f"{path.name} is not a usable training configuration: {error}.") from error
