"""The results of a visit: small copies with their records, kept in the visitor's own browser."""

import base64
import io

import gradio as gr
from PIL import Image

from unilip.demo import parts
from unilip.demo.create import CreateTab
from unilip.demo.edit import EditTab
from unilip.demo.sayings import said
from unilip.lineage import KEY, read_record

MOST_RESULTS, EDGE = 40, 192  # browsers keep about five megabytes for a page; a copy takes some ten kilobytes
EMPTY = "What you draw and edit is kept here, in this browser alone."


def pack(picture: Image.Image) -> dict[str, str]:
    """A small copy of a picture as text, with its record."""
    small, file = picture.convert("RGB"), io.BytesIO()
    small.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    small.save(file, "WEBP", quality=85)
    return {"picture": base64.b64encode(file.getvalue()).decode(), "record": picture.info.get(KEY, "")}


def unpack(entry: dict[str, str]) -> Image.Image:
    """The small copy, with its record."""
    picture = Image.open(io.BytesIO(base64.b64decode(entry["picture"]))).convert("RGB")
    picture.info = {KEY: entry["record"]}
    return picture


def add(kept: list[dict], pictures: list[Image.Image]) -> list[dict]:
    """The results with these before them, those already there left out, the oldest forgotten."""
    known = {entry["record"] for entry in kept}
    fresh = [entry for entry in map(pack, pictures) if entry["record"] and entry["record"] not in known]
    return [*reversed(fresh), *kept][:MOST_RESULTS]


def title(picture: Image.Image) -> str:
    record = read_record(picture)
    return "" if record is None else f"{record.prompt} (seed {record.seed})"


def build_visit(create: CreateTab, edit: EditTab) -> gr.Gallery:
    """Lays the results out below the tabs, and adds to them whatever the tabs make.

    Returns:
        The gallery, whose pictures carry their records.
    """
    # The secret only has to stay the same, so that what a browser kept can be read after a restart.
    kept = gr.BrowserState([], storage_key="unilip-results", secret="unilip")
    with gr.Accordion("Your results", open=False, elem_classes="frame"):
        note = gr.HTML(f'<p class="note">{EMPTY}</p>', label="Note", show_label=False, padding=False)
        gallery = parts.thumbnails("Your results, the latest first", "visit")
        clear = gr.Button("Forget all", size="sm", interactive=False, elem_classes="quiet")

    def show(kept: list[dict]):
        try:
            pictures = [unpack(entry) for entry in kept]
        except (KeyError, TypeError, ValueError, OSError):  # another page's or an older version's
            pictures = []
        text = "Select one to get its words, seed and settings back." if pictures else EMPTY
        found = [(picture, title(picture)) for picture in pictures]
        return found, f'<p class="note">{said(text)}</p>', gr.Button(interactive=bool(pictures))

    def add_drawn(kept: list[dict], pictures: list[tuple[str, str]] | None):
        return add(kept or [], [Image.open(path) for path, _ in pictures or []])

    def add_edited(kept: list[dict], pair: tuple[str, str] | None):
        return add(kept or [], [Image.open(pair[1])] if pair and pair[1] else [])

    # Without triggers: when the page opens, and when the results change.
    gr.on(None, show, kept, [gallery, note, clear], **parts.PRIVATE)
    create.gallery.change(add_drawn, [kept, create.gallery], kept, **parts.PRIVATE)
    edit.slider.change(add_edited, [kept, edit.slider], kept, **parts.PRIVATE)
    clear.click(lambda: [], None, kept, **parts.PRIVATE)
    return gallery
