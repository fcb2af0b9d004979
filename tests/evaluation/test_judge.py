"""The judge: as good on fresh scenes as it must be to judge anything; its targets; its file."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from unilip.emoji import art
from unilip.emoji.scenes import Scene, Thing, box, random_scene, render
from unilip.emoji.vocabulary import STYLES
from unilip.evaluation.judge import WEIGHTS, Judge, Labels, Outputs, overlap
from unilip.evaluation.judge_accuracy import blur, measure
from unilip.evaluation.judge_training import Trainer, compute_loss, describe, make_targets, mirror
from unilip.evaluation.records import fresh_rng

needs_art = pytest.mark.skipif(not art.is_fetched(), reason="the emoji art is not fetched")
LABELS = Labels.of_world()
SCENE = Scene((Thing("cat", "red", 70, 80, 90), Thing("dog", None, 180, 170, 100)), "beach", "normal")


def perfect_outputs(scene: Scene) -> Outputs:
    """What a faultless network would say of a scene."""
    things, wholes = describe(scene, LABELS)
    heat, nearest, boxes = make_targets(torch.from_numpy(things)[None])
    chosen = torch.from_numpy(things)[nearest[0]]  # (h, w, 6)
    picture, row, column = torch.meshgrid(torch.arange(1), torch.arange(16), torch.arange(16), indexing="ij")
    return Outputs(
        centers=torch.logit(heat.clamp(1e-4, 1 - 1e-4)),
        objects=20.0 * torch.eye(len(LABELS.objects))[chosen[..., 0].long()].permute(2, 0, 1)[None],
        colors=20.0 * torch.eye(len(LABELS.colors))[chosen[..., 1].long()].permute(2, 0, 1)[None],
        boxes=boxes[picture, nearest, :, row, column].permute(0, 3, 1, 2),
        backgrounds=20.0 * torch.eye(len(LABELS.backgrounds))[wholes[0]][None],
        styles=20.0 * torch.eye(len(LABELS.styles))[wholes[1]][None],
    )


def test_targets_read_back_as_the_scene():
    judgement = Judge(LABELS).read(perfect_outputs(SCENE), 0)
    assert (judgement.background, judgement.style) == ("beach", "normal")
    found = sorted(judgement.detections, key=lambda detection: detection.box)
    assert [(one.name, one.color) for one in found] == [("cat", "red"), ("dog", "natural")]
    for one, thing in zip(found, SCENE.things, strict=True):
        assert overlap(one.box, box(thing)) > 0.98


def test_a_faultless_network_has_almost_no_loss():
    things, wholes = describe(SCENE, LABELS)
    parts = compute_loss(perfect_outputs(SCENE), torch.from_numpy(things)[None], torch.from_numpy(wholes)[None])
    assert all(part < 0.05 for part in parts.values()), parts


@needs_art
def test_a_mirrored_scene_has_mirrored_boxes():
    things, _ = describe(SCENE, LABELS)
    image = torch.from_numpy(np.array(render(SCENE)))[None]
    images, mirrored = mirror(image, torch.from_numpy(things)[None])
    assert torch.equal(images[0, :, 0], image[0, :, -1])
    left, _, right, _ = mirrored[0, 0, 2:].tolist()
    assert (256 - right, 256 - left) == pytest.approx((things[0, 2], things[0, 4]))
    assert (mirrored[0, 2:] == -1).all()


def test_weights_survive_the_file(tmp_path):
    judge = Judge(LABELS).eval()
    judge.save(tmp_path / "judge.safetensors")
    again = Judge.load(tmp_path / "judge.safetensors")
    pixels = torch.randn(2, 3, 128, 128)
    torch.testing.assert_close(again(pixels).objects, judge(pixels).objects, atol=2e-2, rtol=2e-2)
    assert again.labels == LABELS


@needs_art
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="no judge is shipped yet: `python -m unilip evaluate train-judge`")
@pytest.mark.parametrize("alter", [None, blur], ids=["sharp", "blurred"])
def test_the_shipped_judge_is_fit_to_judge(alter):
    assert WEIGHTS.stat().st_size <= 6e6
    scenes = [random_scene(fresh_rng(5, place)) for place in range(150)]
    scores = measure(Judge.load(), scenes, alter)
    assert scores["class"] >= 0.95 and scores["color"] >= 0.92 and scores["count"] >= 0.93, scores


@needs_art
@pytest.mark.parametrize("style", STYLES)
def test_the_shipped_judge_tells_each_style(style):
    scenes = [replace(random_scene(fresh_rng(6, place)), style=style) for place in range(40)]
    assert measure(Judge.load(), scenes)["style"] >= 0.8


@needs_art
def test_what_is_merely_soft_has_no_style():
    scenes = [replace(random_scene(fresh_rng(7, place)), style="normal") for place in range(60)]
    assert measure(Judge.load(), scenes, blur)["style"] >= 0.9


def test_only_how_it_tells_styles_may_be_trained(tmp_path):
    Judge(LABELS).save(tmp_path / "judge.safetensors")
    things, wholes = describe(SCENE, LABELS)
    images = np.random.default_rng(0).integers(0, 256, (8, 128, 128, 3), dtype=np.uint8)
    np.savez(tmp_path / "scenes.npz", images=images, things=np.stack([things] * 8), wholes=np.stack([wholes] * 8))
    trainer = Trainer(tmp_path, [tmp_path / "scenes.npz"], 2, 4, 1e-2, tmp_path / "judge.safetensors")
    before = {name: one.clone() for name, one in trainer.judge.state_dict().items()}
    after = trainer.run().state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"texture", "style_head"}
