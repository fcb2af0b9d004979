"""GenEval (Ghosh et al. 2023) over the emoji world: its prompts, its folder layout and its rules, with the project's
judge as the detector."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..pipeline import UniLIPPipeline
from .judge import Detection, Judge
from .processes import is_first, own_share, wait_for_all
from .records import EvaluationError, Records, in_batches, make_generator, save_picture, share, summary
from .sheets import contact_sheet

POSITION_THRESHOLD = 0.1  # share of both boxes' sizes that an offset must exceed to count
ON_SHEET = 32


def read_prompts(path: Path) -> list[dict[str, Any]]:
    """The prompts of a GenEval metadata file: one JSON object a line with tag, include, prompt and, if any, exclude.

    Raises EvaluationError if the file is missing or a line is not such an object.
    """
    if not path.is_file():
        raise EvaluationError(f"There is no prompts file {path}.")
    prompts = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            metadata = json.loads(line)
            metadata["tag"], metadata["prompt"], metadata["include"][0]["class"], metadata["include"][0]["count"]
        except (json.JSONDecodeError, KeyError, IndexError, TypeError):
            raise EvaluationError(f"Line {number} of {path} is not a GenEval prompt.") from None
        prompts.append(metadata)
    return prompts


def positions(box: Sequence[float], reference: Sequence[float]) -> set[str]:
    """How `box` lies to `reference` (both left, top, right, bottom): of "left of", "right of", "above", "below" those
    that GenEval counts, none where the boxes' centres are too close."""
    centers = [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in (box, reference)]
    sizes = [(b[2] - b[0], b[3] - b[1]) for b in (box, reference)]
    offset = np.subtract(centers[0], centers[1])
    beyond = np.maximum(np.abs(offset) - POSITION_THRESHOLD * np.add(sizes[0], sizes[1]), 0) * np.sign(offset)
    if np.all(np.abs(beyond) < 1e-3):
        return set()
    x, y = beyond / np.linalg.norm(offset)
    found = {"left of": x < -0.5, "right of": x > 0.5, "above": y < -0.5, "below": y > 0.5}
    return {relation for relation, holds in found.items() if holds}


def check(metadata: dict[str, Any], detections: Sequence[Detection]) -> tuple[bool, str]:
    """Whether a picture meets a prompt by GenEval's rules, and if not, why.

    Each `include` needs `count` objects of its class; of more, the surest `count` are looked at, and only an
    `exclude` forbids them. With a colour all of these must have it; with a position each must stand so to every object
    of the `include` that it refers to. An `exclude` fails the picture when its class is there `count` times or more.
    """
    reasons: list[str] = []
    groups: list[list[Detection] | None] = []
    for wanted in metadata["include"]:
        name, count = wanted["class"], wanted["count"]
        found = [detection for detection in detections if detection.name == name][:count]
        right = len(found) == count
        if not right:
            reasons.append(f"expected {name} x{count}, found {len(found)}")
        elif "color" in wanted and any(detection.named_color != wanted["color"] for detection in found):
            right = False
            colors = ", ".join(detection.named_color for detection in found)
            reasons.append(f"expected {wanted['color']} {name}, found {colors}")
        if right and "position" in wanted:
            relation, index = wanted["position"]
            others = groups[index]
            if others is None:
                right = False
                reasons.append(f"nothing for {name} to be {relation}")
            elif any(relation not in positions(each.box, other.box) for each in found for other in others):
                right = False
                reasons.append(f"expected {name} {relation} the other")
        groups.append(found if right else None)
    for unwanted in metadata.get("exclude", ()):
        there = sum(detection.name == unwanted["class"] for detection in detections)
        if there >= unwanted["count"]:
            reasons.append(f"expected {unwanted['class']} fewer than {unwanted['count']}, found {there}")
    return not reasons, "; ".join(reasons)


def picture_path(out: Path, prompt: int, sample: int) -> Path:
    return out / f"{prompt:05d}" / "samples" / f"{sample:04d}.png"


