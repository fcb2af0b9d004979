"""The cache of encodings is used again only where it holds what would be encoded now."""

import numpy as np
import pytest
import torch

from tests.training.conftest import needs_art
from unilip.training import encodings

pytestmark = needs_art


def tokenizer(scale: float = 1.0):
    """Encodes by averages of cells; counts the pictures that it sees."""

    def encode(pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        encode.seen += len(pixels)
        latents = torch.nn.functional.avg_pool2d(pixels.float() / 255, 32) * scale
        return latents.flatten(2).mT, latents

    encode.seen = 0
    return encode


def cache(folder, encode, scenes=12, seed=3) -> encodings.Encodings:
    return encodings.Encodings(folder, seed, scenes, 10, encode, workers=0)


def test_what_is_as_it_was_is_not_encoded_again(tmp_path):
    cache(tmp_path, tokenizer())
    again = tokenizer()
    cache(tmp_path, again)
    assert again.seen == 3 * encodings.PROBES


@pytest.mark.parametrize("change", ["tokenizer", "scenes", "seed", "shares", "cut"])
def test_what_has_changed_is_encoded_again(tmp_path, monkeypatch, change):
    cache(tmp_path, tokenizer())
    encode, wanted = tokenizer(1.2 if change == "tokenizer" else 1.0), {}
    if change == "shares":
        monkeypatch.setattr(encodings, "SHARES", encodings.SHARES[::-1])
    elif change == "cut":
        (tmp_path / "target.done").unlink()
    elif change != "tokenizer":
        wanted = {"scenes": 9} if change == "scenes" else {"seed": 4}
    kept = cache(tmp_path, encode, **wanted)
    fresh = cache(tmp_path / "fresh", encode, **wanted)
    for name in ("scene_latents", "source_latents", "source_features", "target_latents"):
        assert np.array_equal(getattr(kept, name), getattr(fresh, name)), name
