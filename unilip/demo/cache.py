"""Pictures in gradio's cache, written whole.

gradio writes a picture that is there already once more in place, and whoever loads it just then gets half of it; so
does everybody after a crash. Here a file takes its name when it is complete.
"""

import os
import tempfile
from pathlib import Path

from gradio import processing_utils
from PIL import Image


def save_whole(img: Image.Image, cache_dir: str, name: str = "image", format: str = "webp") -> str:
    """As gradio's `save_pil_to_cache`, whose place it takes."""
    data = processing_utils.encode_pil_to_bytes(img, format)
    folder = (Path(cache_dir) / processing_utils.hash_bytes(data)).resolve()
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{name}.{format}"
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        whole = Path(fresh) / path.name
        whole.write_bytes(data)
        os.replace(whole, path)
    return str(path)


processing_utils.save_pil_to_cache = save_whole
