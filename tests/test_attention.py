"""Cross-attention to a condition: as diffusers computes it, with the condition projected once a picture."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.transformers.sana_transformer import SanaAttnProcessor2_0
from PIL import Image

from tests.tiny import make_tiny_pipeline
from unilip.models.attention import ConditionAttention, same_condition


def make_attention(qk_norm: str | None) -> Attention:
    torch.manual_seed(0)
    return Attention(
        query_dim=24, cross_attention_dim=20, kv_heads=3, heads=3, dim_head=8, bias=True, qk_norm=qk_norm
    ).eval()  # fmt: skip


@pytest.mark.parametrize("qk_norm", [None, "rms_norm_across_heads"])
@pytest.mark.parametrize("masked", [False, True])
def test_it_computes_what_sana_computes(qk_norm, masked):
    attention = make_attention(qk_norm)
    states, condition = torch.randn(2, 6, 24), torch.randn(2, 5, 20)
    bias = torch.tensor([[0.0, 0, 0, 0, 0], [0, 0, 0, -10000, -10000]])[:, None] if masked else None
    wanted = SanaAttnProcessor2_0()(attention, states, condition, bias)
    assert torch.allclose(ConditionAttention()(attention, states, condition, bias), wanted, atol=1e-6)
    with same_condition():
        for _ in range(2):
            assert torch.allclose(ConditionAttention()(attention, states, condition, bias), wanted, atol=1e-6)


def test_outside_of_a_run_each_call_has_its_own_condition():
    attention, states = make_attention(None), torch.randn(1, 6, 24)
    with same_condition():
        ConditionAttention()(attention, states, torch.randn(1, 5, 20))
    first, second = (ConditionAttention()(attention, states, torch.randn(1, 5, 20)) for _ in range(2))
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("edit", [False, True])
def test_a_picture_projects_its_condition_once_and_is_the_same(edit):
    pipe = make_tiny_pipeline()
    image = Image.new("RGB", (256, 256), "red") if edit else None
    calls = []
    for block in pipe.transformer.transformer_blocks:
        block.attn2.to_k.register_forward_hook(lambda *_: calls.append(1))

    def draw():
        calls.clear()
        generator = torch.Generator().manual_seed(1)
        return pipe("a cat", image, num_inference_steps=3, generator=generator, output_type="latent").images

    once = draw()
    assert len(calls) == len(pipe.transformer.transformer_blocks)
    for block in pipe.transformer.transformer_blocks:
        block.attn2.set_processor(SanaAttnProcessor2_0())
    assert torch.allclose(draw(), once, atol=1e-5)
    assert len(calls) == 3 * len(pipe.transformer.transformer_blocks)


def test_several_pictures_of_a_prompt_share_its_projection_and_are_the_same():
    pipe, rows = make_tiny_pipeline(), []
    for block in pipe.transformer.transformer_blocks:
        block.attn2.to_k.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))

    def draw():
        generators = [torch.Generator().manual_seed(seed) for seed in range(6)]
        settings = {"num_inference_steps": 2, "num_images_per_prompt": 3, "output_type": "latent"}
        return pipe(["a cat", "two blue dogs"], guidance_scale=3, generator=generators, **settings).images

    shared = draw()
    assert set(rows) == {4}  # two prompts, guided
    for block in pipe.transformer.transformer_blocks:
        block.attn2.set_processor(SanaAttnProcessor2_0())
    assert torch.allclose(draw(), shared, atol=1e-5)
    assert max(rows) == 12


def test_runs_side_by_side_keep_their_own_conditions():
    pipe = make_tiny_pipeline()

    def draw(prompt: str) -> torch.Tensor:
        generator = torch.Generator().manual_seed(1)
        return pipe(prompt, num_inference_steps=8, generator=generator, output_type="latent").images

    prompts = ["a red cat", "a blue dog and an apple", "dog"]
    alone = [draw(prompt) for prompt in prompts]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(draw, prompts))
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(alone, together, strict=True))
    assert not torch.allclose(alone[0], alone[1], atol=1e-3)
