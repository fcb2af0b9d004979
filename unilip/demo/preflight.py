"""What runs here: model, device, memory, versions, and what to do about what is missing."""

import html
import os
import platform
import shutil
from collections.abc import Callable
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
    return {
        "Model": f"{name}, {count:,} parameters, {size / 1e6:,.0f} MB as {str(pipeline.dtype).removeprefix('torch.')}",
        "Weights": fingerprint,
        "Device": describe_device(pipeline.device),
        "System": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "Packages": ", ".join(f"{package} {version(package)}" for package in PACKAGES),
    }


def memory_facts(pipeline: UniLIPPipeline) -> dict[str, str]:
    """How much memory is free at the moment, in words."""
    memory = psutil.virtual_memory()
    found = {"Memory": f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free"}
    if pipeline.device.type == "cuda":
        free, total = torch.cuda.mem_get_info(pipeline.device)
        found["GPU memory"] = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free"
    return found


def describe_device(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else f"CPU, {os.cpu_count()} cores, {torch.get_num_threads()} used"


def advice(pipeline: UniLIPPipeline) -> list[str]:
    """What of the machine is missing or not used, each with what to do; nothing where all is well."""
    found = []
    on_cpu = pipeline.device.type == "cpu"
    if on_cpu and torch.cuda.is_available():
        found.append("There is a GPU that is not used. Start with --device cuda.")
    elif on_cpu and shutil.which("nvidia-smi") and torch.version.cuda is None:
        found.append("There may be an NVIDIA GPU, but this PyTorch is made for CPUs. Install one with CUDA to use it.")
    elif on_cpu and size_of(pipeline)[0] > 500e6:
        found.append("There is no GPU: this model takes minutes for a picture. The embedded model is quick.")
    return found


def memory_advice() -> list[str]:
    if psutil.virtual_memory().available < LITTLE_MEMORY:
        return ["Memory is short. Close other programs, or draw fewer pictures at once."]
    return []


def panel(pipeline: UniLIPPipeline, name: str, fingerprint: str) -> Callable[[], str]:
    """Makes facts and advice anew each time that it is called, folded away; open where there is advice.

    What stays the same is looked up here: on ZeroGPU the threads that serve the page see no GPU.
    """
    lasting, todo = facts(pipeline, name, fingerprint), advice(pipeline)

    def now() -> str:
        rows = "".join(
            f"<dt>{html.escape(key)}</dt><dd>{html.escape(value)}</dd>"
            for key, value in {**lasting, **memory_facts(pipeline)}.items()
        )
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in todo + memory_advice())
        return (
            f'<details class="preflight"{" open" if lines else ""}><summary>What runs here</summary><dl>{rows}</dl>'
            f"{f'<ul>{lines}</ul>' if lines else ''}</details>"
        )

    return now
