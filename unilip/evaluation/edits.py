"""Edits of the nine ImgEdit kinds on fresh scenes: right by the judge's eye, and true to what was not to change."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..emoji.edits import KINDS, Edit, random_edit, region
from ..emoji.scenes import CANVAS, Scene, Thing, box, color_of, put_in, relations, render
from ..emoji.wording import mentions
from ..pipeline import UniLIPPipeline
from .geneval import positions
from .judge import COLOR_STYLES, NATURAL, Detection, Judge, Judgement, overlap
from .metrics import psnr
from .processes import is_first, own_share, wait_for_all
from .records import Records, fresh_rng, in_batches, make_generator, save_picture, share, summary
from .sheets import contact_sheet

STAYS = 0.4  # intersection over union with its old place from which a thing counts as not moved
NEAR = CANVAS / 3  # between a thing's place and the one in the target scene, pixels
PLACE = re.compile(r"\b(left|right|top|bottom|above|below|under|underneath|beneath|over|upper|lower)\b", re.IGNORECASE)
JOINT = re.compile(r",? (?:and then|and also|then|and) ", re.IGNORECASE)  # of two instructions in one
ANY_ONE = re.compile(r"\bone\b(?! more)", re.IGNORECASE)
KEPT_AT_LEAST = 0.01  # share of a picture that must be unchanged for its PSNR to mean something
ON_SHEET = 5  # edits of each kind


def accepted_targets(edit: Edit) -> list[Scene]:
    """The scenes that an instruction allows: the target, and for "remove one of the cats" each other cat's removal."""
    source, target = edit.source, edit.target
    lost = Counter(thing.name for thing in source.things) - Counter(thing.name for thing in target.things)
    gone = [thing for thing in source.things if thing.name in lost and thing not in target.things]
    if edit.kind not in ("remove", "compose") or len(gone) != 1 or not ANY_ONE.search(clause_about(edit, gone[0])):
        return [target]
    instead = [thing for thing in target.things if thing.name in lost and thing in source.things]
    return [target] + [
        replace(target, things=tuple(gone[0] if other is thing else other for other in target.things))
        for thing in instead
    ]


def clause_about(edit: Edit, thing: Thing) -> str:
    """The part of a composed instruction that names a thing, else the whole instruction."""
    clauses = JOINT.split(edit.instruction) if edit.kind == "compose" else []
    return next(
        (clause for clause in clauses if any(mention.name == thing.name for mention in mentions(clause))),
        edit.instruction,
    )


def distance(detection: Detection, thing: Thing) -> float:
    """Between the centres of their boxes, in pixels of the canvas."""
    left, top, right, bottom = np.subtract(detection.box, box(thing))
    return float(np.hypot(left + right, top + bottom) / 2)


def inherits(edit: Edit, thing: Thing) -> bool:
    """Whether a thing of the target scene stays, or takes the very place of one that was there."""
    return any((old.x, old.y, old.size) == (thing.x, thing.y, thing.size) for old in edit.source.things)


def is_placed(edit: Edit, target: Scene, thing: Thing, detection: Detection) -> bool:
    """Whether a thing of the target scene stands where the edit wants it: unmoved; or nearer to its new place or size
    than to its old one; or, newly added, anywhere unless the instruction names a place."""
    if inherits(edit, thing):
        return overlap(detection.box, box(thing)) >= STAYS
    changed = [
        old
        for old in edit.source.things
        if old not in target.things and (old.name, old.color) == (thing.name, thing.color)
    ]
    if changed:
        there = overlap(detection.box, box(thing))
        return there > max(overlap(detection.box, box(old)) for old in changed) and distance(detection, thing) < NEAR
    if not PLACE.search(clause_about(edit, thing)) or distance(detection, thing) < NEAR:
        return True
    staying = [other for other in target.things if other in edit.source.things]
    return bool(staying) and all(
        set(relations(thing, other)) <= positions(detection.box, box(other)) for other in staying
    )


def is_thing(edit: Edit, target: Scene, thing: Thing, detection: Detection) -> bool:
    """Whether a detection can be this thing of the target scene: name, colour where the style shows it, and place."""
    if detection.name != thing.name:
        return False
    if target.style in COLOR_STYLES and detection.color != (color_of(thing) or NATURAL):
        return False
    return is_placed(edit, target, thing, detection)


def settled(edit: Edit, judgement: Judgement) -> Scene | None:
    """The scene that the judge finds in a right result: just the things of a target scene, each where it belongs, and
    those that the edit brought, moved or sized where they now are. None where the result is wrong."""
    if wrong_surroundings(edit, judgement):
        return None
    for target in accepted_targets(edit):
        if len(judgement.detections) != len(target.things):
            continue
        for order in permutations(judgement.detections):
            pairs = list(zip(target.things, order, strict=True))
            if all(is_thing(edit, target, *pair) for pair in pairs):
                things = [thing if inherits(edit, thing) else put_in(thing, seen.box) for thing, seen in pairs]
                return replace(target, things=tuple(things))
    return None


def wrong_surroundings(edit: Edit, judgement: Judgement) -> str:
    """What is wrong with a new style or background that was asked for, or nothing."""
    for name in ("style", "background"):
        old, new, seen = (getattr(one, name) for one in (edit.source, edit.target, judgement))
        if new not in (old, seen):
            return f"expected {name} {new}, found {seen}"
    return ""


