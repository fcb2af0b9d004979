"""The components for a picture that the visitor gives and for what is painted over it, and the reading of uploads."""

import html
import io

import gradio as gr
import numpy as np
from gradio.components.image_editor import EditorData
from PIL import Image

from unilip.demo.engine import refusal
from unilip.images import PictureError, check_size, open_picture, read_header

MOST_LAYERS = 8


class PictureInput(gr.Image):
    """A picture that the visitor gives; what cannot be used is refused in plain words."""

    is_template = True  # the browser shows a gr.Image

    def preprocess(self, payload) -> Image.Image | None:
        if payload is None:
            return None
        if payload.path is None:
            raise refusal("Please upload the picture as a file.")
        return read_picture(payload.path)


class MaskInput(gr.ImageEditor):
    """What the visitor paints over a picture, as a mask: an "L" picture, white where something is painted, or None."""

    is_template = True  # the browser shows a gr.ImageEditor

    def preprocess(self, payload: EditorData | None) -> Image.Image | None:
        # Gradio would decode all that is sent, of whatever size; only the layers count here.
        if payload is not None and payload.id is not None:
            payload = self.blob_storage.pop(payload.id, None)  # sent by the page beforehand, piece by piece
        layers = [one for one in (payload.layers if payload else None) or () if one is not None]
        if len(layers) > MOST_LAYERS:
            raise refusal(f"The mask has {len(layers)} layers; at most {MOST_LAYERS} can be used.")
        painted = [read_alpha(io.BytesIO(one) if isinstance(one, bytes) else one.path) for one in layers]
        if not any(one.getbbox() for one in painted):
            return None
        size = painted[0].size
        covered = [np.asarray(one.resize(size, Image.Resampling.NEAREST)) > 0 for one in painted]
        return Image.fromarray(np.uint8(np.any(covered, axis=0)) * 255)


def read_alpha(source: str | io.BytesIO) -> Image.Image:
    """How opaque an uploaded picture is, "L"; raises gr.Error where there is none."""
    try:
        picture = read_header(source)
        check_size(picture)
        return picture.convert("RGBA").getchannel("A")
    except PictureError as error:
        raise refusal(html.escape(str(error))) from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise refusal("The picture is damaged or incomplete and cannot be read.") from None


def read_picture(path: str) -> Image.Image:
    """The upright RGB picture in an uploaded file; raises gr.Error where there is none."""
    try:
        return open_picture(path)
    except PictureError as error:
        raise refusal(html.escape(str(error))) from None
