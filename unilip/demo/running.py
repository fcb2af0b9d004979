"""A study's pictures, made with the page's own model."""

import html
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from unilip.annotation.owner import Owner
from unilip.annotation.running import Job, keep, missing
from unilip.annotation.sampling import Settings
from unilip.checkpoints import EMBEDDED, display_name
from unilip.demo import parts
from unilip.demo.engine import Engine, Event, Result, Waiting, refusal
from unilip.images import open_picture


def make_missing(engine: Engine, owner: Owner) -> Iterator[Any]:
    """Makes the pictures that a study still lacks, one request each, so that others get their turn.

    Yields:
        Status lines, or `gr.skip()` where there is nothing new to say. Closing the iterator stops the model; what is
        made stays, and the next run goes on from there.

    Raises:
        StudyGoneError: the study was deleted meanwhile.
        gr.Error: the model failed, or these pictures cannot be made here.
    """
    jobs, total = missing(owner), owner.overview().pictures_needed
    for job in jobs:
        check(engine, job)
    first, started = total - len(jobs), time.monotonic()
    for made, job in enumerate(jobs, start=first):
        status = f"Picture {made + 1} of {total}"
        if made > first:
            left = (time.monotonic() - started) / (made - first) * (total - made)
            status += f", about {left:.0f} s left"
        yield parts.status_line(status, made / total)
        for event in draw(engine, job):
            match event:
                case Result(value=[picture]):
                    keep(owner, job, picture)
                case Waiting(ahead=ahead) if ahead:
                    yield parts.progress(event)
                case _:  # to be stopped at
                    yield gr.skip()


def check(engine: Engine, job: Job) -> None:
    """Raises gr.Error for a picture that would not be what the study says it is."""
    if job.settings is None or (job.source is not None and not job.source.exists()):
        raise refusal("This study was loaded from its votes: no pictures can be made for it.")
    settings = Settings.of(job.settings)
    # As for drawing on this page; who imports a study could ask for anything.
    if settings.steps is not None:
        parts.read_whole_number(settings.steps, "Steps", 1, parts.MAX_STEPS)
    if settings.guidance is not None:
        parts.read_guidance(settings.guidance)
    # Studies of earlier versions hold the name that the page shows.
    if settings.model not in (engine.source, engine.name):
        model = settings.model or display_name(EMBEDDED)
        raise refusal(
            f"“{html.escape(job.contestant)}” needs the model {html.escape(model)}, and another one runs here. "
            "Its pictures can be made on the command line, by python -m unilip study run."
        )


def draw(engine: Engine, job: Job) -> Iterator[Event]:
    settings = Settings.of(job.settings)
    return engine.draw(
        job.prompt,
        [job.seed],
        *engine.pipeline.choose_sampling(settings.steps, settings.guidance),
        negative_prompt=settings.negative_prompt or None,
        image=None if job.source is None else open_picture(job.source),
        letterbox=settings.letterbox,
        own_pixels=settings.own_pixels,
    )
