"""The loop that all stages share, over accelerate: steps, rates, log, checkpoints that resume exactly, sheets."""

import json
import logging
import math
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, send_to_device, set_seed
from diffusers.training_utils import EMAModel
from torch.utils.data import DataLoader, Dataset, Sampler
from tqdm import tqdm

from unilip.training.config import ConfigError, StageConfig, TrainingConfig
from unilip.training.optimizers import make_optimizers
from unilip.training.stage import Stage

logger = logging.getLogger(__name__)


class Samples(Dataset):
    """A stage's samples by index."""

    def __init__(self, stage: Stage):
        self.stage = stage

    def __getitem__(self, index: int):
        return self.stage.sample(index)


class Steps(Sampler):
    """The indices that one process takes from `first_step` on: sample numbers depend on the step and the global batch
    alone, so a run split over more processes, or resumed, sees the same samples at the same step."""

    def __init__(self, first_step: int, config: StageConfig, rank: int, processes: int):
        self.config, self.first_step, self.rank, self.processes = config, first_step, rank, processes
        self.share, rest = divmod(config.batch_size, processes * config.accumulation_steps)
        if rest:
            raise ConfigError(
                f"A batch of {config.batch_size} does not divide over {processes} processes and "
                f"{config.accumulation_steps} accumulation steps."
            )

    def __iter__(self) -> Iterator[list[int]]:
        for step in range(self.first_step, self.config.steps):
            for part in range(self.config.accumulation_steps):
                start = step * self.config.batch_size + (part * self.processes + self.rank) * self.share
                yield list(range(start, start + self.share))


def rate_factor(step: int, config: StageConfig) -> float:
    """Factor on a group's rate at a step: linear warm-up, then a cosine down to `min_learning_rate`."""
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    lowest = config.min_learning_rate / config.learning_rate
    done = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return lowest + (1 - lowest) * (1 + math.cos(math.pi * done)) / 2


