"""WISE (Niu et al. 2025) and ImgEdit (Ye et al. 2025): their prompts, and pictures in the layout that their own scorers
read. Both are scored by a large model behind an API, so what is done here ends with the pictures."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..images import PictureError, open_picture
from ..pipeline import UniLIPPipeline
from .processes import is_first, own_share, wait_for_all
from .records import EvaluationError, Records, in_batches, make_generator, save_picture, summary
from .sheets import contact_sheet

ON_SHEET = 32


def read_json(path: Path) -> Any:
    """A JSON file's content. Raises EvaluationError if it is missing or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EvaluationError(f"There is no file {path}.") from None
    except ValueError:
        raise EvaluationError(f"{path} is not a JSON file.") from None


def read_wise(paths: Sequence[Path]) -> dict[str, str]:
    """The prompts of WISE's files (a list of objects with "prompt_id" and "Prompt") by their id.

    Raises EvaluationError for a file that is not such a list, or an id that comes twice."""
    prompts: dict[str, str] = {}
    for path in paths:
        try:
            own = [(str(item["prompt_id"]), item["Prompt"]) for item in read_json(path)]
        except (KeyError, TypeError):
            raise EvaluationError(f'{path} is not a list of WISE prompts with "prompt_id" and "Prompt".') from None
        for key, prompt in own:
            if key in prompts:
                raise EvaluationError(f"The prompt_id {key} comes twice, the second time in {path}.")
            prompts[key] = prompt
    return prompts


def read_imgedit(path: Path, root: Path) -> dict[str, tuple[str, Path]]:
    """The edits of ImgEdit's `basic_edit.json` by their key: the instruction, and the picture's path below `root`.

    Raises EvaluationError for a file that is not such an object, or a picture that is not there."""
    try:
        edits = {str(key): (item["prompt"], root / item["id"]) for key, item in read_json(path).items()}
    except (AttributeError, KeyError, TypeError):
        raise EvaluationError(f'{path} is not a set of ImgEdit edits with "id" and "prompt".') from None
    missing = [picture for _, picture in edits.values() if not picture.is_file()]
    if missing:
        raise EvaluationError(f"{len(missing)} pictures of {path} are not below {root}, the first is {missing[0]}.")
    return edits


def spread(items: dict[str, Any], limit: int | None) -> dict[str, Any]:
    """`limit` of the items, spread evenly over them; all of them for None."""
    if limit is None or limit >= len(items):
        return items
    keys = list(items)
    return {keys[place]: items[keys[place]] for place in np.linspace(0, len(keys) - 1, limit).round().astype(int)}


def make_pictures(
    pipe: UniLIPPipeline, out: Path, prompts: dict[str, tuple[str, Path | None]], steps: int | None,
    guidance: float | None, seed: int, batch_size: int, sheet: Path | None, settings: dict[str, Any], name: str,
) -> dict[str, float]:  # fmt: skip
    """Draws (or edits, where a picture is given) what is not there yet, as `out`/KEY.png; says how many there are."""
    steps, guidance = pipe.choose_sampling(steps, guidance)
    Records(out, {"seed": seed, "steps": steps, "guidance": guidance, **settings})
    numbers = {key: number for number, key in enumerate(prompts)}
    mine = [key for key in own_share(list(prompts)) if not (out / f"{key}.png").is_file()]
    with tqdm(total=len(mine), desc=name, disable=not is_first()) as bar:
        for batch in in_batches(mine, batch_size):
            try:
                sources = [open_picture(path) for _, path in (prompts[key] for key in batch) if path is not None]
            except PictureError as error:
                raise EvaluationError(f"A picture of {', '.join(batch)} cannot be used: {error}") from None
            images = pipe(
                [prompts[key][0] for key in batch],
                image=sources or None,
                num_inference_steps=steps,
                guidance_scale=guidance,
                generator=[make_generator(seed, numbers[key]) for key in batch],
            ).images
            for key, image in zip(batch, images, strict=True):
                save_picture(image, out / f"{key}.png")
            bar.update(len(batch))
    wait_for_all()
    if not is_first():
        return {}
    if sheet is not None:
        shown = []
        for key, (prompt, path) in spread(prompts, ON_SHEET).items():
            before = [] if path is None else [(open_picture(path), "original")]
            shown += [*before, (Image.open(out / f"{key}.png"), prompt)]
        contact_sheet(sheet, [shown[start : start + 8] for start in range(0, len(shown), 8)])
    return {"pictures": float(len(prompts))}


def evaluate_wise(
    pipe: UniLIPPipeline, out: Path, paths: Sequence[Path], steps: int | None = None, guidance: float | None = None,
    seed: int = 42, batch_size: int = 8, limit: int | None = None, sheet: Path | None = None,
    settings: dict | None = None,
) -> dict[str, float]:  # fmt: skip
    """Draws WISE's prompts, one picture each, as `out`/PROMPT_ID.png: the folder for its `gpt_eval.py --image_dir`."""
    prompts = {key: (prompt, None) for key, prompt in spread(read_wise(paths), limit).items()}
    kept = {"prompts": summary([(key, prompt) for key, (prompt, _) in prompts.items()]), **(settings or {})}
    return make_pictures(pipe, out, prompts, steps, guidance, seed, batch_size, sheet, kept, "wise")


def evaluate_imgedit(
    pipe: UniLIPPipeline, out: Path, path: Path, root: Path, steps: int | None = None, guidance: float | None = None,
    seed: int = 42, batch_size: int = 8, limit: int | None = None, sheet: Path | None = None,
    settings: dict | None = None,
) -> dict[str, float]:  # fmt: skip
    """Does ImgEdit's edits, as `out`/KEY.png: the folder for its `basic_bench.py --result_img_folder`."""
    edits = spread(read_imgedit(path, root), limit)
    asked = [(key, prompt, path.relative_to(root).as_posix()) for key, (prompt, path) in edits.items()]
    kept = {"edits": summary(asked), **(settings or {})}
    return make_pictures(pipe, out, edits, steps, guidance, seed, batch_size, sheet, kept, "imgedit")
