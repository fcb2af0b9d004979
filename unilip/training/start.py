"""Where training starts: a small UniLIP with random weights and a tokenizer made for its world."""

from collections.abc import Iterator

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler, SanaTransformer2DModel
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import InternVLConfig, InternVLForConditionalGeneration, PreTrainedTokenizerFast

from unilip import prompts
from unilip.emoji.captions import caption
from unilip.emoji.edits import random_edit
from unilip.emoji.questions import conversation
from unilip.emoji.scenes import random_scene
from unilip.models.connector import Connector
from unilip.models.decoder import PixelDecoder
from unilip.pipeline import UniLIPPipeline
from unilip.training.config import TrainingConfig
from unilip.training.local_start import start_locally

# What the model's `model_index.json` says of how to use it, where the configuration says it.
OWN_SETTINGS = (
    "guidance_scale",
    "num_inference_steps",
    "own_pixels",
    "latest_picture_only",
    "simple_text",
    "one_change_at_a_time",
)
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", prompts.IMAGE_TOKEN]


def world_texts(seed: int, count: int) -> Iterator[str]:
    """What is said in the emoji world: prompts, instructions, questions and answers."""
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        scene = random_scene(rng)
        yield prompts.generation_prompt(caption(scene, rng))
        yield prompts.edit_prompt(random_edit(rng).instruction, 0)
        for turn in conversation(scene, rng, turns=4):
            yield f"{turn.question}\n{turn.answer}"


def make_tokenizer(vocab_size: int, seed: int, sentences: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE with InternVL's special tokens, trained on the emoji world's language."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(world_texts(seed, sentences), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>", "<img>", "</img>", prompts.IMAGE_TOKEN],
    )


def make_pipeline(config: TrainingConfig) -> UniLIPPipeline:
    """A pipeline with random weights in the sizes of the configuration's `model` table."""
    sizes = config.model
    torch.manual_seed(config.seed)
    tokenizer = make_tokenizer(sizes["vocab_size"], config.seed, sizes["tokenizer_sentences"])
    text = {"model_type": "qwen2", "vocab_size": len(tokenizer), "tie_word_embeddings": True, **sizes["text"]}
    text["rope_parameters"] = {"rope_type": "default", "rope_theta": sizes["rope_theta"]}
    vision = {
        "attention_bias": True,
        "use_qk_norm": False,
        "norm_type": "layer_norm",
        "layer_norm_eps": 1e-6,
        "use_mean_pooling": True,  # no norm after the last layer
        **sizes["vision"],
    }
    edge = vision["image_size"][0] // vision["patch_size"][0] // 2
    mllm = InternVLForConditionalGeneration(
        InternVLConfig(
            vision_config=vision,
            text_config=text,
            image_token_id=tokenizer.convert_tokens_to_ids(prompts.IMAGE_TOKEN),
            image_seq_length=edge * edge,
            downsample_ratio=0.5,
            tie_word_embeddings=True,
        )
    )
    start_locally(mllm.model.vision_tower)
    shape = {name: sizes["text"][name] for name in ("hidden_size", "intermediate_size", "num_attention_heads")}
    connector = Connector(
        **shape,
        num_key_value_heads=sizes["text"]["num_key_value_heads"],
        max_position_embeddings=sizes["text"]["max_position_embeddings"],
        rope_theta=sizes["rope_theta"],
        caption_channels=sizes["transformer"]["caption_channels"],
        **sizes["connector"],
    )
    decoder = PixelDecoder(hidden_size=shape["hidden_size"], **sizes["decoder"])
    channels = decoder.config.latent_channels
    transformer = SanaTransformer2DModel(
        in_channels=channels,
        out_channels=channels,
        sample_size=edge,
        patch_size=1,
        mlp_ratio=2.5,
        attention_bias=False,
        interpolation_scale=1.0,
        **sizes["transformer"],
    )
    scheduler = DPMSolverMultistepScheduler(
        algorithm_type="dpmsolver++",
        solver_order=2,
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        flow_shift=sizes["flow_shift"],
    )
    return UniLIPPipeline(
        tokenizer=tokenizer,
        mllm=mllm,
        connector=connector,
        transformer=transformer,
        decoder=decoder,
        scheduler=scheduler,
        **{name: sizes[name] for name in OWN_SETTINGS if name in sizes},
    )
