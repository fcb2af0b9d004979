"""The Reconstruct tab: a picture through the encoder and back, what that costs, and what the latents hold."""

from collections.abc import Iterator

import gradio as gr
import numpy as np
import pandas as pd
import torch
from PIL import Image, ImageChops

from unilip.demo import parts
from unilip.demo.engine import Engine, Result, refusal
from unilip.demo.picture import PictureInput
from unilip.demo.sayings import said
from unilip.evaluation import metrics

EXAMPLES = ("cat-and-dog.png", "apples.png", "bus.png", "umbrella.png")
SSIM_WINDOW = 11  # edge of its Gaussian window, in pixels
NO_SCORES = '<div class="scores empty">The scores appear here.</div>'
MAX_ROUNDS = 10
AMPLIFIED = 4  # times that the difference is brighter than it is
CELL, GAP, COLUMNS = 48, 4, 8  # pixels of a latent channel's picture and between two; channels in a row


def psnr(before: Image.Image, after: Image.Image) -> float:
    """In dB; identical pictures have no noise, and an infinite PSNR."""
    return float("inf") if np.array_equal(before, after) else metrics.psnr(before, after)


def scores(before: Image.Image, after: Image.Image) -> str:
    """PSNR and SSIM of two pictures of one size, in words."""
    noise = psnr(before, after)
    ssim = f"{metrics.ssim(before, after):.3f}" if min(before.size) >= SSIM_WINDOW else "–"
    return (
        '<dl class="scores">'
        f"<div><dt>PSNR</dt><dd>{'∞' if noise == float('inf') else f'{noise:.1f}'} <small>dB</small></dd>"
        "<p>How close the pixels are. Above 25 dB looks alike.</p></div>"
        f"<div><dt>SSIM</dt><dd>{ssim}</dd><p>How alike the structure is. 1 is identical.</p></div>"
        "</dl>"
    )


def difference(before: Image.Image, after: Image.Image) -> Image.Image:
    """The absolute difference of two pictures of one size, `AMPLIFIED` times as bright."""
    return ImageChops.difference(before.convert("RGB"), after).point(lambda value: min(255, AMPLIFIED * value))


def channels(latents: torch.Tensor) -> Image.Image:
    """Latents (channels, height, width) as a sheet of small pictures, from blue (low) over white (0) to red (high)."""
    values = (latents / latents.abs().amax(dim=(1, 2), keepdim=True).clamp(min=1e-6)).numpy()
    rows = -(-len(values) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (CELL + GAP) - GAP, rows * (CELL + GAP) - GAP), "white")
    low, high = np.float32([49, 93, 196]), np.float32([205, 49, 62])
    for number, channel in enumerate(values):
        strength = np.abs(channel)[..., None]
        color = (1 - strength) * 255 + strength * np.where(channel[..., None] < 0, low, high)
        cell = Image.fromarray(np.uint8(color)).resize((CELL, CELL), Image.Resampling.NEAREST)
        sheet.paste(cell, (number % COLUMNS * (CELL + GAP), number // COLUMNS * (CELL + GAP)))
    return sheet


def build_reconstruct_tab(engine: Engine) -> None:
    """Lays the tab out and connects it."""

    def reconstruct(picture: Image.Image | None, rounds: float = 1) -> Iterator[tuple]:
        """Encodes a picture to UniLIP's tokens and decodes them again.

        Args:
            picture: Any picture.
            rounds: How many times in a row, 1 to 10.

        Returns:
            The picture as the model saw it and as it came back from the first round, PSNR and SSIM of that as HTML, the
            amplified difference, the latent channels as a picture, the PSNR after each round, and a line on the time it
            took.
        """
        if picture is None:
            raise refusal("There is no picture yet. Please add one, or pick an example.")
        for event in engine.reconstruct(picture, parts.read_whole_number(rounds, "Rounds", 1, MAX_ROUNDS)):
            if isinstance(event, Result):
                rebuilt, latents = event.value
                before = picture.resize(rebuilt[0].size, Image.Resampling.LANCZOS)
                curve = [min(psnr(before, one), 100) for one in rebuilt]
                table = pd.DataFrame({"Round": range(1, len(curve) + 1), "PSNR": curve})
                looks = (difference(before, rebuilt[0]), channels(latents), gr.LinePlot(table, visible=len(curve) > 1))
                yield (before, rebuilt[0]), said(scores(before, rebuilt[0])), *looks, parts.done(event, "Rebuilt")
            else:
                yield *[gr.skip()] * 5, parts.progress(event, "Round")

    with gr.Row(elem_classes="columns"):
        with gr.Column(elem_classes="give"):
            picture = PictureInput(
                str(parts.EXAMPLES / EXAMPLES[0]),
                label="Your picture",
                format="png",
                height=320,
                elem_id="reconstruct-picture",
                elem_classes="frame",
            )
            rounds = gr.Slider(
                1, MAX_ROUNDS, value=1, step=1, label="Rounds", info="Rebuild the result again and again.", buttons=[]
            )
            action = parts.action("Rebuild")
        with gr.Column(elem_classes="get"):
            slider = gr.ImageSlider(
                label="Input and output",
                format="png",
                max_height=460,
                interactive=False,
                buttons=["download", "fullscreen"],
                elem_id="reconstruct-result",
                elem_classes="frame",
            )
            result = gr.HTML(NO_SCORES, label="Scores", show_label=False, padding=False)
            curve = gr.LinePlot(
                pd.DataFrame({"Round": [1], "PSNR": [0.0]}),
                x="Round",
                y="PSNR",
                label="PSNR in dB after each round",
                height=220,
                buttons=[],
                visible=False,
                elem_id="reconstruct-curve",
            )
            with gr.Accordion("Look closer", open=False, elem_classes="frame"), gr.Row():
                apart = gr.Image(
                    label=f"Difference, {AMPLIFIED} times as bright",
                    format="png",
                    interactive=False,
                    buttons=["download"],
                )
                latent_sheet = gr.Image(
                    label="The latent channels", format="png", interactive=False, buttons=["download"]
                )
        with gr.Column(elem_classes="more"):
            gr.Examples(
                [[str(parts.EXAMPLES / file)] for file in EXAMPLES],
                [picture],
                label="Try one of these",
                api_visibility="private",
            )
    parts.wire(
        reconstruct,
        action,
        inputs=[picture, rounds],
        outputs=[slider, result, apart, latent_sheet, curve],
        api_name="reconstruct",
    )
