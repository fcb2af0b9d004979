"""The released checkpoints: their configurations, their tensors' names, and loading tensor by tensor into place."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from accelerate.utils import set_module_tensor_to_device
from diffusers import DPMSolverMultistepScheduler, SanaTransformer2DModel
from torch import nn
from transformers import (
    InternVLConfig,
    InternVLForConditionalGeneration,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
)

from unilip.models.connector import Connector
from unilip.models.decoder import PixelDecoder
from unilip.prompts import CONTROL_TOKENS
from unilip.weights import CheckpointError, open_pickle, open_shards, read_json

logger = logging.getLogger(__name__)

# The DiTs of the published sizes, by their width: Sana_600M_512px and Sana_1600M_512px.
PUBLISHED_TRANSFORMERS = {
    1152: {
        "num_layers": 28,
        "num_attention_heads": 36,
        "num_cross_attention_heads": 16,
        "cross_attention_head_dim": 72,
        "cross_attention_dim": 1152,
        "sample_size": 16,
    },
    2240: {
        "num_layers": 20,
        "num_attention_heads": 70,
        "num_cross_attention_heads": 20,
        "cross_attention_head_dim": 112,
        "cross_attention_dim": 2240,
        "sample_size": 16,
    },
}
PUBLISHED_FACTORS = {896: 10.6, 1536: 9.5}  # of the reconstruction-only files, by the LLM's width
PUBLISHED_SCHEDULER = {
    "algorithm_type": "dpmsolver++",
    "solver_order": 2,
    "prediction_type": "flow_prediction",
    "use_flow_sigmas": True,
    "flow_shift": 3.0,
}
INTERNVIT_300M = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "attention_bias": True,
    "image_size": [448, 448],
    "patch_size": [14, 14],
}
VISION_KEYS = (
    "hidden_size", "num_hidden_layers", "num_attention_heads", "attention_bias", "intermediate_size", "hidden_act",
    "layer_norm_eps", "image_size", "patch_size",
)  # fmt: skip
TEXT_KEYS = (
    "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "hidden_act",
    "rms_norm_eps", "rope_theta", "rope_parameters", "max_position_embeddings",
)  # fmt: skip
DECODER_KEYS = {
    "attention_head_dim": "attention_head_dim",
    "decoder_block_types": "block_types",
    "decoder_block_out_channels": "block_out_channels",
    "decoder_layers_per_block": "layers_per_block",
    "decoder_qkv_multiscales": "qkv_multiscales",
    "latent_channels": "latent_channels",
}

# Our names to the released ones, component by component; the first pattern that matches is applied.
RENAMES = {
    "mllm": (
        (r"^model\.vision_tower\.embeddings\.cls_token", r"model.vision_tower.embeddings.class_embedding"),
        (r"^(model\.vision_tower\.embeddings\.patch_embedding)s\.projection", r"\1"),
        (r"^(model\.vision_tower\.embeddings\.position_embedding)s", r"\1"),
        (r"^(model\.vision_tower\.encoder\.layer)\.(\d+)\.attention\.[qkv]_proj", r"\1s.\2.attn.qkv"),
        (r"^(model\.vision_tower\.encoder\.layer)\.(\d+)\.attention\.projection_layer", r"\1s.\2.attn.proj"),
        (r"^(model\.vision_tower\.encoder\.layer)\.(\d+)\.layernorm_before", r"\1s.\2.norm1"),
        (r"^(model\.vision_tower\.encoder\.layer)\.(\d+)\.layernorm_after", r"\1s.\2.norm2"),
        (r"^(model\.vision_tower\.encoder\.layer)\.(\d+)\.lambda_", r"\1s.\2.ls"),
        (r"^(model\.vision_tower\.encoder\.layer)\.", r"\1s."),
        (r"^(model\.multi_modal_projector)\.layer_norm", r"\1.0"),
        (r"^(model\.multi_modal_projector)\.linear_1", r"\1.1"),
        (r"^(model\.multi_modal_projector)\.linear_2", r"\1.3"),
    ),
    "connector": (
        (r"^queries", "model.latent_queries"),
        (r"^projection", "model.projector"),
        (r"^", "model.llm_connector."),
    ),
    "transformer": ((r"^", "model.dit."),),
    "decoder": (
        (r"^bottleneck", "model.vae_decoder.down_blocks"),
        (r"^reduction", "model.vae_decoder.down_mlp"),
        (r"^", "model.vae_decoder."),
    ),
}
# The reconstruction-only files leave the model's prefixes out.
RECONSTRUCTION_PREFIXES = (
    ("model.vision_tower.", "encoder."),
    ("model.multi_modal_projector.", "mlp1."),
    ("model.vae_decoder.", ""),
)
EMBEDDING = "model.language_model.embed_tokens.weight"
NUMBERED = re.compile(r"(layers|blocks)\.\d+\.")


@dataclass
class Place:
    """Where a released tensor, or one third of a fused one, belongs."""

    module: nn.Module
    name: str
    third: int | None  # of a fused qkv: 0 query, 1 key, 2 value

    @property
    def shape(self) -> tuple[int, ...]:
        """The whole released tensor's shape."""
        shape = tuple(self.module.get_parameter(self.name).shape)
        return shape if self.third is None else (3 * shape[0], *shape[1:])


