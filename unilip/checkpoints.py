"""Where weights come from: the embedded model, a local folder, a hub id, in our own layout or in the released one."""

import logging
import os
import re
from pathlib import Path

import torch
from diffusers import SanaTransformer2DModel
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from transformers import InternVLForConditionalGeneration, PreTrainedModel

from unilip.models.connector import Connector
from unilip.models.decoder import PixelDecoder
from unilip.pipeline import UniLIPPipeline
from unilip.released import check_tokenizer, read_released
from unilip.weights import CheckpointError, read_header, read_json, read_weight_map

logger = logging.getLogger(__name__)

NO_MEMORY = "There is not enough memory on the device: give --dtype bfloat16 or float16, or --device cpu."
EMBEDDED = Path(__file__).resolve().parent.parent / "assets" / "unilip-mini"
COMPONENTS = {  # class and file name of the weights
    "mllm": (InternVLForConditionalGeneration, "model"),
    "connector": (Connector, "diffusion_pytorch_model"),
    "transformer": (SanaTransformer2DModel, "diffusion_pytorch_model"),
    "decoder": (PixelDecoder, "diffusion_pytorch_model"),
}
PICKLES = (".pth", ".pt", ".bin")
DTYPES = {
    "float32": torch.float32,
    "fp32": torch.float32,
    "bfloat16": torch.bfloat16,
    "bf16": torch.bfloat16,
    "float16": torch.float16,
    "fp16": torch.float16,
}


def pick_device_and_dtype(
    device: str | torch.device | None = None, dtype: str | torch.dtype | None = None
) -> tuple[torch.device, torch.dtype]:
    """The device and number format to run on: what is asked for, else CUDA, else MPS, else the CPU; bfloat16 wherever
    the hardware computes in it, else float32.

    Raises:
        ValueError: a device that this machine lacks, or an unknown dtype; one sentence.
    """
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(device)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"The device {device} is not available on this machine.") from error
    if isinstance(dtype, str):
        if dtype not in DTYPES:
            raise ValueError(f"The dtype {dtype!r} is not one of {', '.join(DTYPES)}.")
        dtype = DTYPES[dtype]
    if dtype is None:
        dtype = torch.bfloat16 if computes_in_bfloat16(device) else torch.float32
    return device, dtype


def computes_in_bfloat16(device: torch.device) -> bool:
    """Whether the hardware does, rather than accept bfloat16 and convert it: that takes a processor hundreds of times
    as long as float32."""
    if device.type == "cuda" and not torch.version.hip:
        return torch.cuda.get_device_capability(device)[0] >= 8
    if device.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    if device.type == "mps":
        try:
            torch.ones(2, 2, device=device, dtype=torch.bfloat16) @ torch.ones(
                2, 2, device=device, dtype=torch.bfloat16
            )
        except (RuntimeError, TypeError):  # before macOS 14
            return False
    return True


def display_name(source: str | os.PathLike) -> str:
    """What to call the model from there."""
    return "UniLIP-mini" if Path(source).resolve() == EMBEDDED.resolve() else Path(source).name


def load_pipeline(
    source: str | os.PathLike,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
) -> UniLIPPipeline:
    """Loads a pipeline onto a device.

    Args:
        source: a folder or hub id in our own or in the released layout, or a reconstruction-only .pth file.
        device, dtype: see `pick_device_and_dtype`.

    Raises:
        CheckpointError: the checkpoint is missing, incomplete or not one of UniLIP; one sentence naming file or tensor.
        ValueError: an unknown device or dtype.
    """
    device, dtype = pick_device_and_dtype(device, dtype)
    path = find_checkpoint(source)
    if (path / "model_index.json").is_file():
        pipeline = _load_own_layout(path, dtype)
    else:
        pipeline = UniLIPPipeline(**read_released(path, device, dtype))
    return pipeline.to(device)


