"""Where training of the published sizes starts: InternVL3, SANA and DC-AE, joined by UniLIP's own new parts."""

from pathlib import Path

import torch
from diffusers import AutoencoderDC, DPMSolverMultistepScheduler, SanaTransformer2DModel
from transformers import AutoTokenizer, InternVLConfig, InternVLForConditionalGeneration, PreTrainedTokenizerBase

from unilip import prompts
from unilip.models.connector import Connector
from unilip.models.decoder import PixelDecoder
from unilip.pipeline import UniLIPPipeline
from unilip.released import DECODER_KEYS, PUBLISHED_SCHEDULER, check_tokenizer
from unilip.training.config import ConfigError, TrainingConfig
from unilip.weights import CheckpointError


def make_pretrained_pipeline(config: TrainingConfig) -> UniLIPPipeline:
    """A pipeline whose `mllm` (InternVL3 in the transformers layout), `decoder` (DC-AE) and `transformer` (SANA) come
    from the folders or hub ids in the table `model.pretrained`. The bottleneck and the queries are random, the
    connector is a copy of the LLM's last layers (paper, section 3.2).

    Raises:
        ConfigError: one of them cannot be loaded or does not fit.
    """
    sources, sizes = config.model["pretrained"], config.model
    torch.manual_seed(config.seed)
    mllm, tokenizer = load_mllm(sources["mllm"])
    transformer = load_part(
        SanaTransformer2DModel, sources["transformer"], subfolder="transformer", interpolation_scale=1.0
    )
    autoencoder = load_part(AutoencoderDC, sources["decoder"])
    hidden_size = mllm.config.text_config.hidden_size
    decoder = PixelDecoder(
        hidden_size=hidden_size,
        scaling_factor=sizes["scaling_factor"],
        **{ours: autoencoder.config[theirs] for theirs, ours in DECODER_KEYS.items()},
    )
    copy_weights(autoencoder.decoder, decoder.decoder, sources["decoder"])
    channels = decoder.config.latent_channels
    if transformer.config.in_channels != channels:
        raise ConfigError(
            f"{sources['transformer']} denoises {transformer.config.in_channels} channels where the latents of "
            f"{sources['decoder']} have {channels}."
        )
    return UniLIPPipeline(
        tokenizer=tokenizer,
        mllm=mllm,
        connector=make_connector(mllm, transformer.config.caption_channels, **sizes["connector"]),
        transformer=transformer,
        decoder=decoder,
        scheduler=DPMSolverMultistepScheduler.from_config({**PUBLISHED_SCHEDULER, "flow_shift": sizes["flow_shift"]}),
    )


def load_mllm(source: str) -> tuple[InternVLForConditionalGeneration, PreTrainedTokenizerBase]:
    """InternVL3 and its tokenizer. Whether the head is the embedding's own tensor is told from the weights: the
    configurations of the published sizes contradict themselves there."""
    try:
        config = InternVLConfig.from_pretrained(source)
        tokenizer = AutoTokenizer.from_pretrained(source)
        check_tokenizer(tokenizer, None, source)
        config.image_token_id = tokenizer.convert_tokens_to_ids(prompts.IMAGE_TOKEN)
        config.vision_config.use_mean_pooling = True  # no norm after the last layer
        for tied in (False, True):
            config.tie_word_embeddings = config.text_config.tie_word_embeddings = tied
            mllm, report = InternVLForConditionalGeneration.from_pretrained(
                source, config=config, dtype=torch.float32, output_loading_info=True
            )
            missing = set(map(str, report["missing_keys"]))
            if "lm_head.weight" not in missing:
                break
    except (OSError, ValueError) as error:
        reason = error if isinstance(error, CheckpointError) else "it is no InternVL, and could not be downloaded"
        raise ConfigError(f"The starting mllm {source} cannot be loaded: {str(reason).rstrip('.')}.") from error
    if missing:
        raise ConfigError(f"The starting mllm {source} lacks the tensor {min(missing)}.")
    # InternVL3's own tokenizer has a token for videos more than the embedding has rows.
    tokens = max(tokenizer.get_vocab().values()) + 1
    if tokens > config.text_config.vocab_size:
        mllm.resize_token_embeddings(tokens, mean_resizing=False)
    return mllm, tokenizer


def load_part(kind: type, source: str, subfolder: str | None = None, **settings) -> torch.nn.Module:
    """A diffusers model from its own folder or repository, or else from `subfolder` of a pipeline's."""
    if (Path(source) / "config.json").is_file():
        subfolder = None
    try:
        return kind.from_pretrained(source, subfolder=subfolder, dtype=torch.float32, **settings)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The starting weights {source} cannot be loaded: it is no {kind.__name__}, and could not be downloaded."
        ) from error


def make_connector(
    mllm: InternVLForConditionalGeneration, caption_channels: int, num_hidden_layers: int, num_queries: int
) -> Connector:
    """A connector that begins as the LLM's last layers and final norm."""
    text, model = mllm.config.text_config, mllm.model.language_model
    connector = Connector(
        hidden_size=text.hidden_size,
        intermediate_size=text.intermediate_size,
        num_hidden_layers=num_hidden_layers,
        num_attention_heads=text.num_attention_heads,
        num_key_value_heads=text.num_key_value_heads,
        rms_norm_eps=text.rms_norm_eps,
        rope_theta=text.rope_parameters["rope_theta"],
        max_position_embeddings=text.max_position_embeddings,
        num_queries=num_queries,
        caption_channels=caption_channels,
    )
    connector.layers.load_state_dict(model.layers[-num_hidden_layers:].state_dict())
    connector.norm.load_state_dict(model.norm.state_dict())
    return connector


def copy_weights(source: torch.nn.Module, target: torch.nn.Module, name: str):
    """Copies all weights between modules of one shape."""
    try:
        target.load_state_dict(source.state_dict())
    except RuntimeError as error:
        raise ConfigError(f"The decoder of {name} is not built as UniLIP's pixel decoder.") from error
