"""Trains the judge of the emoji world on rendered scenes (judge_accuracy.py measures it on others)."""

import logging
import math
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from tqdm import tqdm

from ..checkpoints import computes_in_bfloat16
from ..emoji.scenes import CANVAS, Scene, Thing, boxes, color_of, random_scene, render
from ..emoji.vocabulary import BACKGROUNDS, COLORS, OBJECTS, STYLES
from ..training.config import StageConfig
from ..training.optimizers import make_optimizers
from ..training.stage import is_matrix
from .judge import COLOR_STYLES, INPUT_SIZE, NATURAL, STRIDE, Judge, Labels, Outputs, overlap, to_input, to_pixels

logger = logging.getLogger(__name__)

TRAINING_SEED = 7301  # the judge learns from scenes (TRAINING_SEED, index) and is measured on other seeds
MAX_THINGS = 8
CHUNK = 1000  # scenes a file
IGNORED = -100


def free_scene(rng: np.random.Generator) -> Scene:
    """One to five things anywhere, wider in size, closer together and more often of one kind than the model's own
    training scenes, so that the judge does not lean on their order."""
    names = list(OBJECTS)
    same = names[rng.integers(len(names))] if rng.random() < 0.4 else None
    things: list[Thing] = []
    placed: list[tuple[float, float, float, float]] = []
    for _ in range(int(rng.integers(1, 6))):
        size = float(rng.uniform(48, 210) if not things else rng.uniform(48, 120))
        for _ in range(20):
            x, y = rng.uniform(0.42 * size, CANVAS - 0.42 * size, size=2).tolist()
            box = (x - size / 2, y - size / 2, x + size / 2, y + size / 2)
            if all(overlap(box, other) < 0.08 for other in placed):
                color = None if rng.random() < 0.4 else list(COLORS)[rng.integers(len(COLORS))]
                things.append(Thing(same or names[rng.integers(len(names))], color, x, y, size))
                placed.append(box)
                break
    backgrounds = list(BACKGROUNDS)
    return Scene(tuple(things), backgrounds[rng.integers(len(backgrounds))], variant=int(rng.integers(1 << 16)))


def training_scene(index: int) -> Scene:
    """Half of the scenes free ones, and half in a style: one that is seldom seen is never told from "normal"."""
    rng = np.random.default_rng((TRAINING_SEED, index))
    scene = free_scene(rng) if rng.random() < 0.5 else random_scene(rng)
    return replace(scene, style=str(rng.choice(STYLES[1:])) if rng.random() < 0.5 else "normal")