def convert(source: str | os.PathLike, destination: str | os.PathLike, dtype: str | torch.dtype | None = None):
    """Writes a released checkpoint in our own layout, in the dtype asked for, else in its own.

    Raises:
        CheckpointError: as `load_pipeline`; also for a destination that is not an empty or new folder.
    """
    destination = Path(destination)
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise CheckpointError(f"{destination} is not an empty folder; give a new one.")
    path = find_checkpoint(source)
    if (path / "model_index.json").is_file():
        raise CheckpointError(f"{source} is in the pipeline's own layout already.")
    dtype = None if dtype is None else pick_device_and_dtype("cpu", dtype)[1]
    UniLIPPipeline(**read_released(path, torch.device("cpu"), dtype)).save_pretrained(destination)


def find_checkpoint(source: str | os.PathLike) -> Path:
    """The local folder (or .pth file) of a checkpoint; a hub id is downloaded first."""
    path = Path(source)
    if path.exists():
        if path.is_dir() and not any((path / name).is_file() for name in ("model_index.json", "config.json")):
            raise CheckpointError(f"{path} has neither a model_index.json nor a config.json: it is no checkpoint.")
        if path.is_file() and path.suffix not in PICKLES:
            raise CheckpointError(f"{path} is no checkpoint: give its folder, or a reconstruction-only .pth file.")
        return path
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", str(source)):
        raise CheckpointError(f"There is no checkpoint at {source}.")
    try:
        return Path(snapshot_download(str(source), ignore_patterns=["*.pth", "*.bin", "*.pt", "*.md"]))
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise CheckpointError(f"There is no folder {source} here and no repository {source} on the hub.") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise CheckpointError(
            f"{source} is not a folder here, and it could not be downloaded: the hub cannot be reached."
        ) from error
    except Exception as error:  # a connection lost in the middle, a full disk, ...
        raise CheckpointError(f"{source} could not be downloaded: {_first_line(error)}") from error


def _load_own_layout(folder: Path, dtype: torch.dtype) -> UniLIPPipeline:
    index = read_json(folder / "model_index.json")
    present = []
    # All headers first, so that a missing or cut file is named before anything is loaded.
    for name, (_, stem) in COMPONENTS.items():
        if name not in index:
            raise CheckpointError(f"{folder / 'model_index.json'} does not name the component {name}.")
        if index[name][0] is None:
            continue
        present.append(name)
        read_json(folder / name / "config.json")
        shards = folder / name / f"{stem}.safetensors.index.json"
        for file in sorted(set(read_weight_map(shards).values())) if shards.is_file() else [f"{stem}.safetensors"]:
            read_header(folder / name / file)
    try:
        modules = {name: _load_component(folder / name, COMPONENTS[name][0], dtype) for name in present}
        pipeline = UniLIPPipeline.from_folder(folder, dtype, **modules)
    except CheckpointError:
        raise
    except Exception as error:  # the libraries below raise all kinds, for damaged settings and tokenizers
        logger.debug("Loading %s failed.", folder, exc_info=True)
        raise CheckpointError(f"The checkpoint {folder} cannot be loaded: {_first_line(error)}") from error
    if pipeline.tokenizer is not None:
        check_tokenizer(pipeline.tokenizer, pipeline.mllm.config.text_config.vocab_size, folder)
    return pipeline


def _load_component(folder: Path, component: type, dtype: torch.dtype) -> torch.nn.Module:
    # transformers names a misshapen tensor only in its report, diffusers only in its error.
    options = {"ignore_mismatched_sizes": True} if issubclass(component, PreTrainedModel) else {}
    try:
        model, report = component.from_pretrained(folder, dtype=dtype, output_loading_info=True, **options)
    except Exception as error:
        logger.debug("Loading %s failed.", folder, exc_info=True)
        raise CheckpointError(f"The component in {folder} cannot be loaded: {_first_line(error)}") from error
    # Both libraries only warn, and go on with random weights.
    for kind, names in report.items():
        for name in sorted(map(str, names)):
            raise CheckpointError(f"The weights in {folder} do not fit its config.json: {kind}: {name}.")
    return model


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
