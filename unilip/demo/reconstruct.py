"""The Reconstruct tab: a picture through the encoder and back, with PSNR and SSIM."""

from collections.abc import Iterator

import gradio as gr
import numpy as np
from PIL import Image

from unilip.demo import parts
from unilip.demo.engine import Engine, Result, refusal
from unilip.demo.picture import PictureInput
from unilip.evaluation import metrics

EXAMPLES = ("cat-and-dog.png", "apples.png", "bus.png", "umbrella.png")
SSIM_WINDOW = 11  # edge of its Gaussian window, in pixels
NO_SCORES = '<div class="scores empty">The scores appear here.</div>'


def scores(before: Image.Image, after: Image.Image) -> str:
    """PSNR and SSIM of two pictures of one size, in words."""
    # Identical pictures have no noise, and an infinite PSNR.
    psnr = "∞" if np.array_equal(before, after) else f"{metrics.psnr(before, after):.1f}"
    ssim = f"{metrics.ssim(before, after):.3f}" if min(before.size) >= SSIM_WINDOW else "–"
    return (
        '<dl class="scores">'
        f"<div><dt>PSNR</dt><dd>{psnr} <small>dB</small></dd>"
        "<p>How close the pixels are. Above 25 dB looks alike.</p></div>"
        f"<div><dt>SSIM</dt><dd>{ssim}</dd><p>How alike the structure is. 1 is identical.</p></div>"
        "</dl>"
    )


def build_reconstruct_tab(engine: Engine) -> None:
    """Lays the tab out and connects it."""

    def reconstruct(picture: Image.Image | None) -> Iterator[tuple]:
        """Encodes a picture to UniLIP's tokens and decodes them again.

        Args:
            picture: Any picture.

        Returns:
            The picture as the model saw it and as it came back, PSNR and SSIM as HTML, and a line on the time it took.
        """
        if picture is None:
            raise refusal("There is no picture yet. Please add one, or pick an example.")
        for event in engine.reconstruct(picture):
            if isinstance(event, Result):
                after = event.value
                before = picture.resize(after.size, Image.Resampling.LANCZOS)
                yield (before, after), scores(before, after), parts.done(event, "Rebuilt")
            else:
                yield gr.skip(), gr.skip(), parts.progress(event)

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
        with gr.Column(elem_classes="more"):
            gr.Examples(
                [[str(parts.EXAMPLES / file)] for file in EXAMPLES],
                [picture],
                label="Try one of these",
                api_visibility="private",
            )
    parts.wire(reconstruct, action, inputs=[picture], outputs=[slider, result], api_name="reconstruct")
