"""Measures the judge itself on labelled scenes: no score counts before these numbers are known."""

from collections.abc import Callable, Sequence

from PIL import Image, ImageFilter

from ..emoji.scenes import Scene, boxes, color_of, render
from .judge import COLOR_STYLES, NATURAL, Detection, Judge, overlap

BLUR_RADIUS = 2.0  # pixels of the canvas; brings fresh scenes to about the model's reconstruction quality


def blur(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(BLUR_RADIUS))


def match(scene: Scene, detections: Sequence[Detection]) -> list[Detection | None]:
    """For each thing of a scene the detection that covers it best (intersection over union 0.4 or more, none used
    twice), or None."""
    free = list(detections)
    matched: list[Detection | None] = []
    for box in boxes(scene):
        best = max(free, key=lambda detection: overlap(box, detection.box), default=None)
        if best is not None and overlap(box, best.box) >= 0.4:
            free.remove(best)
            matched.append(best)
        else:
            matched.append(None)
    return matched


def measure(
    judge: Judge, scenes: Sequence[Scene], alter: Callable[[Image.Image], Image.Image] | None = None
) -> dict[str, float]:
    """Shares of right answers on labelled scenes: "class" over things, "color" over the things found in scenes whose
    style shows colours, "count" (as many detections as things), "scene" (each class exactly as often as it is there),
    "background" and "style" over scenes. `alter` changes each picture first."""
    right: dict[str, list[bool]] = {kind: [] for kind in ("class", "color", "count", "scene", "background", "style")}
    for start in range(0, len(scenes), 32):
        part = scenes[start : start + 32]
        images = [render(scene) for scene in part]
        judgements = judge.judge([alter(image) for image in images] if alter else images)
        for scene, judgement in zip(part, judgements, strict=True):
            for thing, found in zip(scene.things, match(scene, judgement.detections), strict=True):
                right["class"].append(found is not None and found.name == thing.name)
                if found is not None and scene.style in COLOR_STYLES:
                    color = color_of(thing) or NATURAL
                    right["color"].append(color in (found.color, found.named_color if color != NATURAL else None))
            names = sorted(thing.name for thing in scene.things)
            right["count"].append(len(names) == len(judgement.detections))
            right["scene"].append(names == sorted(found.name for found in judgement.detections))
            right["background"].append(judgement.background == scene.background)
            right["style"].append(judgement.style == scene.style)
    return {kind: sum(values) / max(1, len(values)) for kind, values in right.items()}
