"""What a picture says of how it was made: a record in its PNG, with those of the pictures that it was made from."""

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from PIL import Image, PngImagePlugin

from unilip.pipeline import UniLIPPipeline

KEY = "unilip"  # of the text chunk in the PNG
TASKS = ("create", "edit", "reconstruct")
MOST_PARENTS = 100  # a longer chain keeps its last ones
SAMPLED = 64  # values of each tensor that make the fingerprint


@dataclass(frozen=True)
class Record:
    """How a picture was made: the task (one of TASKS), its words, seed and settings, the model's name and fingerprint,
    and the records, oldest first, of the pictures that it comes from. A reconstruction has no words and no seed."""

    task: str
    model: str
    fingerprint: str
    prompt: str = ""
    seed: int = 0
    steps: int = 0
    guidance: float = 0.0
    negative_prompt: str = ""
    letterbox: bool = False
    own_pixels: bool = False
    parents: tuple["Record", ...] = ()

    def after(self, source: Image.Image | None) -> "Record":
        """The record of a picture made from `source`, whose own record, if it has one, joins the parents."""
        parent = source and read_record(source)
        if parent is None:
            return self
        return replace(self, parents=(*parent.parents, replace(parent, parents=()))[-MOST_PARENTS:])


def write_record(picture: Image.Image, record: Record) -> Image.Image:
    """The picture with the record in its `info`, from where PIL and gradio write it into a PNG; no other metadata."""
    signed = picture.copy()
    signed.info = {KEY: json.dumps(asdict(record), ensure_ascii=False)}
    return signed


def save_png(picture: Image.Image, path: str | os.PathLike) -> None:
    """Writes a picture to a PNG file, with its record, if it has one, and no other metadata. The file is there whole or
    not at all, also where the program is killed while it writes."""
    chunks = PngImagePlugin.PngInfo()
    if KEY in picture.info:
        chunks.add_itxt(KEY, picture.info[KEY])
    partial = f"{os.fspath(path)}.part"
    picture.save(partial, "PNG", pnginfo=chunks)
    os.replace(partial, path)


def read_record(picture: Image.Image) -> Record | None:
    """The record that a picture carries; None if there is none or it is broken."""
    try:
        return _parse(json.loads(picture.info[KEY]))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def _parse(raw: dict[str, Any], parents: bool = True) -> Record:
    record = Record(**{**raw, "parents": ()})
    kinds = {"task": str, "model": str, "fingerprint": str, "prompt": str, "negative_prompt": str}
    kinds |= {"seed": int, "steps": int, "guidance": (int, float), "letterbox": bool, "own_pixels": bool}
    for name, kind in kinds.items():
        if not isinstance(getattr(record, name), kind):
            raise ValueError(f"{name} is {getattr(record, name)!r}")
    if record.task not in TASKS or not math.isfinite(record.guidance):
        raise ValueError(f"unknown task {record.task!r} or guidance {record.guidance!r}")
    if not parents:
        return record
    return replace(record, parents=tuple(_parse(one, parents=False) for one in raw.get("parents", ())))


def fingerprint(pipeline: UniLIPPipeline) -> str:
    """Sixteen hexadecimal digits that tell one model's weights from another's, on any device, in float32 or bfloat16
    (float16 has no room for small values): a hash over each tensor's name, shape and some of its values, in bfloat16.
    """
    digest = hashlib.sha256()
    for name, component in sorted(pipeline.components.items()):
        if not isinstance(component, torch.nn.Module):
            continue
        for key, tensor in sorted(component.state_dict().items()):
            values = tensor.flatten()[:: max(1, tensor.numel() // SAMPLED)].to("cpu", torch.bfloat16)
            digest.update(f"{name}.{key}{tuple(tensor.shape)}".encode())
            digest.update(values.contiguous().view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:16]