def describe(scene: Scene, labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """A scene as numbers: things (MAX_THINGS, 6: name, colour, left, top, right, bottom; name -1: none) and the
    picture's background and style."""
    things = np.full((MAX_THINGS, 6), -1, dtype=np.float32)
    for row, thing, box in zip(things, scene.things, boxes(scene), strict=False):
        color = labels.colors.index(color_of(thing) or NATURAL) if scene.style in COLOR_STYLES else IGNORED
        row[:] = (labels.objects.index(thing.name), color, *box)
    return things, np.array([labels.backgrounds.index(scene.background), labels.styles.index(scene.style)])


def make_chunk(path: Path, first: int) -> Path:
    """Renders CHUNK training scenes from index `first` into one file, unless it is there."""
    if not path.is_file():
        labels = Labels.of_world()
        scenes = [training_scene(first + offset) for offset in range(CHUNK)]
        things, wholes = zip(*(describe(scene, labels) for scene in scenes), strict=True)
        images = np.stack([to_input(render(scene)) for scene in scenes])
        partial = path.with_suffix(".part.npz")
        np.savez(partial, images=images, things=np.stack(things), wholes=np.stack(wholes))
        os.replace(partial, path)
    return path


def make_targets(things: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Targets over the grid for things (batch, MAX_THINGS, 6): the heat of the nearest centre (batch, h, w), which
    thing a cell answers for (batch, h, w; the nearest), and the thing's box from each cell (batch, things, 4, h, w)."""
    cells = torch.arange(INPUT_SIZE // STRIDE, device=things.device) + 0.5
    edges = things[..., 2:] / (CANVAS / INPUT_SIZE * STRIDE)  # in cells
    centers = (edges[..., :2] + edges[..., 2:]) / 2
    sizes = (edges[..., 2:] - edges[..., :2]).clamp(min=0.5)
    dx = centers[..., 0, None, None] - cells[None, None, None, :]  # (batch, things, 1, w)
    dy = centers[..., 1, None, None] - cells[None, None, :, None]  # (batch, things, h, 1)
    spread = (sizes / 8).clamp(min=0.6)[..., None, None]
    # distances from the cell that holds the centre, so that each thing has one cell of heat 1
    whole_dx = centers[..., 0].floor()[..., None, None] + 0.5 - cells[None, None, None, :]
    whole_dy = centers[..., 1].floor()[..., None, None] + 0.5 - cells[None, None, :, None]
    heat = torch.exp(-((whole_dx / spread[:, :, 0]) ** 2 + (whole_dy / spread[:, :, 1]) ** 2) / 2)
    heat = heat * (things[..., 0] >= 0)[..., None, None]
    nearest_heat, nearest = heat.max(dim=1)
    logs = sizes.log()[..., None, None].expand(-1, -1, -1, *heat.shape[-2:])
    box = torch.stack([dx.expand_as(heat), dy.expand_as(heat), logs[:, :, 0], logs[:, :, 1]], dim=2)
    return nearest_heat, nearest, box


def compute_loss(outputs: Outputs, things: torch.Tensor, wholes: torch.Tensor) -> dict[str, torch.Tensor]:
    """The parts of the loss: penalty-reduced focal loss of the centres (CornerNet, Law and Deng 2018, eq. 1), cross
    entropies and L1 of the boxes in the cells around a centre, weighted by their heat."""
    heat, nearest, box = make_targets(things)
    centers = outputs.centers.clamp(-12, 12)
    chance = centers.sigmoid()
    peak = heat == 1
    focal = torch.where(
        peak, F.logsigmoid(centers) * (1 - chance) ** 2, F.logsigmoid(-centers) * chance**2 * (1 - heat) ** 4
    )
    chosen = heat > 0.4
    weight = heat[chosen]
    picture, row, column = chosen.nonzero(as_tuple=True)
    thing = nearest[chosen]
    truth = things[picture, thing]

    def average(values: torch.Tensor) -> torch.Tensor:
        return (values * weight).sum() / weight.sum().clamp(min=1)

    def at(values: torch.Tensor) -> torch.Tensor:
        return values[picture, :, row, column]

    return {
        "center": -focal.sum() / peak.sum().clamp(min=1),
        "object": average(F.cross_entropy(at(outputs.objects), truth[:, 0].long(), reduction="none")),
        "color": average(
            F.cross_entropy(at(outputs.colors), truth[:, 1].long(), reduction="none", ignore_index=IGNORED)
        ),
        "box": average((at(outputs.boxes) - box[picture, thing, :, row, column]).abs().sum(1)),
        "background": 0.3 * F.cross_entropy(outputs.backgrounds, wholes[:, 0]),
        "style": 0.3 * F.cross_entropy(outputs.styles, wholes[:, 1]),
    }


def degrade(pixels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Blurs, resamples and stains a batch (batch, 3, h, w), a quarter of it each way, and adds noise and a slight
    change of brightness to all: what a reconstruction or a sampled picture suffers."""
    sharp, resampled, blurred, stained = pixels.chunk(4)
    size = int(rng.integers(36, 100))
    resampled = F.interpolate(resampled, size=(size, size), mode="bilinear", antialias=True)
    resampled = F.interpolate(resampled, size=pixels.shape[-2:], mode="bicubic")
    reach = torch.arange(-4, 5, dtype=torch.float32)
    kernel = torch.softmax(-(reach**2) / (2 * float(rng.uniform(0.4, 2.0)) ** 2), dim=0).repeat(3, 1, 1, 1)
    blurred = F.conv2d(F.pad(blurred, (4, 4, 0, 0), mode="reflect"), kernel, groups=3)
    blurred = F.conv2d(F.pad(blurred, (0, 0, 4, 4), mode="reflect"), kernel.transpose(2, 3), groups=3)
    stains = torch.from_numpy(rng.normal(0, 0.12, (len(stained), 3, 24, 24)).astype(np.float32))
    stained = F.avg_pool2d(F.pad(stained, (1, 1, 1, 1), mode="reflect"), 3, 1)
    stained = stained + F.interpolate(stains, size=pixels.shape[-2:], mode="bilinear")
    pixels = torch.cat([sharp, resampled, blurred, stained])
    gain = torch.from_numpy(rng.uniform(0.92, 1.08, (len(pixels), 1, 1, 1)).astype(np.float32))
    shift = torch.from_numpy(rng.uniform(-0.06, 0.06, (len(pixels), 1, 1, 1)).astype(np.float32))
    # Mostly little: much of it hides the blocks of pixel art.
    loudness = torch.from_numpy(0.08 * rng.uniform(0, 1, (len(pixels), 1, 1, 1)).astype(np.float32) ** 3)
    noise = loudness * torch.from_numpy(rng.standard_normal(pixels.shape, dtype=np.float32))
    return pixels * gain + shift + noise


def mirror(images: torch.Tensor, things: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (batch, h, w, 3) and their things, left and right exchanged."""
    things = things.clone()
    things[..., [2, 4]] = torch.where(things[..., :1] >= 0, CANVAS - things[..., [4, 2]], things[..., [2, 4]])
    return images.flip(2), things


class Trainer:
    """Trains a judge over rendered scenes in memory; a run killed at any time resumes at its last checkpoint and then
    takes the very steps that it would have taken. With `only_style_of`, a trained judge's file, all else stays."""

    def __init__(
        self, folder: Path, chunks: Sequence[Path], steps: int, batch_size: int, learning_rate: float,
        only_style_of: Path | None = None,
    ):  # fmt: skip
        parts = [np.load(path) for path in chunks]
        self.images = torch.from_numpy(np.concatenate([part["images"] for part in parts]))
        self.things = torch.from_numpy(np.concatenate([part["things"] for part in parts]))
        self.wholes = torch.from_numpy(np.concatenate([part["wholes"] for part in parts]))
        self.steps, self.batch_size, self.learning_rate = steps, batch_size, learning_rate
        self.checkpoint = folder / "checkpoint.pt"
        torch.manual_seed(TRAINING_SEED)
        self.judge = Judge(Labels.of_world())
        self.learning: list[nn.Module] = [self.judge]
        if only_style_of is not None:
            self.judge.load_state_dict(Judge.load(only_style_of).state_dict())
            self.judge.requires_grad_(False)
            self.learning = [self.judge.texture.requires_grad_(True), self.judge.style_head.requires_grad_(True)]
        # The kernels learn by Muon, as in the model's own stages, all else by AdamW.
        matrices = {id(one.weight) for one in self.judge.modules() if is_matrix(one)}
        groups = []
        for of_matrices in (True, False):
            chosen = [
                one for part in self.learning for one in part.parameters() if (id(one) in matrices) == of_matrices
            ]
            decay = 0.02 if of_matrices else 0.0
            groups.append({"params": chosen, "lr": learning_rate, "weight_decay": decay, "matrices": of_matrices})
        settings = StageConfig(steps, batch_size, learning_rate, optimizer="muon")
        self.optimizers = make_optimizers(groups, settings)
        self.step = 0
        if self.checkpoint.is_file():
            state = torch.load(self.checkpoint, weights_only=True)
            self.judge.load_state_dict(state["judge"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step = state["step"]
            logger.info("resumed at step %d", self.step)

    def rate(self) -> float:
        """Linear warm-up, then half a cosine to zero."""
        warm_up = min(100, self.steps // 10 + 1)
        progress = max(0, self.step - warm_up) / max(1, self.steps - warm_up)
        return self.learning_rate * min(1.0, (self.step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * progress))

    def take_step(self) -> dict[str, float]:
        rng = np.random.default_rng((TRAINING_SEED, 1, self.step))
        index = torch.from_numpy(rng.integers(len(self.images), size=self.batch_size))
        images, things, wholes = self.images[index], self.things[index], self.wholes[index]
        if rng.random() < 0.5:
            images, things = mirror(images, things)
        pixels = degrade(to_pixels(images), rng).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=computes_in_bfloat16(torch.device("cpu"))):
            outputs = self.judge(pixels)
        parts = compute_loss(outputs, things, wholes)
        for optimizer in self.optimizers:
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group["lr"] = self.rate()
        torch.stack(list(parts.values())).sum().backward()
        nn.utils.clip_grad_norm_(self.judge.parameters(), 10.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        return {name: part.item() for name, part in parts.items()}

    def save(self) -> None:
        partial = self.checkpoint.with_suffix(".part")
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        state = {"judge": self.judge.state_dict(), "optimizers": optimizers, "step": self.step}
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)

    def run(self, save_every: int = 50) -> Judge:
        self.judge.eval()
        for part in self.learning:
            part.train()
        with tqdm(total=self.steps, initial=self.step, desc="judge") as bar:
            while self.step < self.steps:
                parts = self.take_step()
                bar.update()
                if self.step % 50 == 0 or self.step == self.steps:
                    text = " ".join(f"{name} {value:.3f}" for name, value in parts.items())
                    logger.info("step %d of %d: %s", self.step, self.steps, text)
                if self.step % save_every == 0 or self.step == self.steps:
                    self.save()
        return self.judge.eval()


def train_judge(
    folder: Path, scenes: int = 40000, steps: int = 2400, batch_size: int = 64, learning_rate: float = 3e-3,
    workers: int = 2, only_style_of: Path | None = None,
) -> Judge:  # fmt: skip
    """Renders the scenes (once; the files are kept) and trains a judge on them, in `folder`; with `only_style_of`, a
    trained judge's file, only how it tells styles."""
    folder.mkdir(parents=True, exist_ok=True)
    firsts = range(0, scenes, CHUNK)
    paths = [folder / f"scenes-{first:06d}.npz" for first in firsts]
    with ProcessPoolExecutor(workers) as pool:
        chunks = list(tqdm(pool.map(make_chunk, paths, firsts), total=len(paths), desc="scenes", unit="k"))
    return Trainer(folder, chunks, steps, batch_size, learning_rate, only_style_of).run()
