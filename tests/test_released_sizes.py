"""The two published sizes, built without memory for weights: every released tensor's name and shape has its place.

The tables below are written from the published architecture, not from the loader."""

from pathlib import Path

import pytest

from unilip.released import INTERNVIT_300M, build_complete, build_reconstruction, find_places

VOCABULARY = 151_674
LATENT = 32
SIZES = {
    "1b": {"llm": (896, 4864, 24, 14, 2, 64), "dit": (1152, 28), "factor": 10.6},
    "3b": {"llm": (1536, 8960, 28, 12, 2, 128), "dit": (2240, 20), "factor": 9.5},
}


def linear(name: str, out: int, into: int, bias: bool = True) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, into)} | ({f"{name}.bias": (out,)} if bias else {})


def norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def conv(name: str, out: int, into: int, kernel: int, bias: bool = True) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, into, kernel, kernel)} | ({f"{name}.bias": (out,)} if bias else {})


def vision_tower() -> dict[str, tuple[int, ...]]:
    shapes = {
        "embeddings.class_embedding": (1, 1, 1024),
        "embeddings.position_embedding": (1, 1025, 1024),
        **conv("embeddings.patch_embedding", 1024, 3, 14),
    }
    for layer in (f"encoder.layers.{i}" for i in range(24)):
        shapes |= norm(f"{layer}.norm1", 1024) | norm(f"{layer}.norm2", 1024)
        shapes |= {f"{layer}.ls1": (1024,), f"{layer}.ls2": (1024,)}
        shapes |= linear(f"{layer}.attn.qkv", 3072, 1024) | linear(f"{layer}.attn.proj", 1024, 1024)
        shapes |= linear(f"{layer}.mlp.fc1", 4096, 1024) | linear(f"{layer}.mlp.fc2", 1024, 4096)
    return shapes


def multi_modal_projector(width: int) -> dict[str, tuple[int, ...]]:
    return norm("0", 4096) | linear("1", width, 4096) | linear("3", width, width)


def qwen2_layers(width, mlp, num_layers, heads, kv_heads, head_size) -> dict[str, tuple[int, ...]]:
    shapes = {"norm.weight": (width,)}
    for layer in (f"layers.{i}" for i in range(num_layers)):
        shapes |= {f"{layer}.input_layernorm.weight": (width,), f"{layer}.post_attention_layernorm.weight": (width,)}
        shapes |= linear(f"{layer}.self_attn.q_proj", heads * head_size, width)
        shapes |= linear(f"{layer}.self_attn.k_proj", kv_heads * head_size, width)
        shapes |= linear(f"{layer}.self_attn.v_proj", kv_heads * head_size, width)
        shapes |= linear(f"{layer}.self_attn.o_proj", width, heads * head_size, bias=False)
        shapes |= linear(f"{layer}.mlp.gate_proj", mlp, width, bias=False)
        shapes |= linear(f"{layer}.mlp.up_proj", mlp, width, bias=False)
        shapes |= linear(f"{layer}.mlp.down_proj", width, mlp, bias=False)
    return shapes


def sana(width: int, num_layers: int) -> dict[str, tuple[int, ...]]:
    hidden = int(2.5 * width)
    shapes = {
        "scale_shift_table": (2, width),
        "caption_norm.weight": (width,),
        **conv("patch_embed.proj", width, LATENT, 1),
        **linear("caption_projection.linear_1", width, 2304),
        **linear("caption_projection.linear_2", width, width),
        **linear("time_embed.emb.timestep_embedder.linear_1", width, 256),
        **linear("time_embed.emb.timestep_embedder.linear_2", width, width),
        **linear("time_embed.linear", 6 * width, width),
        **linear("proj_out", LATENT, width),
    }
    for block in (f"transformer_blocks.{i}" for i in range(num_layers)):
        shapes[f"{block}.scale_shift_table"] = (6, width)
        for attention, bias in (("attn1", False), ("attn2", True)):
            for projection in ("to_q", "to_k", "to_v"):
                shapes |= linear(f"{block}.{attention}.{projection}", width, width, bias)
            shapes |= linear(f"{block}.{attention}.to_out.0", width, width)
        shapes |= conv(f"{block}.ff.conv_inverted", 2 * hidden, width, 1)
        shapes |= conv(f"{block}.ff.conv_depth", 2 * hidden, 1, 3)
        shapes |= conv(f"{block}.ff.conv_point", width, hidden, 1, bias=False)
    return shapes


