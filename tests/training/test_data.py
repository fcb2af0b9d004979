"""What the small world's pictures and pairs are made of, by shares that evaluation asks for."""

from collections import Counter

import numpy as np
import pytest

from tests.training.conftest import needs_art
from unilip.emoji.edits import KINDS
from unilip.emoji.vocabulary import STYLES
from unilip.training import data
from unilip.training.config import ConfigError, read_config
from unilip.training.encodings import SHARES, cached_edit


@needs_art
def test_the_tokenizer_sees_every_style(monkeypatch):
    seen = Counter()
    render = data.render
    monkeypatch.setattr(data, "render", lambda scene, size: seen.update([scene.style]) or render(scene, size))
    for index in range(400):
        data.EmojiWorld().picture(np.random.default_rng(index), 16)
    assert set(seen) == set(STYLES)
    assert 0.75 < seen["normal"] / 400 < 0.9


@needs_art
def test_a_stage_may_see_more_of_a_style(monkeypatch, config_file):
    source = data.open_source(read_config(config_file), {"data": {"styles": {"pixel art": 0.6, "poster": 0.4}}}, ())
    seen = Counter()
    monkeypatch.setattr(data, "render", lambda scene, size: seen.update([scene.style]))
    for index in range(400):
        source.picture(np.random.default_rng(index), 16)
    assert set(seen) == {"pixel art", "poster"}
    assert 0.5 < seen["pixel art"] / 400 < 0.7


@pytest.mark.parametrize("styles", [{"cubist": 0.1}, {"poster": 0.7, "sepia": 0.7}, {"poster": -0.1}])
def test_shares_that_make_no_sense_are_named(styles):
    with pytest.raises(ConfigError, match="add up to 1 at most .* pixel art"):
        data.EmojiWorld(styles)


@needs_art
def test_kinds_of_cached_edits_come_in_their_shares():
    seen = Counter(cached_edit(0, index).kind for index in range(1000))
    assert [seen[kind] / 1000 for kind in KINDS] == pytest.approx(SHARES, abs=0.04)
