"""The head of the page: what this is, which model runs where, and what the embedded model knows."""

import html

from unilip.demo.preflight import size_of
from unilip.emoji.vocabulary import BACKGROUNDS, COLORS, OBJECTS, STYLES
from unilip.pipeline import UniLIPPipeline

DEVICES = {"cpu": "CPU", "cuda": "GPU", "mps": "Apple GPU"}
# Two overlapping frames: the picture that is understood and the one that is made.
MARK = (
    '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect x="2" y="2" width="20" height="20" rx="6"/>'
    '<rect x="10" y="10" width="20" height="20" rx="6"/></svg>'
)


def header(pipeline: UniLIPPipeline, name: str) -> str:
    """The title and the badge."""
    device = pipeline.device
    where = DEVICES.get(device.type, device.type)
    size = size_of(pipeline)[0]
    badge = [
        name,
        f"{size / 1e9:.1f} B parameters" if size >= 1e9 else f"{size / 1e6:.0f} M parameters",
        where,
        str(pipeline.dtype).removeprefix("torch."),
    ]
    badges = "".join(f"<li>{html.escape(part)}</li>" for part in badge)
    return (
        f'<header class="masthead">{MARK}<div><h1>UniLIP</h1>'
        "<p>One model that sees, draws, edits and rebuilds pictures.</p></div>"
        f'<ul class="badge" aria-label="Running model">{badges}</ul></header>'
    )


def knowledge() -> str:
    """What the embedded model knows, in one sentence, and every word of it folded away."""
    groups = {
        f"{len(OBJECTS)} objects": OBJECTS,
        f"{len(COLORS)} colours": COLORS,
        "Places": ("left of", "right of", "above", "below", "and"),
        "Numbers": ("one", "two", "three", "four"),
        "Backgrounds": BACKGROUNDS,
        "Styles": [style for style in STYLES if style != "normal"],
    }
    lists = "".join(
        f"<dt>{title}</dt><dd>{''.join(f'<span>{html.escape(word)}</span>' for word in words)}</dd>"
        for title, words in groups.items()
    )
    return (
        '<details class="knowledge"><summary><span><b>A small model in a small world.</b> '
        f"Its words: {len(OBJECTS)} emoji, {len(COLORS)} colours, one to four of a thing, left, right, above, below "
        "and simple backgrounds. Still in training: nine answers in ten are right, drawings follow the words but "
        "are soft, and one edit in four goes wrong yet.</span> <u>See all</u></summary>"
        f"<dl>{lists}</dl></details>"
    )
