"""Trains stages of UniLIP-mini on one GPU against the clock, as its shipped weights were: a model so small keeps a GPU
waiting for the processor that starts its kernels, unless each step is one CUDA graph. Run it as
`python -m scripts.train_on_gpu --start FOLDER realignment:90 reconstruction2:45 generation2:@420`; a number is seconds,
one after an @ those since the start, by when the stage is to end, however long all before it took. On a CPU it does the
same without graphs."""

import itertools
import json
import logging
import math
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from diffusers.training_utils import EMAModel
from torch.utils.data import DataLoader

from unilip.checkpoints import computes_in_bfloat16, load_pipeline
from unilip.training.config import StageConfig, TrainingConfig, read_config
from unilip.training.loop import Samples
from unilip.training.optimizers import Muon, make_optimizers
from unilip.training.stage import Stage
from unilip.training.stages import make_stage

logger = logging.getLogger(__name__)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Step:
    """A step on batches of one kind, up to what depends on the rate: losses, clipped gradients, Muon's directions.

    On a GPU it is captured as a graph, which reads and writes memory of its own.
    """

    def __init__(self, stage: Stage, batch: dict[str, Any], learning: list[torch.nn.Parameter], muon: Muon):
        self.stage, self.learning, self.muon = stage, learning, muon
        self.batch = {key: copied(value) for key, value in batch.items()}
        self.graph: torch.cuda.CUDAGraph | None = None
        if DEVICE.type == "cuda":
            self.capture()

    def compute(self):
        for one in self.learning:
            one.grad = None
        with torch.autocast(DEVICE.type, dtype=torch.bfloat16, enabled=computes_in_bfloat16(DEVICE)):
            losses = self.stage(self.batch)
        losses["loss"].float().backward()
        norm = torch.nn.utils.clip_grad_norm_(self.learning, self.stage.config.max_gradient_norm)
        self.losses = {key: value.detach().float() for key, value in losses.items()} | {"gradient_norm": norm}
        self.directions = self.muon.directions()

    def capture(self):
        """Captures `compute`; momenta are then as they were before."""
        states = [self.muon.state[one] for one in self.muon.twins]
        before = [state["momentum_buffer"].clone() if "momentum_buffer" in state else None for state in states]
        warming = torch.cuda.Stream()
        warming.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(warming):
            for _ in range(2):
                self.compute()
        torch.cuda.current_stream().wait_stream(warming)
        for one in self.learning:
            one.grad = None
        graph = torch.cuda.CUDAGraph()
        # The threads that load batches may go on using the GPU's memory meanwhile.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            self.compute()
        for state, old in zip(states, before, strict=True):
            if "momentum_buffer" in state:
                state["momentum_buffer"].copy_(old if old is not None else torch.zeros_like(state["momentum_buffer"]))
        self.graph, self.gradients = graph, [one.grad for one in self.learning]

    def __call__(self, batch: dict[str, Any], others: list[torch.optim.Optimizer]):
        """Computes a step on a batch and takes it."""
        for static, fresh in zip(tensors(self.batch), tensors(batch), strict=True):
            static.copy_(fresh, non_blocking=True)
        if self.graph is None:
            self.compute()
        else:
            self.graph.replay()
            for one, gradient in zip(self.learning, self.gradients, strict=True):
                one.grad = gradient
        self.muon.move(self.directions)
        for optimizer in others:
            optimizer.step()


def copied(value: Any) -> Any:
    """A value of a batch, with its tensors copied to the device."""
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    return value.to(DEVICE, copy=True) if isinstance(value, torch.Tensor) else value


def tensors(batch: dict[str, Any]) -> list[torch.Tensor]:
    """All tensors of a batch, in order."""
    found = []
    for value in batch.values():
        found += tensors(value) if isinstance(value, dict) else [value] if isinstance(value, torch.Tensor) else []
    return found


def kind(stage: Stage, batch: dict[str, Any]) -> tuple:
    """What decides over a step's operations: the shapes, and whether reconstruction decodes whole pictures."""
    whole = batch["step"][0] % stage.options["whole_every"] == 0 if "corner" in batch else None
    return whole, *(tuple(one.shape) for one in tensors(batch))


def batches(config: StageConfig) -> Iterator[list[int]]:
    for step in itertools.count():
        yield list(range(step * config.batch_size, (step + 1) * config.batch_size))


