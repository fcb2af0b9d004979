"""What an edit changed: the heat map with the region that the instruction concerns, and the words on both."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import gradio as gr
from PIL import Image, ImageDraw

from unilip.demo import parts, retouch
from unilip.demo.engine import Engine, Result, Waiting
from unilip.demo.sayings import said
from unilip.emoji.concerns import Seen, concern
from unilip.emoji.vocabulary import CANVAS
from unilip.evaluation.judge import Judge

NO_CHANGE = '<p class="note">Before, after, and in warm colours what the edit changed.</p>'
# InternVL's words for being asked for a place, without the <ref> tags around the phrase: tags are not text, and a
# visitor's are never read as such. Its boxes come as [[left, top, right, bottom]] in thousandths.
QUESTION = "Please provide the bounding box coordinate of the region this sentence describes: {}"
THOUSANDTHS = re.compile(r"\[\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*\]")
THING = re.compile(
    r"\b(?:the|this|that|these|those|his|her|its|their|my)\s+(.+?)"
    r"(?=\s+(?:to|into|with|by|from|in|on|at|and|for|so|more|less|than|an?)\b|[.,;:!?]|$)",
    re.IGNORECASE,
)
WHOLE_PICTURE = re.compile(r"(picture|image|photo|scene|style|whole|background)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Region:
    """The region that an instruction concerns as an "L" mask, and a sentence on how it was found; the mask is None
    where there is no such region, and the sentence says why."""

    sentence: str
    mask: Image.Image | None = None


def region_seen(instruction: str, before: Image.Image, after: Image.Image) -> Region:
    """The region by the small detector of the embedded model's world, in pictures of one size."""
    found = concern(instruction, *map(_seen, _judge().judge([before, after])))
    if found.whole:
        return Region("The instruction concerns the whole picture, so nothing had to stay as it was.")
    if not found.boxes:
        return Region(f"Which part the instruction concerns is not known: {found.words}.")
    return Region(
        f"The outline is around {found.words}: where a small detector, not the model itself, found it before and "
        "after, or where the instruction wants it.",
        _mask(after.size, [tuple(edge / CANVAS for edge in box) for box in found.boxes]),
    )


def region_told(thing: str, answer: str, size: tuple[int, int]) -> Region:
    """The region by a model's answer to `QUESTION`."""
    corners = [tuple(int(edge) / 1000 for edge in found) for found in THOUSANDTHS.findall(answer)]
    boxes = [box for box in corners if box[0] < box[2] <= 1 and box[1] < box[3] <= 1]
    if not boxes:
        return Region(f"Which part the instruction concerns is not known: the model gave no place for “{thing}”.")
    return Region(
        f"The outline is where the model, asked for “{thing}”, says that it was before. It may be wrong.",
        _mask(size, boxes),
    )


def thing_named(instruction: str) -> str | None:
    """The thing that an instruction in any words wants changed; None where it names none, or the whole picture."""
    found = THING.search(instruction)
    return None if found is None or WHOLE_PICTURE.match(found[1]) else f"the {found[1]}"


@cache
def _judge() -> Judge:
    return Judge.load()


def _seen(judgement) -> list[Seen]:
    return [Seen(one.name, frozenset({one.color, one.named_color}), one.box) for one in judgement.detections]


def _mask(size: tuple[int, int], boxes: list[tuple[float, ...]]) -> Image.Image:
    """Boxes in parts of the edges as a mask."""
    mask = Image.new("L", size)
    for left, top, right, bottom in boxes:
        box = (left * size[0], top * size[1], right * size[0] - 1, bottom * size[1] - 1)
        ImageDraw.Draw(mask).rectangle(box, fill=255)
    return mask


def told(before: Image.Image, after: Image.Image, region: Region) -> str:
    """How much changed, and how much of it outside the region, as HTML."""
    words = f"{retouch.changed_share(before, after):.0%} of the picture changed noticeably"
    if region.mask is not None:
        words += f"; outside the outline, {retouch.changed_share(before, after, region.mask):.0%}"
    sentences = f"{said(f'{words}.')} {said(region.sentence)}".strip()
    return f'<p class="note">{html.escape(sentences, quote=False)}</p>'


class Changed:
    """The fold with the heat map, and what fills it."""

    def __init__(self, engine: Engine, embedded: bool):
        self.engine, self.embedded = engine, embedded
        with gr.Accordion("What changed", open=False, elem_classes="frame"):
            self.heat = gr.Gallery(
                label="Before, after, and what changed",
                show_label=False,
                format="png",
                columns=3,
                height="auto",
                object_fit="contain",
                buttons=["download", "fullscreen"],
                interactive=False,
                elem_id="edit-heat",
            )
            self.words = gr.HTML(NO_CHANGE, label="Change", show_label=False, padding=False)
            self.ask = gr.Button(
                "Outline what was asked for", size="sm", visible=not embedded, interactive=False, elem_classes="quiet"
            )

    @property
    def outputs(self) -> list[gr.components.Component]:
        return [self.heat, self.words, self.ask]

    def empty(self) -> tuple:
        return None, said(NO_CHANGE), gr.Button(interactive=False)

    def look(self, before: Image.Image, after: Image.Image, instruction: str) -> tuple:
        """Fills the fold; the region is found at once where that takes no time of the model."""
        region = region_seen(instruction, before, after) if self.embedded else None
        return *self._shown(before, after, region or Region("")), gr.Button(interactive=True)

    def look_closer(self, before: Image.Image, after: Image.Image, instruction: str) -> Iterator[tuple]:
        """Fills the fold, the region as the model itself tells it."""
        thing = thing_named(instruction)
        if thing is None:
            region = Region("Which part the instruction concerns is not known: it names no single thing.")
            yield *self._shown(before, after, region), gr.skip()
            return
        question = [{"type": "image", "image": before}, {"type": "text", "text": QUESTION.format(thing)}]
        for event in self.engine.answer([{"role": "user", "content": question}]):
            match event:
                case Result(value=answer):
                    region = region_told(thing, answer, after.size)
                    yield *self._shown(before, after, region), gr.skip()
                case Waiting():
                    yield gr.skip(), parts.progress(event), gr.skip()
                case _:  # to be stopped at
                    yield [gr.skip()] * 3

    def _shown(self, before: Image.Image, after: Image.Image, region: Region) -> tuple:
        heat = retouch.heat_map(before, after)
        if region.mask is not None:
            heat = retouch.outlined(heat, region.mask)
        return [(before, said("Before")), (after, said("After")), (heat, said("Change"))], told(before, after, region)
