"""How long the embedded model takes for a picture and for an edit, beside diffusers' own cross-attention, which
projects the condition anew at each step. Run it as `python -m scripts.measure_sampling`."""

import time
from collections.abc import Callable
from typing import Annotated

import torch
import typer
from diffusers.models.transformers.sana_transformer import SanaAttnProcessor2_0
from PIL import Image

from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.models.attention import ConditionAttention
from unilip.pipeline import UniLIPPipeline


def seconds(pipe: UniLIPPipeline, run: Callable[[], object], repeats: int) -> tuple[float, float]:
    """The quickest run with our cross-attention, and with diffusers', in turns, after one of each to warm up."""
    quickest = {ConditionAttention: float("inf"), SanaAttnProcessor2_0: float("inf")}
    for turn in range(repeats + 1):
        for processor in quickest:
            for block in pipe.transformer.transformer_blocks:
                block.attn2.set_processor(processor())
            begin = time.perf_counter()
            run()
            if turn:
                quickest[processor] = min(quickest[processor], time.perf_counter() - begin)
    return tuple(quickest.values())


def main(
    model: Annotated[str, typer.Option(help="A folder or hub id.")] = str(EMBEDDED),
    repeats: Annotated[int, typer.Option(min=1)] = 5,
    steps: Annotated[int | None, typer.Option(min=1, help="Guided steps; the model's own if none are named.")] = None,
):
    """Prints seconds for one picture and their ratio."""
    pipe = load_pipeline(model)
    pipe.set_progress_bar_config(disable=True)

    def draw(image: Image.Image | None = None) -> Image.Image:
        prompt = "a red cat and a blue dog" if image is None else "make the cat green"
        return pipe(prompt, image, num_inference_steps=steps, generator=torch.Generator().manual_seed(0)).images[0]

    picture = draw()
    for name, run in (("a picture", draw), ("an edit", lambda: draw(picture))):
        ours, theirs = seconds(pipe, run, repeats)
        typer.echo(
            f"{name}: {ours:.2f} s, with diffusers' cross-attention {theirs:.2f} s: {ours / theirs:.2f} times as long"
        )


if __name__ == "__main__":
    typer.run(main)