def pixel_decoder(width: int) -> dict[str, tuple[int, ...]]:
    shapes = {}
    for block in (f"down_blocks.{i}" for i in range(3)):
        shapes |= norm(f"{block}.mlp.0", width) | linear(f"{block}.mlp.1", width, width)
        shapes |= linear(f"{block}.mlp.3", width, width)
    shapes |= norm("down_mlp.0", width) | linear("down_mlp.1", LATENT, width) | linear("down_mlp.3", LATENT, LATENT)
    channels = (128, 256, 512, 512, 1024, 1024)
    shapes |= conv("decoder.conv_in", channels[-1], LATENT, 3) | conv("decoder.conv_out", 3, channels[0], 3)
    shapes |= norm("decoder.norm_out", channels[0])
    for level, width in enumerate(channels):
        first = 0
        if level < 5:
            shapes |= conv(f"decoder.up_blocks.{level}.0.conv", width, channels[level + 1], 3)
            first = 1
        for block in (f"decoder.up_blocks.{level}.{i}" for i in range(first, first + 3)):
            if level < 3:
                shapes |= conv(f"{block}.conv1", width, width, 3) | conv(f"{block}.conv2", width, width, 3, bias=False)
                shapes |= norm(f"{block}.norm", width)
                continue
            for projection in ("to_q", "to_k", "to_v"):
                shapes |= linear(f"{block}.attn.{projection}", width, width, bias=False)
            shapes |= linear(f"{block}.attn.to_out", width, 2 * width, bias=False) | norm(
                f"{block}.attn.norm_out", width
            )
            shapes |= conv(f"{block}.attn.to_qkv_multiscale.0.proj_in", 3 * width, 1, 5, bias=False)
            shapes |= conv(f"{block}.attn.to_qkv_multiscale.0.proj_out", 3 * width, 32, 1, bias=False)
            shapes |= conv(f"{block}.conv_out.conv_inverted", 8 * width, width, 1)
            shapes |= conv(f"{block}.conv_out.conv_depth", 8 * width, 1, 3)
            shapes |= conv(f"{block}.conv_out.conv_point", width, 4 * width, 1, bias=False)
            shapes |= norm(f"{block}.conv_out.norm", width)
    return shapes


def prefixed(prefix: str, shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {prefix + name: shape for name, shape in shapes.items()}


def released_shapes(size: str) -> dict[str, tuple[int, ...]]:
    width, mlp, num_layers, *heads = SIZES[size]["llm"]
    return {
        "lm_head.weight": (VOCABULARY, width),
        "model.language_model.embed_tokens.weight": (VOCABULARY, width),
        "model.latent_queries": (1, 256, width),
        **linear("model.projector", 2304, width),
        **prefixed("model.vision_tower.", vision_tower()),
        **prefixed("model.multi_modal_projector.", multi_modal_projector(width)),
        **prefixed("model.language_model.", qwen2_layers(width, mlp, num_layers, *heads)),
        **prefixed("model.llm_connector.", qwen2_layers(width, mlp, 6, *heads)),
        **prefixed("model.dit.", sana(*SIZES[size]["dit"])),
        **prefixed("model.vae_decoder.", pixel_decoder(width)),
    }


def released_config(size: str) -> dict:
    width, mlp, num_layers, heads, kv_heads, _ = SIZES[size]["llm"]
    text_config = {
        "hidden_size": width,
        "intermediate_size": mlp,
        "num_hidden_layers": num_layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0,
        "max_position_embeddings": 32768,
        "tie_word_embeddings": False,
    }
    return {
        "vision_config": INTERNVIT_300M,
        "text_config": text_config,
        "image_token_id": 151667,
        "n_query": 256,
        "connect_layer": 6,
        "unilip_factor": SIZES[size]["factor"],
        "dit_path": "/somebodys/folder/Sana",
        "tie_word_embeddings": True,
    }


@pytest.mark.parametrize("size", SIZES)
def test_every_tensor_of_a_published_size_has_its_place(size):
    shapes = released_shapes(size)
    modules, scheduler = build_complete(released_config(size), shapes, Path("nowhere"))
    places = find_places(modules, reconstruction_only=False)
    assert {name: targets[0].shape for name, targets in places.items()} == shapes
    assert all(parameter.is_meta for module in modules.values() for parameter in module.parameters())
    taken = sum(len(targets) for targets in places.values())
    assert taken == sum(len(list(module.parameters())) for module in modules.values())

    assert modules["transformer"].patch_embed.pos_embed is not None
    assert modules["mllm"].config.text_config.rope_parameters["rope_theta"] == 1000000.0
    assert modules["connector"].config.rope_theta == 1000000.0
    assert modules["decoder"].config.scaling_factor == SIZES[size]["factor"]
    assert modules["decoder"].config.attention_head_dim == 32
    assert scheduler.config.flow_shift == 3.0 and scheduler.config.prediction_type == "flow_prediction"


@pytest.mark.parametrize("size", SIZES)
def test_every_tensor_of_a_published_reconstruction_file_has_its_place(size):
    width = SIZES[size]["llm"][0]
    shapes = {
        **prefixed("encoder.", vision_tower()),
        **prefixed("mlp1.", multi_modal_projector(width)),
        **pixel_decoder(width),
    }
    modules = build_reconstruction({}, shapes, Path("nowhere"))
    places = find_places(modules, reconstruction_only=True)
    assert {name: targets[0].shape for name, targets in places.items()} == shapes
    assert modules["decoder"].config.scaling_factor == SIZES[size]["factor"]


def test_the_published_sizes_are_as_large_as_they_are_called():
    def millions(shapes) -> int:
        total = 0
        for shape in shapes.values():
            count = 1
            for length in shape:
                count *= length
            total += count
        return total // 1_000_000

    assert 590 <= millions(sana(*SIZES["1b"]["dit"])) <= 610
    assert 1590 <= millions(sana(*SIZES["3b"]["dit"])) <= 1620
    assert 300 <= millions(vision_tower()) <= 306
