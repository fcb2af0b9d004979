"""Files of weights and settings: read with every fault turned into one sentence that names the file."""

import json
import pickle
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message is one sentence naming the file or tensor."""


@dataclass
class StoredTensors:
    """Tensors on disk: shapes from the headers, values on demand."""

    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    def read(self, name: str) -> torch.Tensor:
        # Opened for each tensor: an open file keeps all pages read so far mapped, and so in memory.
        with safe_open(self.files[name], framework="pt") as file:
            return file.get_tensor(name)


@dataclass
class PickledTensors:
    """Tensors of a .pth file, mapped, not read."""

    tensors: dict[str, torch.Tensor]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}

    def read(self, name: str) -> torch.Tensor:
        return self.tensors[name].clone()


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, or a CheckpointError naming it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"The file {path} is missing.") from error
    except ValueError as error:
        raise CheckpointError(f"The file {path} is damaged: it is not JSON.") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"The file {path} is damaged: it holds no settings.")
    return content


def read_header(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a safetensors file, or a CheckpointError naming it."""
    if not path.is_file():
        raise CheckpointError(f"The file {path} is missing.")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"The file {path} is damaged or incomplete; fetch it again.") from error


def read_weight_map(index: Path) -> dict[str, str]:
    """Tensor names and their files, from the index of a sharded checkpoint."""
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict):
        raise CheckpointError(f"The file {index} is damaged: it has no weight_map.")
    return weight_map


def open_shards(folder: Path) -> StoredTensors:
    """The tensors of a folder's model.safetensors, or of all shards that its index names."""
    index = folder / "model.safetensors.index.json"
    names = sorted(set(read_weight_map(index).values())) if index.is_file() else ["model.safetensors"]
    stored = StoredTensors()
    for name in names:
        for tensor, shape in read_header(folder / name).items():
            stored.shapes[tensor] = shape
            stored.files[tensor] = folder / name
    return stored


def open_pickle(path: Path) -> PickledTensors:
    """The tensors of a .pth file; one that holds anything else is refused."""
    try:
        # Only tensors are read, no code; mapping needs the zip format of torch 1.6 and later.
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"The file {path} holds more than tensors, or is damaged; it was not loaded.") from error
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        raise CheckpointError(f"The file {path} is damaged or incomplete; fetch it again.") from error
    if not isinstance(content, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in content.values()):
        raise CheckpointError(f"The file {path} is not a table of tensors.")
    return PickledTensors(content)
