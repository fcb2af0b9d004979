"""Scenes: a function of the seed, well placed, told apart by GenEval's rule, and never one that is kept for testing."""

import json
from collections import Counter

import numpy as np
import pytest

from unilip.emoji import art, held_out, scenes
from unilip.emoji.backgrounds import apply_style, draw_background
from unilip.emoji.scenes import CANVAS, Scene, Thing, box, combinations, is_held_out, random_scene, render
from unilip.emoji.vocabulary import BACKGROUNDS, STYLES

needs_art = pytest.mark.skipif(
    not art.is_fetched(), reason="the emoji art is not fetched: python -m unilip.emoji fetch"
)


def draw_many(count: int, kind: str | None = None, seed: int = 7) -> list[Scene]:
    return [random_scene(np.random.default_rng((seed, index)), kind) for index in range(count)]


def test_scenes_are_a_function_of_the_seed():
    assert draw_many(50) == draw_many(50)
    assert draw_many(50) != draw_many(50, seed=8)


def test_tidy_scenes_lie_apart_and_fill_the_canvas_evenly():
    for index in range(200):
        scene = random_scene(np.random.default_rng((11, index)), tidy=True)
        boxes = scenes.boxes(scene)
        assert all(0 < x0 < x1 < CANVAS and 0 < y0 < y1 < CANVAS for x0, y0, x1, y1 in boxes)
        if len(boxes) == 1:
            continue
        middles = np.array([((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes]) / CANVAS
        spots = np.array([spot for way in scenes.TIDY_SPOTS[len(boxes)] for spot in way])
        nearest = np.abs(middles[:, None] - spots).max(-1).argmin(-1)
        assert len(set(nearest)) == len(boxes)
        assert np.abs(middles - spots[nearest]).max() * CANVAS < 6


@needs_art
def test_pictures_are_a_function_of_the_scene():
    for scene in draw_many(20):
        assert render(scene).tobytes() == render(scene).tobytes()
        assert render(scene, 128).size == (128, 128)


@needs_art
@pytest.mark.parametrize("name", ["cat", "tie", "bus", "kite"])
def test_a_thing_can_be_put_where_a_box_is(name):
    wanted = Thing(name, "red", 150, 90, 77)
    put = scenes.put_in(Thing(name, "red", 40, 200, 120), box(wanted))
    assert (put.x, put.y, put.size) == pytest.approx((wanted.x, wanted.y, wanted.size))


def test_a_picture_shows_what_the_boxes_say():
    """With the things taken away one by one, pixels change inside that thing's box and nowhere else."""
    for scene in draw_many(20, "free"):
        scene = Scene(scene.things, scene.background, "normal", scene.variant)
        full = np.asarray(render(scene), dtype=np.int16)
        for index, (x0, y0, x1, y1) in enumerate(scenes.boxes(scene)):
            without = Scene(scene.things[:index] + scene.things[index + 1 :], scene.background, "normal", scene.variant)
            changed = np.abs(np.asarray(render(without), dtype=np.int16) - full).max(-1) > 40
            rows, columns = np.nonzero(changed)
            assert rows.size > 0.02 * (x1 - x0) * (y1 - y0)
            assert columns.min() >= x0 - 3 and columns.max() <= x1 + 3
            assert rows.min() >= y0 - 3 and rows.max() <= y1 + 3


def test_kinds_keep_their_promise():
    for scene in draw_many(60, "counting"):
        assert 2 <= len(scene.things) <= 4 and len({(t.name, t.color) for t in scene.things}) == 1
    for scene in draw_many(60, "position"):
        assert scenes.relation(*scene.things) in scenes.RELATIONS
    for scene in draw_many(60, "color_attr"):
        assert all(thing.color for thing in scene.things) and len({thing.name for thing in scene.things}) == 2
    for scene in draw_many(60, "colors"):
        assert len(scene.things) == 1 and scene.things[0].color
    for scene in draw_many(60, "free"):
        assert len(scene.things) in (3, 4)
    with pytest.raises(ValueError, match="unknown kind"):
        random_scene(np.random.default_rng(0), "landscape")


def test_things_stay_visible():
    for scene in draw_many(600):
        for index, thing in enumerate(scene.things):
            x0, y0, x1, y1 = box(thing)
            out = max(-x0, x1 - CANVAS) / (x1 - x0), max(-y0, y1 - CANVAS) / (y1 - y0)
            assert max(out) < 0.06
            for other in scene.things[:index]:
                a0, b0, a1, b1 = box(other)
                across = (min(a1, x1) - max(a0, x0)) / min(a1 - a0, x1 - x0)
                down = (min(b1, y1) - max(b0, y0)) / min(b1 - b0, y1 - y0)
                assert min(across, down) < 0.16


def test_the_mix_covers_kinds_colors_and_backgrounds():
    drawn = draw_many(1500)
    counts = Counter(len(scene.things) for scene in drawn)
    assert min(counts[n] for n in (1, 2, 3, 4)) > 60
    things = [thing for scene in drawn for thing in scene.things]
    assert 0.4 < sum(thing.color is not None for thing in things) / len(things) < 0.7
    assert {scene.background for scene in drawn} == set(BACKGROUNDS)
    assert {scene.style for scene in drawn} == set(STYLES)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((60, 128), (190, 128), {"left of"}),
        ((190, 128), (60, 128), {"right of"}),
        ((128, 60), (128, 190), {"above"}),
        ((128, 190), (128, 60), {"below"}),
        ((60, 60), (200, 200), {"left of", "above"}),
        ((128, 128), (134, 132), set()),
        ((128, 128), (128, 128), set()),
    ],
)
def test_relations_follow_the_benchmark(a, b, expected):
    assert set(scenes.relations(Thing("cat", None, *a, 60), Thing("apple", None, *b, 60))) == expected