def train(stage: Stage, config: TrainingConfig) -> Path:
    """Trains a stage to its end, from its latest checkpoint if there is one.

    Returns:
        The folder of the trained pipeline, which the next stage starts from.
    """
    settings, folder = stage.config, config.stage_folder(stage.name)
    folder.mkdir(parents=True, exist_ok=True)
    accelerator = Accelerator(
        mixed_precision=config.mixed_precision,
        gradient_accumulation_steps=settings.accumulation_steps,
        # Not every step uses all that learns: the discriminator starts late, a vision tower has no mask.
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    set_seed(config.seed)
    groups = stage.parameter_groups()
    if settings.gradient_checkpointing:
        stage.mllm.activation_checkpointing_enable()
        stage.transformer.enable_gradient_checkpointing()
    stage.to(accelerator.device)
    stage.train()  # a loaded model is in evaluation mode, in which nothing is checkpointed
    if accelerator.is_main_process:
        stage.prepare(folder)
    accelerator.wait_for_everyone()
    if not accelerator.is_main_process:
        stage.prepare(folder)

    optimizers = make_optimizers(groups, settings)
    learning = [one for group in groups for one in group["params"]]
    model, *optimizers = accelerator.prepare(stage, *optimizers)
    average = EMAModel(learning, decay=settings.ema_decay, foreach=True) if settings.ema_decay else None
    if average is not None:
        average.to(accelerator.device)
        accelerator.register_for_checkpointing(average)

    checkpoint, step, seconds = folder / "checkpoint", 0, 0.0
    if accelerator.is_main_process:
        recover_checkpoint(checkpoint)
    accelerator.wait_for_everyone()
    if (checkpoint / "progress.json").is_file():
        accelerator.load_state(str(checkpoint))
        if average is not None:
            average.to(accelerator.device)  # it is loaded onto the processor
        progress = json.loads((checkpoint / "progress.json").read_text(encoding="utf-8"))
        step, seconds = progress["step"], progress["seconds"]
        logger.info("%s goes on at step %d.", stage.name, step)

    loader = DataLoader(
        Samples(stage),
        batch_sampler=Steps(step, settings, accelerator.process_index, accelerator.num_processes),
        collate_fn=stage.collate,
        num_workers=settings.workers,
        prefetch_factor=4 if settings.workers else None,
        pin_memory=accelerator.device.type == "cuda",
    )
    log = Log(folder / "log.jsonl", enabled=accelerator.is_main_process)
    bar = tqdm(total=settings.steps, initial=step, desc=stage.name, disable=not accelerator.is_main_process)
    started = time.monotonic() - seconds
    part = 0
    for batch in loader:
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = group["base_lr"] * rate_factor(step, settings)
        with accelerator.accumulate(model):
            batch = send_to_device(batch, accelerator.device, non_blocking=True)
            losses = model(batch)
            accelerator.backward(losses["loss"])
            if accelerator.sync_gradients:
                norm = accelerator.clip_grad_norm_(learning, settings.max_gradient_norm)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
        if "skipped" in batch:
            losses["skipped"] = batch["skipped"].sum()
        log.add({key: accelerator.reduce(value.detach().float(), "mean") for key, value in losses.items()})
        part += 1
        if part % settings.accumulation_steps:
            continue
        step += 1
        if average is not None:
            average.step(learning)
        bar.update()
        if step % settings.log_every == 0 or step == settings.steps:
            row = log.write(
                step, time.monotonic() - started, settings.learning_rate * rate_factor(step - 1, settings), norm
            )
            bar.set_postfix(loss=f"{row['loss']:.4f}")
        if step % settings.checkpoint_every == 0 and step < settings.steps:
            save_checkpoint(accelerator, checkpoint, step, time.monotonic() - started)
        if accelerator.is_main_process and (step % settings.sample_every == 0 or step == settings.steps):
            with averaged(average, learning), torch.no_grad(), accelerator.autocast():
                stage.eval()
                stage.write_sheet(folder / f"sheet-{step:06d}.png")
                stage.train()
    bar.close()
    if average is not None:
        average.copy_to(learning)
    if accelerator.is_main_process:
        stage.pipeline.save_pretrained(folder / "model")
        (folder / "finished.json").write_text(
            json.dumps({"steps": settings.steps, "seconds": round(time.monotonic() - started)}), encoding="utf-8"
        )
    accelerator.wait_for_everyone()
    return folder / "model"


def save_checkpoint(accelerator: Accelerator, folder: Path, step: int, seconds: float):
    """Writes a checkpoint beside the old one and then takes its place, so that a killed run finds one of the two."""
    fresh = folder.with_name("checkpoint-new")
    accelerator.save_state(str(fresh))
    accelerator.wait_for_everyone()  # each process writes a part of it
    if accelerator.is_main_process:
        (fresh / "progress.json").write_text(json.dumps({"step": step, "seconds": seconds}), encoding="utf-8")
        old = folder.with_name("checkpoint-old")
        remove(old)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        remove(old)
    accelerator.wait_for_everyone()


def recover_checkpoint(folder: Path):
    """Takes up what a run has left that was killed while one checkpoint took the place of the other."""
    for other in ("checkpoint-new", "checkpoint-old"):
        if not folder.exists() and (folder.with_name(other) / "progress.json").is_file():
            folder.with_name(other).rename(folder)


def remove(folder: Path):
    """Removes a folder of files if it is there."""
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def averaged(average: EMAModel | None, parameters: list[torch.nn.Parameter]):
    """Within it, the parameters hold their moving average."""
    if average is None:
        yield
        return
    average.store(parameters)
    average.copy_to(parameters)
    try:
        yield
    finally:
        average.restore(parameters)


class Log:
    """Means of the losses between two rows of a JSON-lines file."""

    def __init__(self, path: Path, enabled: bool):
        self.path, self.enabled = path, enabled
        self.rows: list[dict[str, torch.Tensor]] = []

    def add(self, losses: dict[str, torch.Tensor]):
        self.rows.append(losses)

    def write(self, step: int, seconds: float, rate: float, norm: torch.Tensor) -> dict[str, float]:
        """Adds a row with the means since the last one, and returns it."""
        keys = {key for row in self.rows for key in row}
        means = {
            key: round(torch.stack([row[key] for row in self.rows if key in row]).mean().item(), 5)
            for key in sorted(keys)
        }
        self.rows.clear()
        row = {
            "step": step,
            "seconds": round(seconds, 1),
            "rate": rate,
            "gradient_norm": round(float(norm), 4),
            **means,
        }
        if self.enabled:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        return row
