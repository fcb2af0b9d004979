"""Edit pairs: a scene, an instruction, and the same scene with just that changed."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from PIL import Image

from unilip.emoji import changes
from unilip.emoji.art import stamp
from unilip.emoji.captions import pick
from unilip.emoji.placing import Change
from unilip.emoji.scenes import CANVAS, Scene, Thing, box, is_held_out, random_scene
from unilip.emoji.wording import typed

KINDS = ("add", "remove", "replace", "adjust", "background", "style", "extract", "action", "compose")
WEIGHTS = (0.15, 0.14, 0.13, 0.19, 0.11, 0.06, 0.06, 0.1, 0.06)
WAYS = {
    "add": (changes.add_somewhere, changes.add_somewhere, changes.add_somewhere, changes.add_another, changes.add_two),
    "remove": (changes.remove_one, changes.remove_one, changes.remove_group, changes.remove_any),
    "replace": (changes.replace_one,),
    "adjust": (changes.recolor, changes.recolor, changes.recolor, changes.resize),
    "background": (changes.rebackground,),
    "style": (changes.restyle,),
    "extract": (changes.extract,),
    "action": (changes.move, changes.move, changes.move_beside, changes.swap),
}
COMPOSED = ("add", "remove", "replace", "adjust", "background", "action")
POLITE = ("please {}", "pls {}", "can you {}?", "could you {}?", "{} please", "{} pls", "now {}", "{}!", "{} thanks")


@dataclass(frozen=True)
class Edit:
    """An instruction of one of KINDS, and the scenes before and after it."""

    kind: str
    source: Scene
    target: Scene
    instruction: str


def random_edit(rng: np.random.Generator, kind: str | None = None, held_out: bool = False, tidy: bool = False) -> Edit:
    """An edit of a kind (None: by its weight) on a random scene, a function of `rng` alone.

    With `held_out` the scene before is one of those kept for testing; else neither scene is. With `tidy` the scene
    before is a tidy one, as `random_scene` makes them.

    Raises:
        ValueError: an unknown kind.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"unknown kind of edit {kind!r}: choose one of {', '.join(KINDS)}")
    kind = kind or str(rng.choice(KINDS, p=WEIGHTS))
    while True:
        edit = edit_scene(random_scene(rng, held_out=held_out, tidy=tidy), rng, kind)
        if edit and (held_out or not is_held_out(edit.target)):
            return edit


def edit_scene(scene: Scene, rng: np.random.Generator, kind: str) -> Edit | None:
    """An edit of that kind on that scene; None where a few tries find none that it allows."""
    for _ in range(4):
        change = compose(scene, rng) if kind == "compose" else pick(rng, WAYS[kind])(scene, scene, rng)
        if change and change.scene != scene:
            return Edit(kind, scene, change.scene, instruct(change.text, rng))
    return None


def chain(rng: np.random.Generator, length: int = 3, held_out: bool = False) -> list[Edit]:
    """So many edits in a row, each on what the one before left; no step but the last empties the picture or restyles
    it. The scenes are held out, or not, as in `random_edit`."""
    while True:
        edits: list[Edit] = []
        scene = random_scene(rng, held_out=held_out)
        for _ in range(10 * length):
            edit = edit_scene(scene, rng, str(rng.choice(KINDS, p=WEIGHTS)))
            if not edit or (not held_out and is_held_out(edit.target)):
                continue
            if len(edits) + 1 < length and (not edit.target.things or edit.kind == "style"):
                continue
            edits.append(edit)
            scene = edit.target
            if len(edits) == length:
                return edits


def compose(scene: Scene, rng: np.random.Generator) -> Change | None:
    """Two changes of different kinds in one instruction; the second touches nothing that the first changed."""
    first_kind, second_kind = rng.choice(COMPOSED, size=2, replace=False)
    first = pick(rng, WAYS[str(first_kind)])(scene, scene, rng)
    second = first and pick(rng, WAYS[str(second_kind)])(scene, first.scene, rng)
    if not second or "background:" in first.text + second.text or is_mistaken(scene, first, second):
        return None
    joint = pick(rng, ("{} and {}", "{} and {}", "{}, then {}", "{} and then {}", "{} and also {}"))
    return Change(joint.format(first.text, second.text), second.scene)


def is_mistaken(scene: Scene, first: Change, second: Change) -> bool:
    """Whether a second change, whose words were found by what the scene shows, means something else after the first:
    "it" is then what the first named, and so may be "the cat" where the first brought one."""
    if re.search(r"\b(it|them)\b", second.text):
        return True
    brought = Counter(thing.name for thing in first.scene.things) - Counter(thing.name for thing in scene.things)
    touched = {thing.name for thing in first.scene.things if thing not in second.scene.things}
    return not touched.isdisjoint(brought)


def instruct(text: str, rng: np.random.Generator) -> str:
    """The instruction as somebody may type it, sometimes politely."""
    if rng.random() < 0.15:
        return typed(pick(rng, POLITE).format(text), rng)
    return typed(f"{text}." if rng.random() < 0.4 else text, rng)


def region(edit: Edit) -> np.ndarray:
    """The pixels that the edit may change, (256, 256) bool: the boxes of things that come, go, move or change; all but
    the things that stay, where the background changes; everything, where the style does."""
    source, target = edit.source, edit.target
    behind = (source.background, source.variant) != (target.background, target.variant)
    if source.style != target.style or (behind and source.style != "normal"):
        return np.ones((CANVAS, CANVAS), bool)
    may = np.zeros((CANVAS, CANVAS), bool)
    if behind:
        may[:] = True
        for thing in source.things:
            if thing in target.things:
                may &= ~opaque(thing)
    # A style that looks at the surroundings of a pixel spreads a change a little.
    spread = 0 if source.style == "normal" else 12
    for thing in {*source.things} ^ {*target.things}:
        margin = spread + 2 + 0.04 * thing.size  # soft edges and shadows lie outside the box of what is mostly opaque
        x0, y0, x1, y1 = box(thing)
        may[
            max(int(y0 - margin), 0) : max(int(y1 + margin + 1), 0),
            max(int(x0 - margin), 0) : max(int(x1 + margin + 1), 0),
        ] = True
    return may


def opaque(thing: Thing) -> np.ndarray:
    """The pixels, (256, 256) bool, of the canvas that the thing hides wholly."""
    edge = max(round(thing.size), 1)
    canvas = Image.new("L", (CANVAS, CANVAS))
    corner = (round(thing.x - edge / 2), round(thing.y - edge / 2))
    canvas.paste(stamp(thing.name, thing.color, edge).getchannel("A"), corner)
    return np.asarray(canvas) == 255
