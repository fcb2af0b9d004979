"""Edits in a row, each on the result of the one before: how many steps of a chain are right without a break."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..emoji.edits import Edit, chain
from ..emoji.scenes import CANVAS, Scene, Thing, render
from ..pipeline import UniLIPPipeline
from .edits import check_edit, settled
from .judge import Judge, Judgement
from .processes import is_first, own_share, wait_for_all
from .records import Records, fresh_rng, in_batches, make_generator, save_picture, share, summary
from .sheets import contact_sheet

CHAIN = 0xC4A1  # keeps a chain's scenes apart from those of single edits
ON_SHEET = 16


def fresh_chain(seed: int, place: int, length: int) -> list[Edit]:
    return chain(fresh_rng(seed, CHAIN, place), length)


def picture_path(out: Path, place: int, step: int) -> Path:
    return out / f"{place:04d}" / f"{step + 1}.png"


def draw(
    pipe: UniLIPPipeline, out: Path, chains: int, length: int, steps: int, guidance: float, seed: int, batch_size: int,
    own_pixels: bool,
) -> None:  # fmt: skip
    """Makes the steps that are not there yet; results stand in `out`/0000/1.png and so on."""
    mine = own_share(range(chains))
    with tqdm(total=len(mine) * length, desc="chains", disable=not is_first()) as bar:
        for step in range(length):
            waiting = [place for place in mine if not picture_path(out, place, step).is_file()]
            bar.update(len(mine) - len(waiting))
            for batch in in_batches(waiting, batch_size):
                edits = [fresh_chain(seed, place, length)[step] for place in batch]
                sources = [
                    Image.open(picture_path(out, place, step - 1)).convert("RGB") if step else render(edit.source)
                    for place, edit in zip(batch, edits, strict=True)
                ]
                images = pipe(
                    [edit.instruction for edit in edits],
                    image=sources,
                    num_inference_steps=steps,
                    guidance_scale=guidance,
                    own_pixels=own_pixels,
                    generator=[make_generator(seed, CHAIN, place, step) for place in batch],
                ).images
                for place, image in zip(batch, images, strict=True):
                    save_picture(image.resize((CANVAS, CANVAS)), picture_path(out, place, step))
                bar.update(len(batch))
    wait_for_all()


def check_chain(edits: list[Edit], judgements: Sequence[Judgement]) -> list[tuple[bool, str]]:
    """The verdict on each step, see `check_edit`. What a right step put elsewhere than in the scene that the chain was
    written for ("add a cup" names no place) belongs there from then on."""
    verdicts = []
    moves: list[tuple[Thing, Thing]] = []
    for edit, judgement in zip(edits, judgements, strict=True):
        edit = replace(edit, source=moved(edit.source, moves), target=moved(edit.target, moves))
        verdicts.append(check_edit(edit, judgement))
        found = settled(edit, judgement)
        if found is not None:
            elsewhere = [thing for thing in edit.target.things if thing not in found.things]
            moves += zip(elsewhere, [thing for thing in found.things if thing not in edit.target.things], strict=True)
    return verdicts


def moved(scene: Scene, moves: Sequence[tuple[Thing, Thing]]) -> Scene:
    """A scene in which what stands at the place of the first thing of a move stands at that of the second."""
    things = list(scene.things)
    for old, new in moves:
        for number, thing in enumerate(things):
            if (thing.x, thing.y) == (old.x, old.y):
                color = new.color if thing.color == old.color else thing.color
                size = thing.size * new.size / old.size
                things[number] = replace(thing, color=color, x=new.x, y=new.y, size=size)
    return replace(scene, things=tuple(things))


def evaluate_chains(
    pipe: UniLIPPipeline, out: Path, chains: int = 50, length: int = 3, steps: int | None = None,
    guidance: float | None = None, seed: int = 42, batch_size: int = 8, sheet: Path | None = None,
    judge: Judge | None = None, settings: dict | None = None, own_pixels: bool | None = None,
) -> dict[str, float]:  # fmt: skip
    """The share of chains whose first step, first two steps and so on are all right ("all 1", "all 2", …; each
    result is compared with the scene that the instructions lead to). The verdicts stand in `records.jsonl`.
    `own_pixels` is as in the pipeline's call."""
    steps, guidance = pipe.choose_sampling(steps, guidance)
    own_pixels = pipe.choose_own_pixels(own_pixels)
    asked = [edit.instruction for place in range(chains) for edit in fresh_chain(seed, place, length)]
    kept = {"seed": seed, "chains": summary(asked), "steps": steps, "guidance": guidance, "own_pixels": own_pixels}
    records = Records(out, {**kept, **(settings or {})})
    draw(pipe, out, chains, length, steps, guidance, seed, batch_size, own_pixels)
    if not is_first():
        return {}
    judge = judge or Judge.load()
    records.clear()  # a judgement costs little, and the judge may have changed
    rows, rights = [], []
    for place in range(chains):
        edits = fresh_chain(seed, place, length)
        results = [Image.open(picture_path(out, place, step)).convert("RGB") for step in range(length)]
        verdicts = check_chain(edits, judge.judge(results))
        steps_done = [
            {"instruction": edit.instruction, "kind": edit.kind, "right": right, "reason": reason}
            for edit, (right, reason) in zip(edits, verdicts, strict=True)
        ]
        records.add(str(place), steps=steps_done)
        rights.append([right for right, _ in verdicts])
        rows.append([(render(edits[0].source), "")])
        rows[-1] += [
            (result, f"{'yes' if right else 'no'}: {edit.instruction}")
            for result, (right, _), edit in zip(results, verdicts, edits, strict=True)
        ]
    if sheet is not None:
        contact_sheet(sheet, [sum(rows[start : start + 2], []) for start in range(0, min(chains, ON_SHEET), 2)])
    scores = {f"all {step + 1}": share(all(right[: step + 1]) for right in rights) for step in range(length)}
    return {"steps": float(np.mean(rights)), **scores}
