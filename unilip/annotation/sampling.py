"""Contestants that are this app with settings of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from PIL import Image

from unilip.annotation.errors import StudyError
from unilip.annotation.running import Job

MAX_STEPS = 1000
GUIDANCE = (1.0, 30.0)  # least and most


def _truth(word: str) -> bool:
    if word.lower() not in ("true", "false"):
        raise ValueError(word)
    return word.lower() == "true"


READ = {"steps": int, "guidance": float, "letterbox": _truth, "own_pixels": _truth}  # from words


@dataclass(frozen=True)
class Settings:
    """What a contestant runs with; `asdict` of it is `Contestant.settings`.

    Attributes:
        model: folder or hub id; None for the embedded one.
        steps: of the sampler, 1 to MAX_STEPS; None as many as the model takes of itself.
        guidance: how closely to follow the words, within GUIDANCE; None as the model does of itself.
        negative_prompt: what to steer away from.
        letterbox: whether to pad an input picture to a square instead of squashing it.
        own_pixels: whether an edit keeps its picture's own pixels where it changed nothing; None as the model does.

    Raises:
        StudyError: a value is out of its range.
    """

    model: str | None = None
    steps: int | None = None
    guidance: float | None = None
    negative_prompt: str = ""
    letterbox: bool = False
    own_pixels: bool | None = None

    def __post_init__(self):
        if self.steps is not None and (type(self.steps) is not int or not 1 <= self.steps <= MAX_STEPS):
            raise StudyError(f"Steps are a whole number from 1 to {MAX_STEPS}, not {self.steps}.")
        given = self.guidance is not None
        if given and (not isinstance(self.guidance, (int, float)) or not GUIDANCE[0] <= self.guidance <= GUIDANCE[1]):
            raise StudyError(f"Guidance is a number from {GUIDANCE[0]:g} to {GUIDANCE[1]:g}, not {self.guidance}.")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Settings":
        """Settings from a mapping, such as a contestant's.

        Raises:
            StudyError: an unknown name, or a value out of its range.
        """
        names = [field.name for field in fields(cls)]
        unknown = [name for name in values if name not in names]
        if unknown:
            raise StudyError(f"There is no setting {unknown[0]}; there are {', '.join(names)}.")
        return cls(**values)

    @classmethod
    def parse(cls, text: str) -> "Settings":
        """Settings from words such as "guidance=7.5, steps=20".

        Raises:
            StudyError: the words are no settings.
        """
        values: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (word.strip() for word in part.partition("="))
            if not equals:
                raise StudyError(f'A setting is written name=value, not "{part}".')
            try:
                values[name] = READ.get(name, str)(value)
            except ValueError as error:
                raise StudyError(f"{name} cannot be {value!r}.") from error
        return cls.of(values)


def sampler(device: str | None = None, dtype: str | None = None) -> Callable[[Job], Image.Image]:
    """Makes the pictures of `running.run`, one model at a time in memory.

    Args:
        device, dtype: as for `unilip.checkpoints.load_pipeline`.
    """
    import torch

    from unilip.checkpoints import EMBEDDED, load_pipeline

    loaded: dict[str | None, Any] = {}

    def make(job: Job) -> Image.Image:
        settings = Settings.of(job.settings)
        if settings.model not in loaded:
            loaded.clear()
            loaded[settings.model] = load_pipeline(settings.model or EMBEDDED, device=device, dtype=dtype)
        return loaded[settings.model](
            job.prompt,
            image=job.source,
            negative_prompt=settings.negative_prompt or None,
            num_inference_steps=settings.steps,
            guidance_scale=settings.guidance,
            generator=torch.Generator("cpu").manual_seed(job.seed),
            letterbox=settings.letterbox,
            own_pixels=settings.own_pixels,
        ).images[0]

    return make
