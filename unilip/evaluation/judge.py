"""The judge of the emoji world: a small detector that says what stands where, in which colour, on which background
and in which style. It is trained from scratch (see judge_training.py) and shares nothing with the model it judges."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from ..emoji.scenes import CANVAS
from ..emoji.vocabulary import BACKGROUNDS, COLORS, OBJECTS, STYLES

WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "judge" / "judge.safetensors"
INPUT_SIZE = 128  # edge of the picture that the network sees
STRIDE = 8
NATURAL = "natural"
COLOR_STYLES = ("normal", "pixel art", "poster", "watercolor")  # where a colour can still be seen
MIN_SCORE = 0.35
MAX_OVERLAP = 0.55  # intersection over union above which the weaker of two detections is dropped


@dataclass(frozen=True)
class Labels:
    """The words behind the network's outputs, in order; kept in the weights' file, so that a judge never reads a
    vocabulary that it was not trained on."""

    objects: tuple[str, ...]
    colors: tuple[str, ...]
    backgrounds: tuple[str, ...]
    styles: tuple[str, ...]

    @classmethod
    def of_world(cls) -> "Labels":
        return cls(tuple(OBJECTS), (*COLORS, NATURAL), tuple(BACKGROUNDS), tuple(STYLES))


@dataclass(frozen=True)
class Detection:
    """One object found. `color` is one of the eleven or "natural", `named_color` the likeliest of the eleven alone
    (GenEval knows no other), `box` left, top, right, bottom in pixels of the 256 px canvas."""

    name: str
    color: str
    named_color: str
    box: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True)
class Judgement:
    """What the judge saw in one picture; detections from sure to unsure."""

    detections: tuple[Detection, ...]
    background: str
    style: str


def overlap(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return width * height / (sum(areas) - width * height)


def convolution(in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()
    )


class Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return F.relu(hidden_states + self.second(self.first(hidden_states)))


@dataclass
class Outputs:
    """Raw outputs of the network over a grid of `STRIDE` px cells: logits of an object's centre (batch, h, w), of its
    name and colour (batch, names or colours, h, w), its box (batch, 4, h, w: centre from the cell's centre in cells,
    log of width and height in cells), and logits of the whole picture's background and style (batch, words)."""

    centers: torch.Tensor
    objects: torch.Tensor
    colors: torch.Tensor
    boxes: torch.Tensor
    backgrounds: torch.Tensor
    styles: torch.Tensor


