"""A cache of what the frozen tokenizer says of the emoji world's pictures, so that generation need not encode again."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from unilip.emoji.captions import caption
from unilip.emoji.edits import KINDS, Edit, random_edit
from unilip.emoji.scenes import Scene, random_scene, render
from unilip.training.clip import picture_tensor
from unilip.training.config import TrainingConfig
from unilip.training.data import Example

logger = logging.getLogger(__name__)

# Shares of tidy scenes: where a prompt leaves the places open, a DiT that sees few pictures learns shapes from pictures
# that agree, and averages from those that do not. What is to be edited may look like anything.
TIDY_SCENES, TIDY_EDITS = 0.85, 0.5

# So many stored pictures are encoded again before a cache is used, and may be off by this share of the latents'
# standard deviation: bfloat16 rounds.
PROBES, CLOSE = 8, 0.05

# Shares of the kinds of edits, in the order of `KINDS`: background, style, action and compose take more pairs to learn
# than people ask for.
SHARES = (0.11, 0.07, 0.12, 0.1, 0.13, 0.09, 0.05, 0.2, 0.13)


def cached_scene(seed: int, index: int) -> Scene:
    """Scene number `index` of the cache."""
    rng = np.random.default_rng((seed, 4, index))
    return random_scene(rng, tidy=rng.random() < TIDY_SCENES)


def cached_edit(seed: int, index: int) -> Edit:
    """Edit number `index` of the cache."""
    rng = np.random.default_rng((seed, 5, index))
    return random_edit(rng, str(rng.choice(KINDS, p=SHARES)), tidy=rng.random() < TIDY_EDITS)


def cached_end(seed: int, end: str, index: int) -> Scene:
    """The "source" or "target" of edit number `index` of the cache."""
    return getattr(cached_edit(seed, index), end)


class Pictures(Dataset):
    """Rendered scenes by number."""

    def __init__(self, scene_of: Callable[[int], Scene], count: int):
        self.scene_of, self.count = scene_of, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> torch.Tensor:
        return picture_tensor(render(self.scene_of(index)))


def holds(folder: Path, name: str, pictures: Pictures, encode) -> bool:
    """Whether a folder has the latents of these pictures as this tokenizer encodes them. A few are encoded again: what
    they show is known from their numbers alone, and a caption would otherwise be learned with another picture."""
    if not (folder / f"{name}.done").is_file():
        return False
    stored = np.load(folder / f"{name}-latents.npy", mmap_mode="r")
    if len(stored) != len(pictures):
        return False
    chosen = np.unique(np.linspace(0, len(pictures) - 1, PROBES).round().astype(int))
    fresh = encode(torch.stack([pictures[index] for index in chosen]))[1].float().cpu().numpy()
    if fresh.shape[1:] != stored.shape[1:]:
        return False
    return bool(np.square(fresh - stored[chosen]).mean() ** 0.5 <= CLOSE * fresh.std())


class Encodings:
    """Memory-mapped arrays over `scenes` random scenes and `edits` random edits, written on first use, and anew where
    the world, the tokenizer or the counts have changed since:
    `scene_latents` and `target_latents` (n, 32, h, w), `source_latents`, `source_features` (n, tokens, width); float16.
    """

    def __init__(self, folder: Path, seed: int, scenes: int, edits: int, encode, workers: int):
        """
        Args:
            encode: uint8 pictures (batch, 3, height, width) to (features, unscaled latents).
            workers: processes that render.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {
            "scene": (scenes, partial(cached_scene, seed), False),
            "source": (edits, partial(cached_end, seed, "source"), True),
            "target": (edits, partial(cached_end, seed, "target"), False),
        }
        for name, (count, scene_of, keep_features) in wanted.items():
            pictures = Pictures(scene_of, count)
            if not holds(folder, name, pictures, encode):
                logger.info("Encoding %d pictures (%s).", count, name)
                self.write(folder, name, pictures, keep_features, encode, workers)
        self.scene_latents = np.load(folder / "scene-latents.npy", mmap_mode="r")
        self.source_latents = np.load(folder / "source-latents.npy", mmap_mode="r")
        self.target_latents = np.load(folder / "target-latents.npy", mmap_mode="r")
        self.source_features = np.load(folder / "source-features.npy", mmap_mode="r")

    def write(self, folder: Path, name: str, pictures: Pictures, keep_features: bool, encode, workers: int):
        (folder / f"{name}.done").unlink(missing_ok=True)
        latents, features, count, start = None, None, len(pictures), 0
        for pixels in tqdm(DataLoader(pictures, batch_size=64, num_workers=workers), desc=f"encode {name}"):
            some_features, some_latents = encode(pixels)
            if latents is None:
                latents = np.lib.format.open_memmap(
                    folder / f"{name}-latents.npy", "w+", np.float16, (count, *some_latents.shape[1:])
                )
                if keep_features:
                    features = np.lib.format.open_memmap(
                        folder / f"{name}-features.npy", "w+", np.float16, (count, *some_features.shape[1:])
                    )
            latents[start : start + len(pixels)] = some_latents.float().cpu().numpy()
            if keep_features:
                features[start : start + len(pixels)] = some_features.float().cpu().numpy()
            start += len(pixels)
        latents.flush()
        if keep_features:
            features.flush()
        (folder / f"{name}.done").touch()


def open_encodings(run: TrainingConfig, encode, workers: int) -> Encodings:
    """A run's cache, in its folder, or in `data.encodings` where several runs share one."""
    folder = Path(run.data.get("encodings", run.folder / "encodings"))
    return Encodings(folder, run.seed, run.data["scenes"], run.data["edits"], encode, workers)


class EncodedWorld:
    """Examples from the cache, with new captions each time."""

    def __init__(self, encodings: Encodings, seed: int):
        self.encodings, self.seed = encodings, seed

    def drawing(self, rng: np.random.Generator, null_prompts: float) -> Example:
        """A picture to draw; the null prompt in a share of `null_prompts`."""
        chosen = int(rng.integers(len(self.encodings.scene_latents)))
        scene, latents = cached_scene(self.seed, chosen), self.encodings.scene_latents[chosen]
        prompt = None if rng.random() < null_prompts else caption(scene, rng)
        return Example(prompt, {"latents": as_tensor(latents)})

    def edit(self, rng: np.random.Generator, null_prompts: float) -> Example:
        """An edit; the null prompt in a share of `null_prompts`."""
        chosen = int(rng.integers(len(self.encodings.target_latents)))
        prompt = None if rng.random() < null_prompts else cached_edit(self.seed, chosen).instruction
        latents, features = self.encodings.target_latents[chosen], self.encodings.source_features[chosen]
        return Example(prompt, {"latents": as_tensor(latents), "features": as_tensor(features)})


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """A stored float16 array in float32."""
    return torch.from_numpy(array.astype(np.float32))
