"""Scenes of the emoji world: what stands where, on which background, in which style; and their pictures."""

from dataclasses import dataclass

CANVAS = 256  # edge of a picture, in pixels


@dataclass(frozen=True)
class Thing:
    """One object of a scene: a name of `vocabulary.OBJECTS`, a name of `vocabulary.COLORS` (None: as the artist
    made it), the centre and the edge of its square art in pixels of the canvas."""

    name: str
    color: str | None
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Scene:
    """Things from back to front on a named background (`vocabulary.BACKGROUNDS`) in a named style
    (`vocabulary.STYLES`). `variant` picks the exact shade or direction of the background."""

    things: tuple[Thing, ...]
    background: str = "white"
    style: str = "normal"
    variant: int = 0
