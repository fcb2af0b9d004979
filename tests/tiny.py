"""A UniLIP of the embedded model's geometry with random weights of a few channels: real classes, quick on a CPU."""

import json
from pathlib import Path

import torch
from diffusers import DPMSolverMultistepScheduler, SanaTransformer2DModel
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import InternVLConfig, InternVLForConditionalGeneration, PreTrainedTokenizerFast

from unilip.models.connector import Connector
from unilip.models.decoder import PixelDecoder
from unilip.pipeline import UniLIPPipeline
from unilip.released import DECODER_KEYS, find_places

SENTENCES = (
    "Generate an image: a photo of a red cat left of a blue dog.",
    "Edit the image: replace the apple with a banana.",
    "user assistant system What is in the image? How many cats are there? two",
)
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>"]


def make_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=SPECIAL_TOKENS, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>", "<img>", "</img>", "<IMG_CONTEXT>"],
    )


def make_tiny_pipeline(seed: int = 0) -> UniLIPPipeline:
    """A tiny pipeline in float32 on the CPU: 256 px pictures, 64 image tokens, latents 32 x 8 x 8."""
    tokenizer = make_tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        mllm = InternVLForConditionalGeneration(
            InternVLConfig(
                vision_config={
                    "hidden_size": 32,
                    "num_hidden_layers": 2,
                    "num_attention_heads": 4,
                    "intermediate_size": 64,
                    "attention_bias": True,
                    "image_size": [256, 256],
                    "patch_size": [16, 16],
                },
                text_config={
                    "model_type": "qwen2",
                    "vocab_size": len(tokenizer),
                    "hidden_size": 64,
                    "intermediate_size": 96,
                    "num_hidden_layers": 2,
                    "num_attention_heads": 4,
                    "num_key_value_heads": 2,
                    "max_position_embeddings": 1024,
                    "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
                    "tie_word_embeddings": False,
                },
                image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
                image_seq_length=64,
                tie_word_embeddings=False,
            )
        )
        connector = Connector(
            hidden_size=64,
            intermediate_size=96,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=1024,
            num_queries=64,
            caption_channels=64,
        )
        transformer = SanaTransformer2DModel(
            in_channels=32,
            out_channels=32,
            num_attention_heads=2,
            attention_head_dim=32,
            num_layers=2,
            num_cross_attention_heads=2,
            cross_attention_head_dim=32,
            cross_attention_dim=64,
            caption_channels=64,
            sample_size=8,
            interpolation_scale=1.0,
        )
        decoder = PixelDecoder(
            hidden_size=64,
            attention_head_dim=8,
            block_out_channels=(16, 16, 32, 32, 32, 32),
            layers_per_block=(1, 1, 1, 1, 1, 1),
            scaling_factor=2.0,
        )
        # Fresh layers are so alike that a prompt would hardly change a picture: make every weight count.
        for module in (mllm, connector, transformer, decoder):
            for parameter in module.parameters():
                if parameter.ndim > 1:
                    torch.nn.init.normal_(parameter, std=1.5 / parameter[0].numel() ** 0.5)
    scheduler = DPMSolverMultistepScheduler(
        algorithm_type="dpmsolver++",
        solver_order=2,
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        flow_shift=3.0,
    )
    pipeline = UniLIPPipeline(
        tokenizer=tokenizer,
        mllm=mllm.eval(),
        connector=connector.eval(),
        transformer=transformer.eval(),
        decoder=decoder.eval(),
        scheduler=scheduler,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def released_tensors(pipeline: UniLIPPipeline) -> dict[str, torch.Tensor]:
    """The pipeline's weights under the released names."""
    modules = {name: getattr(pipeline, name) for name in ("mllm", "connector", "transformer", "decoder")}
    tensors = {}
    for name, places in find_places(modules, reconstruction_only=False).items():
        parts = sorted(places, key=lambda place: place.third or 0)
        tensors[name] = torch.cat([place.module.get_parameter(place.name).detach() for place in parts])
    return tensors


def write_released(pipeline: UniLIPPipeline, folder: Path, num_shards: int = 2) -> dict[str, torch.Tensor]:
    """Writes the pipeline in the released layout, with a components folder; returns the tensors."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = released_tensors(pipeline)
    names = sorted(tensors)
    weight_map = {}
    for shard in range(num_shards):
        file = f"model-{shard + 1:05d}-of-{num_shards:05d}.safetensors"
        part = {name: tensors[name].contiguous() for name in names[shard::num_shards]}
        save_file(part, folder / file)
        weight_map |= dict.fromkeys(part, file)
    write_json(folder / "model.safetensors.index.json", {"weight_map": weight_map})
    config = pipeline.mllm.config.to_dict()
    rope_theta = config["text_config"].pop("rope_parameters")["rope_theta"]
    config["text_config"]["rope_theta"] = rope_theta  # as older versions of transformers wrote it
    config |= {
        "n_query": pipeline.connector.config.num_queries,
        "connect_layer": pipeline.connector.config.num_hidden_layers,
        "unilip_factor": pipeline.decoder.config.scaling_factor,
        "tie_word_embeddings": True,
    }
    write_json(folder / "config.json", config)
    decoder = {theirs: pipeline.decoder.config[ours] for theirs, ours in DECODER_KEYS.items()}
    (folder / "components").mkdir(exist_ok=True)
    write_json(folder / "components" / "decoder_config.json", decoder)
    transformer = {**pipeline.transformer.config, "interpolation_scale": None}
    write_json(folder / "components" / "transformer_config.json", transformer)
    pipeline.tokenizer.save_pretrained(folder)
    return tensors


def write_json(path: Path, content: dict):
    path.write_text(json.dumps(content, default=str), encoding="utf-8")
