"""The stages by name, and which pipeline each starts from."""

from pathlib import Path

from unilip.checkpoints import load_pipeline
from unilip.pipeline import UniLIPPipeline
from unilip.processes import process_state
from unilip.training.chat import ChatStage
from unilip.training.clip import ClipStage
from unilip.training.config import ConfigError, TrainingConfig, read_config
from unilip.training.decoder import DecoderStage
from unilip.training.encoder import EncoderStage
from unilip.training.generation1 import Generation1Stage
from unilip.training.generation2 import Generation2Stage
from unilip.training.generation3 import Generation3Stage
from unilip.training.pretrained import make_pretrained_pipeline
from unilip.training.principal import PrincipalStage
from unilip.training.realignment import RealignmentStage
from unilip.training.reconstruction1 import Reconstruction1Stage
from unilip.training.reconstruction2 import Reconstruction2Stage
from unilip.training.stage import Stage
from unilip.training.start import make_pipeline
from unilip.training.styles import StylesStage
from unilip.training.tuning import TuningStage

STAGES: dict[str, type[Stage]] = {
    one.name: one
    for one in (
        ClipStage,
        ChatStage,
        PrincipalStage,
        Reconstruction1Stage,
        Reconstruction2Stage,
        EncoderStage,
        StylesStage,
        RealignmentStage,
        Generation1Stage,
        Generation2Stage,
        Generation3Stage,
        DecoderStage,
        TuningStage,
    )
}


def load_stage(name: str, source: str | Path, folder: Path | None = None) -> tuple[Stage, TrainingConfig] | None:
    """A stage over the pipeline that it starts from, or None if it is finished.

    Raises:
        ConfigError: an unknown stage, or one whose predecessor is not finished.
    """
    config = read_config(source, folder)
    if name not in config.stages or name not in STAGES:
        raise ConfigError(f"There is no stage {name} in {source}: it has {', '.join(config.stages)}.")
    if (config.stage_folder(name) / "finished.json").is_file():
        return None
    order = list(config.stages)
    if order[0] == name:
        pipeline = make_pretrained_pipeline(config) if "pretrained" in config.model else make_pipeline(config)
    else:
        before = config.stage_folder(order[order.index(name) - 1])
        if not (before / "finished.json").is_file():
            raise ConfigError(
                f"Stage {name} starts from {before.name}, which is not finished: train {before.name} first."
            )
        # Each process moves it to its own device later.
        pipeline = load_pipeline(before / "model", device="cpu", dtype="float32")
    return make_stage(name, pipeline, config), config


def make_stage(name: str, pipeline: UniLIPPipeline, config: TrainingConfig) -> Stage:
    """The stage of a name over a pipeline in float32."""
    if process_state().device.type == "cpu":
        # Measured on two cores in bfloat16: over short sequences plain attention is up to four times as fast.
        pipeline.mllm.set_attn_implementation("eager")
    return STAGES[name](pipeline, config)
