"""The component for a picture that the visitor gives, and the reading of uploaded pictures."""

import html

import gradio as gr
from PIL import Image

from unilip.demo.engine import refusal
from unilip.images import PictureError, open_picture


class PictureInput(gr.Image):
    """A picture that the visitor gives; what cannot be used is refused in plain words."""

    is_template = True  # the browser shows a gr.Image

    def preprocess(self, payload) -> Image.Image | None:
        if payload is None:
            return None
        if payload.path is None:
            raise refusal("Please upload the picture as a file.")
        return read_picture(payload.path)


def read_picture(path: str) -> Image.Image:
    """The upright RGB picture in an uploaded file; raises gr.Error where there is none."""
    try:
        return open_picture(path)
    except PictureError as error:
        raise refusal(html.escape(str(error))) from None
