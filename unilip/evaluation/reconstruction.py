"""Reconstruction by the tokenizer alone (encode, decode): PSNR, SSIM and, where asked for, rFID, over fresh scenes of
the emoji world or over any folder of pictures, as published over ImageNet's validation set."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from ..emoji.scenes import random_scene, render
from ..images import PictureError, open_picture
from ..pipeline import UniLIPPipeline
from .metrics import frechet_distance, psnr, ssim
from .processes import is_first, own_share
from .records import EvaluationError, Records, fresh_rng, in_batches, save_picture
from .sheets import contact_sheet

ON_SHEET = 16
SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


def square(path: Path, edge: int) -> Image.Image:
    """A picture's middle, `edge` pixels wide and high.

    Raises EvaluationError for a file that is no picture."""
    try:
        return ImageOps.fit(open_picture(path), (edge, edge), Image.Resampling.BICUBIC)
    except PictureError as error:
        raise EvaluationError(f"{path}: {error}") from None


def truths_of(folder: Path | None, scenes: int, seed: int, edge: int) -> dict[str, Callable[[], Image.Image]]:
    """What is to be reconstructed, by key: the pictures in a folder and all below it, else fresh scenes."""
    if folder is None:
        return {str(place): lambda place=place: render(random_scene(fresh_rng(seed, place))) for place in range(scenes)}
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise EvaluationError(f"There are no pictures in {folder}.")
    return {path.relative_to(folder).as_posix(): lambda path=path: square(path, edge) for path in paths}


def evaluate_reconstruction(
    pipe: UniLIPPipeline, out: Path, scenes: int = 500, seed: int = 42, batch_size: int = 16,
    sheet: Path | None = None, settings: dict | None = None, pictures: Path | None = None, fid: bool = False,
) -> dict[str, float]:  # fmt: skip
    """Mean PSNR in dB and SSIM over `scenes` fresh scenes, or over the folder `pictures`, cut to squares of the
    model's size; one line a picture in `out`. With `fid` also the Fréchet distance of Inception features ("rfid"), for
    which the reconstructions are kept in `out`/pictures."""
    settings = {"seed": seed, **(settings or {})} | ({} if pictures is None else {"pictures": str(pictures)})
    records = Records(out, settings)
    truths = truths_of(pictures, scenes, seed, pipe.image_size)
    kept = {key: out / "pictures" / f"{key}.png" for key in truths}

    waiting = [key for key in truths if key not in records.done or (fid and not kept[key].is_file())]
    mine = own_share(waiting)
    with tqdm(total=len(mine), desc="reconstruction", disable=not is_first()) as bar:
        for batch in in_batches(mine, batch_size):
            originals = [truths[key]() for key in batch]
            for key, truth, again in zip(batch, originals, pipe.reconstruct(originals).images, strict=True):
                again = again.resize(truth.size)
                if fid:
                    save_picture(again, kept[key])
                records.add(key, psnr=psnr(truth, again), ssim=ssim(truth, again))
            bar.update(len(batch))
    records.gather()
    if not is_first():
        return {}
    if sheet is not None:
        shown = list(truths)[:ON_SHEET]
        originals = [truths[key]() for key in shown]
        rows = [[], []]
        for key, truth, again in zip(shown, originals, pipe.reconstruct(originals).images, strict=True):
            rows[0].append((truth, "original"))
            rows[1].append((again, f"{records.done[key]['psnr']:.1f} dB"))
        contact_sheet(sheet, [row[start : start + 8] for start in range(0, len(shown), 8) for row in rows])
    scores = {name: float(np.mean([records.done[key][name] for key in truths])) for name in ("psnr", "ssim")}
    if fid:
        pairs = ((truths[key](), Image.open(kept[key])) for key in truths)
        scores["rfid"] = frechet_distance(pairs, pipe.device, batch_size)
    return scores