class Judge(nn.Module):
    """An anchor-free detector: a residual network at strides 4, 8 and 16, merged at stride 8 (after CenterNet, Zhou et
    al. 2019, with one heat map for all classes and the class read at its peaks)."""

    def __init__(self, labels: Labels):
        super().__init__()
        self.labels = labels
        self.stem = nn.Sequential(
            convolution(3, 24, 2), convolution(24, 48, 2), Residual(48), convolution(48, 96, 2), Residual(96),
            Residual(96),
        )  # fmt: skip
        self.deep = nn.Sequential(convolution(96, 160, 2), Residual(160), Residual(160))
        self.lateral = nn.Conv2d(160, 96, 1)
        self.merged = nn.Sequential(Residual(96), convolution(96, 128))
        self.sizes = [1, len(labels.objects), len(labels.colors), 4]
        self.head = nn.Conv2d(128, sum(self.sizes), 1)
        self.background_head = nn.Linear(2 * 160, len(labels.backgrounds))
        # A style is in single pixels, which the strides above lose; of pixel art, two by two are one block.
        self.texture = nn.Sequential(
            nn.PixelUnshuffle(2), convolution(12, 32), convolution(32, 48, 2), convolution(48, 64, 2), Residual(64)
        )
        self.style_head = nn.Linear(2 * 64 + 2 * 160, len(labels.styles))
        nn.init.constant_(self.head.bias[:1], -3.0)  # centres are rare

    def forward(self, pixels: torch.Tensor) -> Outputs:
        """`pixels` (batch, 3, INPUT_SIZE, INPUT_SIZE) in [-1, 1]."""
        hidden_states = self.stem(pixels)  # (batch, 96, 16, 16)
        deep = self.deep(hidden_states)  # (batch, 160, 8, 8)
        hidden_states = hidden_states + F.interpolate(self.lateral(deep), scale_factor=2.0)
        centers, objects, colors, boxes = self.head(self.merged(hidden_states)).float().split(self.sizes, dim=1)
        texture = self.texture(pixels)
        seen, felt = (torch.cat([one.mean((2, 3)), one.amax((2, 3))], dim=1) for one in (deep, texture))
        backgrounds, styles = self.background_head(seen), self.style_head(torch.cat([felt, seen], dim=1))
        return Outputs(centers[:, 0], objects, colors, boxes, backgrounds.float(), styles.float())

    @torch.no_grad()
    def judge(self, images: Sequence[Image.Image], batch_size: int = 32) -> list[Judgement]:
        """Says what is in each picture. Pictures of any size; boxes come back on the 256 px canvas."""
        judgements = []
        for start in range(0, len(images), batch_size):
            small = np.stack([to_input(image) for image in images[start : start + batch_size]])
            outputs = self(to_pixels(torch.from_numpy(small)).to(self.head.weight.device))
            judgements += [self.read(outputs, index) for index in range(len(small))]
        return judgements

    def read(self, outputs: Outputs, index: int) -> Judgement:
        """The judgement on picture `index` of a batch's raw outputs."""
        scores = outputs.centers[index].sigmoid()
        peaks = (scores == F.max_pool2d(scores[None, None], 3, 1, 1)[0, 0]) & (scores > MIN_SCORE)
        cells = sorted(peaks.nonzero().tolist(), key=lambda cell: -scores[cell[0], cell[1]].item())
        found: list[Detection] = []
        for row, column in cells:
            dx, dy, log_width, log_height = outputs.boxes[index, :, row, column].tolist()
            scale = STRIDE * CANVAS / INPUT_SIZE
            x, y = (column + 0.5 + dx) * scale, (row + 0.5 + dy) * scale
            width, height = np.exp(log_width) * scale, np.exp(log_height) * scale
            box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            if any(overlap(box, other.box) > MAX_OVERLAP for other in found):
                continue
            colors = outputs.colors[index, :, row, column]
            found.append(
                Detection(
                    name=self.labels.objects[outputs.objects[index, :, row, column].argmax()],
                    color=self.labels.colors[colors.argmax()],
                    named_color=self.labels.colors[colors[: self.labels.colors.index(NATURAL)].argmax()],
                    box=box,
                    score=scores[row, column].item(),
                )
            )
        return Judgement(
            detections=tuple(found),
            background=self.labels.backgrounds[outputs.backgrounds[index].argmax()],
            style=self.labels.styles[outputs.styles[index].argmax()],
        )

    def save(self, path: Path) -> None:
        """Writes the weights in float16 with their labels."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # a tensor of integers counts batches in each norm; the judge does not need it
        tensors = {name: t.half().contiguous() for name, t in self.state_dict().items() if t.is_floating_point()}
        save_file(tensors, path, metadata={"labels": json.dumps(vars(self.labels))})

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> "Judge":
        """The trained judge, ready to use. Raises FileNotFoundError where its weights are missing."""
        if not path.is_file():
            raise FileNotFoundError(f"The judge's weights are missing: {path} (`evaluate train-judge` makes them).")
        with safe_open(path, "pt") as file:
            labels = {kind: tuple(words) for kind, words in json.loads(file.metadata()["labels"]).items()}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}
        judge = cls(Labels(**labels))
        missing, _ = judge.load_state_dict(tensors, strict=False)
        if any(not name.endswith("num_batches_tracked") for name in missing):
            raise ValueError(f"{path} is not a judge of this version: it lacks {missing[0]}.")
        return judge.eval().requires_grad_(False)


def to_input(image: Image.Image) -> np.ndarray:
    """The (INPUT_SIZE, INPUT_SIZE, 3) uint8 view of a picture that the judge works on."""
    return np.asarray(image.convert("RGB").resize((INPUT_SIZE, INPUT_SIZE), Image.Resampling.BOX))


def to_pixels(small: torch.Tensor) -> torch.Tensor:
    """(batch, h, w, 3) uint8 to (batch, 3, h, w) in [-1, 1], channels last in memory."""
    return small.permute(0, 3, 1, 2).float().div(127.5).sub(1)