def rate_factor(step: int, done: float, config: StageConfig) -> float:
    """As the loop's: linear warm-up in steps, a cosine down to the lowest rate, here over the share of the time."""
    lowest = config.min_learning_rate / config.learning_rate
    cosine = lowest + (1 - lowest) * (1 + math.cos(math.pi * min(1.0, done))) / 2
    return min(1.0, (step + 1) / config.warmup_steps) * cosine


def seconds_left(wanted: str, running: float) -> float:
    """The seconds of a stage that begins `running` seconds after the start: of "90", 90; of "@420", what is left."""
    return max(1.0, float(wanted[1:]) - running) if wanted.startswith("@") else float(wanted)


def train_for(stage: Stage, wanted: str, folder: Path, launched: float) -> tuple[int, float]:
    """Trains a stage for so long (see `seconds_left`), writes its log, and returns how many steps and seconds it took.

    Args:
        launched: by `time.monotonic`, when it all began.
    """
    config = stage.config
    folder.mkdir(parents=True, exist_ok=True)
    groups = stage.parameter_groups()
    stage.to(DEVICE).train()
    stage.prepare(folder)
    muon, *others = make_optimizers(groups, config)
    learning = [one for group in groups for one in group["params"]]
    average = EMAModel(learning, decay=config.ema_decay, foreach=True) if config.ema_decay else None
    loader = DataLoader(
        Samples(stage),
        batch_sampler=batches(config),
        collate_fn=stage.collate,
        num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
        pin_memory=DEVICE.type == "cuda",
    )
    steps: dict[tuple, Step] = {}
    sums: dict[str, list[torch.Tensor]] = {}
    started = None
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for number, batch in enumerate(loader):
            this = kind(stage, batch)
            if this not in steps:
                steps[this] = Step(stage, batch, learning, muon)
            if started is None:
                started = time.monotonic()
                seconds = seconds_left(wanted, started - launched)
            spent = time.monotonic() - started
            if number and spent > seconds:
                break
            factor = rate_factor(number, spent / seconds, config)
            for group in (group for optimizer in (muon, *others) for group in optimizer.param_groups):
                group["lr"] = group["base_lr"] * factor
            steps[this](batch, others)
            if average is not None:
                average.step(learning)
            for key, value in steps[this].losses.items():
                sums.setdefault(key, []).append(value.clone())
            if (number + 1) % config.log_every == 0:
                means = {key: round(torch.stack(values).mean().item(), 5) for key, values in sorted(sums.items())}
                row = {"step": number + 1, "seconds": round(spent, 1), "rate": config.learning_rate * factor, **means}
                log.write(json.dumps(row) + "\n")
                logger.info("%s %s", stage.name, row)
                sums.clear()
    if average is not None:
        average.copy_to(learning)
    for one in learning:
        one.grad = None
    return number, seconds


def read_stage(words: str, run: TrainingConfig) -> tuple[str, str]:
    """A stage's name and its time. Raises typer.BadParameter, so that a mistake in a later stage is found before an
    earlier one has used its time."""
    name, _, wanted = words.partition(":")
    if name not in run.stages:
        raise typer.BadParameter(f"There is no stage {name}: it is one of {', '.join(run.stages)}.")
    if not re.fullmatch(r"@?\d+(\.\d+)?", wanted):
        raise typer.BadParameter(f"A stage is written name:seconds or name:@end, not {words}.")
    return name, wanted


def main(
    stages: Annotated[list[str], typer.Argument(help="name:seconds or name:@end of each stage, in order.")],
    start: Annotated[Path, typer.Option(help="The trained pipeline to start from.")],
    config: Annotated[str, typer.Option(help="A TOML file, or mini.")] = "mini",
    folder: Annotated[Path | None, typer.Option(help="Keep the run here.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make batches.")] = max(1, os.cpu_count() - 2),
):
    launched = time.monotonic()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.backends.cuda.matmul.allow_tf32 = True
    run = read_config(config, folder)
    torch.manual_seed(run.seed)
    planned = [read_stage(stage, run) for stage in stages]
    pipeline = load_pipeline(start, device="cpu", dtype="float32")
    for name, wanted in planned:
        run.stages[name] = replace(run.stages[name], workers=workers, log_every=50)
        stage = make_stage(name, pipeline, run)
        place = run.stage_folder(name)
        count, seconds = train_for(stage, wanted, place, launched)
        pipeline.save_pretrained(place / "model")
        (place / "finished.json").write_text(
            json.dumps({"steps": count, "seconds": round(seconds, 1)}), encoding="utf-8"
        )
        typer.echo(f"{name}: {count} steps, {place / 'model'}")


if __name__ == "__main__":
    typer.run(main)