def draw(
    pipe: UniLIPPipeline, prompts: Sequence[dict[str, Any]], out: Path, samples: int, steps: int, guidance: float,
    seed: int, batch_size: int,
) -> None:  # fmt: skip
    """Draws what is not there yet, in the layout that GenEval's own scorer reads."""
    for index, metadata in enumerate(prompts if is_first() else []):
        folder = out / f"{index:05d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metadata.jsonl").write_text(json.dumps(metadata) + "\n", encoding="utf-8")
    mine = own_share([(index, sample) for index in range(len(prompts)) for sample in range(samples)])
    waiting = [one for one in mine if not picture_path(out, *one).is_file()]
    with tqdm(total=len(waiting), desc="geneval", disable=not is_first()) as bar:
        for batch in in_batches(waiting, batch_size):
            images = pipe(
                [prompts[index]["prompt"] for index, _ in batch],
                num_inference_steps=steps,
                guidance_scale=guidance,
                generator=[make_generator(seed, index, sample) for index, sample in batch],
            ).images
            for (index, sample), image in zip(batch, images, strict=True):
                save_picture(image, picture_path(out, index, sample))
            bar.update(len(batch))
    wait_for_all()


def evaluate_geneval(
    pipe: UniLIPPipeline, out: Path, prompts_path: Path, samples: int = 4, steps: int | None = None,
    guidance: float | None = None, seed: int = 42, batch_size: int = 8, limit: int | None = None,
    sheet: Path | None = None, judge: Judge | None = None, settings: dict | None = None,
) -> dict[str, float]:  # fmt: skip
    """Draws `samples` pictures for each prompt and scores them: the share of right pictures by tag, and "overall", the
    mean over the tags. `limit` takes that many prompts, spread evenly over the file. Writes `results.jsonl` with
    GenEval's fields (filename, tag, prompt, correct, reason, metadata)."""
    prompts = read_prompts(prompts_path)
    if limit is not None and limit < len(prompts):
        prompts = [prompts[index] for index in np.linspace(0, len(prompts) - 1, limit).round().astype(int)]
    steps, guidance = pipe.choose_sampling(steps, guidance)
    kept = {"seed": seed, "steps": steps, "guidance": guidance, "prompts": summary(prompts), **(settings or {})}
    Records(out, kept)
    draw(pipe, prompts, out, samples, steps, guidance, seed, batch_size)
    if not is_first():
        return {}

    judge = judge or Judge.load()
    results: list[dict[str, Any]] = []
    rows: list[list[tuple[Image.Image, str]]] = []
    shown = {int(index) for index in np.linspace(0, len(prompts) - 1, min(ON_SHEET, len(prompts))).round()}
    for index, metadata in enumerate(prompts):
        paths = [picture_path(out, index, sample) for sample in range(samples)]
        images = [Image.open(path).convert("RGB") for path in paths]
        for path, judgement in zip(paths, judge.judge(images), strict=True):
            correct, reason = check(metadata, judgement.detections)
            results.append(
                {
                    "filename": path.relative_to(out).as_posix(), "tag": metadata["tag"], "prompt": metadata["prompt"],
                    "correct": correct, "reason": reason, "metadata": json.dumps(metadata),
                }
            )  # fmt: skip
        if index in shown:
            captions = [f"{'yes' if r['correct'] else 'no'}: {r['prompt']}" for r in results[-samples:]]
            rows.append(list(zip(images, captions, strict=True)))
    (out / "results.jsonl").write_text("".join(json.dumps(result) + "\n" for result in results), encoding="utf-8")
    if sheet is not None:
        pairs = [left + right for left, right in zip(rows[::2], [*rows[1::2], []], strict=False)]
        contact_sheet(sheet, pairs)
    tags = list(dict.fromkeys(metadata["tag"] for metadata in prompts))
    scores = {tag: share(result["correct"] for result in results if result["tag"] == tag) for tag in tags}
    return {**scores, "overall": float(np.mean(list(scores.values())))}