def test_training_never_sees_what_is_held_out():
    drawn = draw_many(3000)
    assert not any(is_held_out(scene) for scene in drawn)
    kept = [random_scene(np.random.default_rng((7, i)), held_out=True) for i in range(40)]
    assert all(is_held_out(scene) for scene in kept)
    assert not {combinations(scene)[0] for scene in kept} & {k for scene in drawn for k in combinations(scene)[:1]}
    with pytest.raises(ValueError, match="held out"):
        random_scene(np.random.default_rng(0), "free", held_out=True)


def test_listed_prompts_are_held_out(tmp_path, monkeypatch):
    records = [
        {
            "include": [{"class": "cat", "count": 1}, {"class": "dog", "count": 1}],
            "prompt": "a photo of a cat and a dog",
        },
        {"include": [{"class": "cup", "count": 3}], "prompt": "a photo of three cups"},
        {"include": [{"class": "bus", "count": 1, "color": "pink"}], "prompt": "a photo of a pink bus"},
        {
            "include": [{"class": "tie", "count": 1}, {"class": "bed", "count": 1, "position": ["above", 0]}],
            "prompt": "a photo of a bed above a tie",
        },
    ]
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("\n".join(map(json.dumps, records)))
    monkeypatch.setattr(held_out, "LIST", tmp_path / "held_out.txt")
    monkeypatch.setattr(held_out, "SHARE", 1 << 60)  # only what is listed
    held_out.write_list(prompts)
    held_out.listed.cache_clear()
    try:
        high, low = (None, 128, 60, 80), (None, 128, 190, 80)
        assert is_held_out(Scene((Thing("dog", "red", 60, 128, 80), Thing("cat", None, 190, 128, 80))))
        assert is_held_out(Scene((Thing("cup", "red", 60, 128, 60),) * 3))
        assert not is_held_out(Scene((Thing("cup", "red", 60, 128, 60),) * 2))
        assert is_held_out(Scene((Thing("bus", "pink", 60, 128, 60),)))
        assert is_held_out(Scene((Thing("tie", *low), Thing("bed", *high))))
        assert not is_held_out(Scene((Thing("tie", *high), Thing("bed", *low))))
        assert held_out.is_held_out_prompt("A photo of three cups")
    finally:
        held_out.listed.cache_clear()


def test_backgrounds_and_styles_draw_in_every_size():
    for name in BACKGROUNDS:
        assert draw_background(name, 3).size == (256, 256)
        assert draw_background(name, 4, 100).size == (100, 100)
    picture = draw_background("grass", 1)
    looks = {apply_style(picture, style).tobytes() for style in STYLES}
    assert all(apply_style(picture.resize((16, 16)), style).size == (16, 16) for style in STYLES)
    assert len(looks) == len(STYLES)
    with pytest.raises(ValueError, match="unknown style"):
        apply_style(picture, "cubist")
