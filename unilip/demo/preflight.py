"""What runs here: model, device, memory, versions, and what to do about what is missing."""

import html
import os
import platform
import shutil
from importlib.metadata import version

import psutil
import torch

from unilip.pipeline import UniLIPPipeline

PACKAGES = ("torch", "diffusers", "transformers", "gradio")
LITTLE_MEMORY = 1.5e9  # bytes that should be free


def size_of(pipeline: UniLIPPipeline) -> tuple[int, int]:
    """The number of parameters, and the bytes that they take."""
    modules = [one for one in pipeline.components.values() if isinstance(one, torch.nn.Module)]
    parameters = [parameter for module in modules for parameter in module.parameters()]
    return sum(one.numel() for one in parameters), sum(one.nbytes for one in parameters)


def facts(pipeline: UniLIPPipeline, name: str, fingerprint: str) -> dict[str, str]:
    """What runs, where and on what, in words."""
    count, size = size_of(pipeline)
    memory = psutil.virtual_memory()
    found = {
        "Model": f"{name}, {count:,} parameters, {size / 1e6:,.0f} MB as {str(pipeline.dtype).removeprefix('torch.')}",
        "Weights": fingerprint,
        "Device": describe_device(pipeline.device),
        "Memory": f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free",
        "System": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "Packages": ", ".join(f"{package} {version(package)}" for package in PACKAGES),
    }
    if pipeline.device.type == "cuda":
        free, total = torch.cuda.mem_get_info(pipeline.device)
        found["GPU memory"] = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free"
    return found


def describe_device(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else f"CPU, {os.cpu_count()} cores, {torch.get_num_threads()} used"


def advice(pipeline: UniLIPPipeline) -> list[str]:
    """What is missing or could be better, each with what to do; nothing where all is well."""
    found = []
    on_cpu = pipeline.device.type == "cpu"
    if on_cpu and torch.cuda.is_available():
        found.append("There is a GPU that is not used. Start with --device cuda.")
    elif on_cpu and shutil.which("nvidia-smi") and torch.version.cuda is None:
        found.append("There may be an NVIDIA GPU, but this PyTorch is made for CPUs. Install one with CUDA to use it.")
    elif on_cpu and size_of(pipeline)[0] > 500e6:
        found.append("There is no GPU: this model takes minutes for a picture. The embedded model is quick.")
    if psutil.virtual_memory().available < LITTLE_MEMORY:
        found.append("Memory is short. Close other programs, or draw fewer pictures at once.")
    return found


def panel(pipeline: UniLIPPipeline, name: str, fingerprint: str) -> str:
    """Facts and advice, folded away; open where there is advice."""
    rows = "".join(
        f"<dt>{html.escape(key)}</dt><dd>{html.escape(value)}</dd>"
        for key, value in facts(pipeline, name, fingerprint).items()
    )
    todo = "".join(f"<li>{html.escape(line)}</li>" for line in advice(pipeline))
    return (
        f'<details class="preflight"{" open" if todo else ""}><summary>What runs here</summary><dl>{rows}</dl>'
        f"{f'<ul>{todo}</ul>' if todo else ''}</details>"
    )