def read_released(path: Path, device: torch.device, dtype: torch.dtype | None) -> dict[str, Any]:
    """The pipeline's components from a released folder, or from a reconstruction-only .pth file (then without
    tokenizer, connector, transformer and scheduler), in `dtype` or else in the checkpoint's own.

    Everything that can be wrong is found from configurations and headers, before any weight is read.

    Raises:
        CheckpointError: a missing or damaged file, an unknown size, a missing, surplus or misshapen tensor, a tokenizer
            that does not fit.
    """
    if path.is_file():
        stored = open_pickle(path)
        folder, config = path.parent, {}
        if (folder / "config.json").is_file():
            config = read_json(folder / "config.json")
        modules = build_reconstruction(config, stored.shapes, folder)
        tokenizer = scheduler = None
    else:
        folder, config = path, read_json(path / "config.json")
        stored = open_shards(folder)
        tokenizer = _read_tokenizer(folder)
        check_tokenizer(tokenizer, _first_dimension(stored.shapes, EMBEDDING, folder), folder)
        config = {**config, "image_token_id": tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>")}
        modules, scheduler = build_complete(config, stored.shapes, folder)
    places = find_places(modules, reconstruction_only=path.is_file())
    _check(places, stored.shapes, path)

    for name, targets in places.items():
        tensor = stored.read(name)
        for place in targets:
            value = tensor if place.third is None else tensor.chunk(3)[place.third]
            # Copied even where nothing changes: what was read is a view of the whole mapped file.
            value = value.to(device, dtype or value.dtype, copy=True)
            set_module_tensor_to_device(place.module, place.name, device, value=value, dtype=value.dtype)
    for module in modules.values():
        if isinstance(module, InternVLForConditionalGeneration):
            module.tie_weights()
        module.eval()
    return {
        "tokenizer": tokenizer,
        "connector": None,
        "transformer": None,
        "scheduler": scheduler,
        **modules,
    }


def build_complete(
    config: dict[str, Any], shapes: dict[str, tuple[int, ...]], folder: Path
) -> tuple[dict[str, nn.Module], DPMSolverMultistepScheduler]:
    """Components without memory for their weights, and the scheduler, from a released config.json and the tensors'
    shapes; sizes that are not published are described in `folder`/components."""
    for key in ("vision_config", "text_config", "n_query", "connect_layer", "unilip_factor"):
        if key not in config:
            raise CheckpointError(f"{folder / 'config.json'} does not say `{key}`: it is no UniLIP checkpoint.")
    width = _first_dimension(shapes, "model.dit.patch_embed.proj.weight", folder)
    transformer_config = _component_config(folder, "transformer")
    scheduler_config = _component_config(folder, "scheduler") or PUBLISHED_SCHEDULER
    if transformer_config is None:
        if width not in PUBLISHED_TRANSFORMERS:
            raise CheckpointError(
                f"The size of {folder} is unknown: its DiT is {width} wide where the published ones are 1152 and 2240, "
                "and there is no components folder that describes it."
            )
        transformer_config = PUBLISHED_TRANSFORMERS[width]
    # Left out, it meant this value up to diffusers 0.32, and means no position embedding since.
    transformer_config = {**transformer_config, "interpolation_scale": 1.0}

    vocab_size = _first_dimension(shapes, EMBEDDING, folder)
    mllm_config = _mllm_config(config, vocab_size, tied="lm_head.weight" not in shapes)
    text_config = mllm_config.text_config
    with init_empty_weights(include_buffers=False):
        transformer = SanaTransformer2DModel.from_config(transformer_config)
        modules = {
            "mllm": InternVLForConditionalGeneration(mllm_config),
            "connector": Connector(
                hidden_size=text_config.hidden_size,
                intermediate_size=text_config.intermediate_size,
                num_hidden_layers=config["connect_layer"],
                num_attention_heads=text_config.num_attention_heads,
                num_key_value_heads=text_config.num_key_value_heads,
                rms_norm_eps=text_config.rms_norm_eps,
                rope_theta=text_config.rope_parameters["rope_theta"],
                max_position_embeddings=text_config.max_position_embeddings,
                num_queries=config["n_query"],
                caption_channels=transformer.config.caption_channels,
            ),
            "transformer": transformer,
            "decoder": _build_decoder(text_config.hidden_size, config["unilip_factor"], folder),
        }
    modules["mllm"].tie_weights()  # building without memory has made two parameters of a shared one
    return modules, DPMSolverMultistepScheduler.from_config(scheduler_config)


def build_reconstruction(
    config: dict[str, Any], shapes: dict[str, tuple[int, ...]], folder: Path
) -> dict[str, nn.Module]:
    """Encoder and pixel decoder of a reconstruction-only file, without memory for their weights."""
    width = _first_dimension(shapes, "mlp1.1.weight", folder)
    if not config and width not in PUBLISHED_FACTORS:
        raise CheckpointError(
            f"The size of the file in {folder} is unknown: its features are {width} wide where the published ones are "
            "896 and 1536, and there is no config.json beside it that describes it."
        )
    vision_config = config.get("vision_config", INTERNVIT_300M)
    # An InternVL whose language model is empty: the encoder and projector work as in the complete model.
    text_config = {"hidden_size": width, "num_hidden_layers": 0, "num_attention_heads": 1, "num_key_value_heads": 1}
    mllm_config = _mllm_config({"vision_config": vision_config, "text_config": text_config}, vocab_size=1, tied=True)
    factor = config.get("unilip_factor") or PUBLISHED_FACTORS[width]
    with init_empty_weights(include_buffers=False):
        modules = {
            "mllm": InternVLForConditionalGeneration(mllm_config),
            "decoder": _build_decoder(width, factor, folder),
        }
    language_model = modules["mllm"].model.language_model
    for name, parameter in list(language_model.named_parameters()):
        set_module_tensor_to_device(language_model, name, "cpu", value=torch.zeros(parameter.shape))
    return modules


def find_places(modules: dict[str, nn.Module], reconstruction_only: bool) -> dict[str, list[Place]]:
    """Every released tensor's name and where it belongs: several places for a fused tensor."""
    places: dict[str, list[Place]] = {}
    for component, module in modules.items():
        for name, _ in module.named_parameters():  # a tied head is not named a second time
            released = name
            for pattern, replacement in RENAMES[component]:
                released, changed = re.subn(pattern, replacement, name)
                if changed:
                    break
            if reconstruction_only:
                prefixes = [(long, short) for long, short in RECONSTRUCTION_PREFIXES if released.startswith(long)]
                if not prefixes:
                    continue  # the empty language model
                released = released.replace(*prefixes[0], 1)
            fused = re.search(r"attention\.([qkv])_proj", name) if component == "mllm" else None
            third = "qkv".index(fused[1]) if fused else None
            places.setdefault(released, []).append(Place(module, name, third))
    return places


def _check(places: dict[str, list[Place]], shapes: dict[str, tuple[int, ...]], path: Path):
    for name, targets in places.items():
        if name not in shapes:
            raise CheckpointError(f"The tensor {name} is missing in {path}.")
        if tuple(shapes[name]) != targets[0].shape:
            raise CheckpointError(
                f"The tensor {name} in {path} has the shape {tuple(shapes[name])} where {targets[0].shape} is needed."
            )
    for name in sorted(shapes.keys() - places.keys()):
        if NUMBERED.search(name):
            raise CheckpointError(f"The tensor {name} in {path} is one too many: the model has no such layer.")
        logger.warning("The tensor %s in %s is not part of UniLIP and is not used.", name, path)


def check_tokenizer(tokenizer: PreTrainedTokenizerBase, rows: int | None, folder: Path | str):
    """Raises CheckpointError unless the tokenizer has the image tokens and fits an embedding of so many rows, if that
    is told."""
    vocabulary = tokenizer.get_vocab()
    for token in CONTROL_TOKENS:
        if token not in vocabulary:
            raise CheckpointError(f"The tokenizer in {folder} lacks the token {token}.")
    if rows is not None and max(vocabulary.values()) >= rows:
        raise CheckpointError(
            f"The tokenizer in {folder} has {max(vocabulary.values()) + 1} tokens where the embedding has {rows} rows."
        )


def _read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    fast = (folder / "tokenizer.json").is_file()
    if not fast and not (folder / "vocab.json").is_file():
        raise CheckpointError(f"The tokenizer is missing in {folder}: there is no tokenizer.json.")
    try:
        return (PreTrainedTokenizerFast if fast else Qwen2Tokenizer).from_pretrained(folder)
    except Exception as error:  # the tokenizers library raises plain Exception for a damaged file
        raise CheckpointError(f"The tokenizer in {folder} is damaged.") from error


def _component_config(folder: Path, name: str) -> dict[str, Any] | None:
    path = folder / "components" / f"{name}_config.json"
    return read_json(path) if path.is_file() else None


def _build_decoder(hidden_size: int, scaling_factor: float, folder: Path) -> PixelDecoder:
    config = _component_config(folder, "decoder") or {}
    given = {ours: config[theirs] for theirs, ours in DECODER_KEYS.items() if theirs in config}
    return PixelDecoder(hidden_size=hidden_size, scaling_factor=scaling_factor, **given)


def _mllm_config(config: dict[str, Any], vocab_size: int, tied: bool) -> InternVLConfig:
    vision_config = {key: config["vision_config"][key] for key in VISION_KEYS if key in config["vision_config"]}
    text_config = {key: config["text_config"][key] for key in TEXT_KEYS if key in config["text_config"]}
    token = {"image_token_id": config["image_token_id"]} if "image_token_id" in config else {}
    return InternVLConfig(
        vision_config={**vision_config, "use_mean_pooling": True},
        text_config={**text_config, "model_type": "qwen2", "vocab_size": vocab_size, "tie_word_embeddings": tied},
        downsample_ratio=config.get("downsample_ratio", 0.5),
        tie_word_embeddings=tied,
        **token,
    )


def _first_dimension(shapes: dict[str, tuple[int, ...]], name: str, folder: Path) -> int:
    if name not in shapes:
        raise CheckpointError(f"The tensor {name} is missing in {folder}.")
    return shapes[name][0]