def check_edit(edit: Edit, judgement: Judgement) -> tuple[bool, str]:
    """Whether a result is right (see `settled`), and if not, what is wrong."""
    if settled(edit, judgement) is not None:
        return True, ""
    if reason := wrong_surroundings(edit, judgement):
        return False, reason
    listed = ", ".join(f"{seen.color} {seen.name}" for seen in judgement.detections) or "nothing"
    wanted = ", ".join(f"{color_of(thing) or NATURAL} {thing.name}" for thing in edit.target.things) or "nothing"
    return False, f"expected {wanted}, found {listed} (or not in its place)"


def kept_psnr(edit: Edit, source: Image.Image, result: Image.Image, judgement: Judgement) -> float | None:
    """PSNR in dB of what the edit was not to change; None where it may change all but a hundredth.

    "Add a cup" names no place, "to the right" no exact one: in a right result the new thing may be where it is. Where
    the result is wrong, all that is not as in the target scene counts as damage.
    """
    kept = ~region(replace(edit, target=settled(edit, judgement) or edit.target))
    if kept.mean() < KEPT_AT_LEAST:
        return None
    return psnr(source, result, kept)


def fresh_edit(seed: int, kind: str, place: int) -> Edit:
    return random_edit(fresh_rng(seed, KINDS.index(kind), place), kind)


def draw(
    pipe: UniLIPPipeline, out: Path, places: Sequence[tuple[str, int]], steps: int, guidance: float, seed: int,
    batch_size: int, own_pixels: bool | None = None, ceiling: bool = False,
) -> None:  # fmt: skip
    """Edits what is not edited yet; results stand in `out`/kind/0000.png. With `ceiling`, rebuilds the wanted pictures
    instead."""
    waiting = [one for one in own_share(places) if not picture_path(out, *one).is_file()]
    with tqdm(total=len(waiting), desc="edits", disable=not is_first()) as bar:
        for batch in in_batches(waiting, batch_size):
            edits = [fresh_edit(seed, kind, place) for kind, place in batch]
            if ceiling:
                images = pipe.reconstruct([render(edit.target) for edit in edits]).images
            else:
                images = pipe(
                    [edit.instruction for edit in edits],
                    image=[render(edit.source) for edit in edits],
                    num_inference_steps=steps,
                    guidance_scale=guidance,
                    own_pixels=own_pixels,
                    generator=[make_generator(seed, KINDS.index(kind), place) for kind, place in batch],
                ).images
            for (kind, place), image in zip(batch, images, strict=True):
                save_picture(image.resize((CANVAS, CANVAS)), picture_path(out, kind, place))
            bar.update(len(batch))
    wait_for_all()


def picture_path(out: Path, kind: str, place: int) -> Path:
    return out / kind.replace("/", "-") / f"{place:04d}.png"


def evaluate_edits(
    pipe: UniLIPPipeline, out: Path, each: int = 50, steps: int | None = None, guidance: float | None = None,
    seed: int = 42, batch_size: int = 8, sheet: Path | None = None, judge: Judge | None = None,
    settings: dict | None = None, own_pixels: bool | None = None, ceiling: bool = False,
) -> dict[str, float]:  # fmt: skip
    """Edits `each` fresh scenes of every kind and scores them: the share of right ones by kind and their mean
    ("overall"), and the mean PSNR in dB of what was not to change ("kept add" and so on, and "kept"). The verdicts
    stand in `records.jsonl`.

    With `ceiling` it is not the edits that are scored but the wanted pictures themselves, encoded and decoded: the most
    that this tokenizer and this judge let any edit reach. `own_pixels` is as in the pipeline's call.
    """
    places = [(kind, place) for kind in KINDS for place in range(each)]
    steps, guidance = pipe.choose_sampling(steps, guidance)
    own_pixels = pipe.choose_own_pixels(own_pixels)
    made = {"ceiling": True} if ceiling else {"steps": steps, "guidance": guidance, "own_pixels": own_pixels}
    asked = summary([fresh_edit(seed, *one).instruction for one in places])
    records = Records(out, {"seed": seed, "edits": asked, **made, **(settings or {})})
    draw(pipe, out, places, steps, guidance, seed, batch_size, own_pixels, ceiling)
    if not is_first():
        return {}

    judge = judge or Judge.load()
    records.clear()  # a judgement costs little, and the judge may have changed
    scores: dict[str, float] = {}
    kept: dict[str, float] = {}
    rows = []
    for kind in KINDS:
        edits = [fresh_edit(seed, kind, place) for place in range(each)]
        sources = [render(edit.source) for edit in edits]
        results = [Image.open(picture_path(out, kind, place)).convert("RGB") for place in range(each)]
        judgements = judge.judge(results)
        verdicts = [check_edit(*two) for two in zip(edits, judgements, strict=True)]
        values = [kept_psnr(*four) for four in zip(edits, sources, results, judgements, strict=True)]
        for place, (edit, (right, reason), value) in enumerate(zip(edits, verdicts, values, strict=True)):
            records.add(
                f"{kind} {place}", instruction=edit.instruction, right=right, reason=reason, kept=value,
            )  # fmt: skip
        scores[kind] = share(right for right, _ in verdicts)
        known = [value for value in values if value is not None]
        if known:
            kept[f"kept {kind}"] = float(np.mean(known))
        rows.append([])
        for edit, source, result, (right, _) in list(zip(edits, sources, results, verdicts, strict=True))[:ON_SHEET]:
            rows[-1] += [(source, edit.instruction), (result, f"{kind}: {'yes' if right else 'no'}")]
    if sheet is not None:
        contact_sheet(sheet, rows)
    overall = {"overall": float(np.mean(list(scores.values())))}
    return {**scores, **overall, **kept, "kept": float(np.mean(list(kept.values())) if kept else np.nan)}
