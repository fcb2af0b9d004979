"""Reconstruction of fresh scenes by the tokenizer alone (encode, decode): PSNR and SSIM."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..emoji.scenes import random_scene, render
from ..pipeline import UniLIPPipeline
from .metrics import psnr, ssim
from .records import Records, fresh_rng, in_batches
from .sheets import contact_sheet

ON_SHEET = 16


def evaluate_reconstruction(
    pipe: UniLIPPipeline, out: Path, scenes: int = 500, seed: int = 42, batch_size: int = 16,
    sheet: Path | None = None, settings: dict | None = None,
) -> dict[str, float]:  # fmt: skip
    """Mean PSNR in dB and SSIM over `scenes` fresh scenes; one line a scene in `out`."""
    records = Records(out, {"seed": seed, **(settings or {})})
    places = list(range(scenes))

    def picture(place: int):
        return render(random_scene(fresh_rng(seed, place)))

    with tqdm(total=scenes, desc="reconstruction") as bar:
        for batch in in_batches(places, batch_size):
            waiting = [place for place in batch if str(place) not in records.done]
            if waiting:
                truths = [picture(place) for place in waiting]
                for place, truth, again in zip(waiting, truths, pipe.reconstruct(truths).images, strict=True):
                    again = again.resize(truth.size)
                    records.add(str(place), psnr=psnr(truth, again), ssim=ssim(truth, again))
            bar.update(len(batch))
    if sheet is not None:
        truths = [picture(place) for place in places[:ON_SHEET]]
        rows = [[], []]
        for place, (truth, again) in enumerate(zip(truths, pipe.reconstruct(truths).images, strict=True)):
            rows[0].append((truth, "scene"))
            rows[1].append((again, f"{records.done[str(place)]['psnr']:.1f} dB"))
        contact_sheet(sheet, [row[start : start + 8] for start in range(0, len(truths), 8) for row in rows])
    results = [records.done[str(place)] for place in places]
    return {name: float(np.mean([result[name] for result in results])) for name in ("psnr", "ssim")}
