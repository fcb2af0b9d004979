"""One model, the one thread that runs it, and a way to watch and to stop what it does."""

import gc
import logging
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

try:
    import spaces  # on ZeroGPU it has to come before anything touches CUDA
except ImportError:
    spaces = None
import gradio as gr
import torch
from PIL import Image

from unilip.images import PictureError, to_output
from unilip.lineage import Record, fingerprint, write_record
from unilip.pipeline import UniLIPPipeline

logger = logging.getLogger(__name__)

HEARTBEAT = 0.5  # seconds; how long a visitor's Stop may go unnoticed while a step runs
# What one call may take on ZeroGPU, in seconds: a visitor's quota is charged for it, so no more than it needs.
GPU_SECONDS, GPU_SECONDS_A_STEP = 30, 0.15  # for a start with an answer or a rebuilt picture; a step of one picture
LONGEST_ANSWER = 512  # tokens
PREVIEW_SHARE = 0.15  # of the time of a run that may go into pictures of how far it is


@dataclass(frozen=True)
class Waiting:
    """`ahead` requests come first, and take about so many seconds together, if that is known."""

    ahead: int
    seconds: float | None = None


@dataclass(frozen=True)
class Step:
    """Step `number` of `total` is done, `seconds` after the first began; now and then with what the pictures look like
    so far."""

    number: int
    total: int
    seconds: float
    preview: list[Image.Image] | None = None


@dataclass(frozen=True)
class Text:
    """The answer so far."""

    text: str


@dataclass(frozen=True)
class Result:
    """The end: pictures or the whole answer, and how long it took."""

    value: Any
    seconds: float


Event = Waiting | Step | Text | Result
Work = Callable[[Callable[[Event], None], threading.Event], Any]


class _Stopped(Exception):
    """Leaves a sampler in mid-run: nobody waits for its pictures, so they need not be decoded."""


class Engine:
    """Serves one request after the other with one pipeline.

    Every public method is a generator of events that ends with a `Result` or raises `gr.Error` in words for the
    visitor. Closing the generator (Stop, a closed tab) stops the model at its next step or token; the next request
    then starts.

    Args:
        pipeline: the model.
        queue_size: requests that may wait; one more is refused.
        name: what the pictures' records call the model.
        source: what `--model` names to load it, for studies; None for the embedded model.
        max_tiles: into how many tiles a chat may cut a picture (see `UniLIPPipeline.chat`).
    """

    def __init__(
        self,
        pipeline: UniLIPPipeline,
        queue_size: int = 20,
        name: str = "UniLIP",
        source: str | None = None,
        max_tiles: int = 1,
    ):
        self.pipeline = pipeline
        self.queue_size = queue_size
        self.max_tiles = max_tiles
        self.name, self.source, self.fingerprint = name, source, fingerprint(pipeline)
        # The model belongs to this thread alone, so requests cannot overlap, however their handlers come and go.
        self._model_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._line: list[threading.Event] = []  # stop flags of the request that runs and of those that wait, in order
        self._line_lock = threading.Lock()
        self._durations: deque[float] = deque(maxlen=20)  # seconds that the latest requests took
        if spaces is not None:
            # Bound methods, so that the model is inherited by the process that gets the GPU, not sent to it.
            self.draw = spaces.GPU(duration=drawing_seconds)(self.draw)
            self.answer = spaces.GPU(duration=GPU_SECONDS)(self.answer)
            self.reconstruct = spaces.GPU(duration=GPU_SECONDS)(self.reconstruct)

    def draw(
        self,
        prompt: str,
        seeds: list[int],
        steps: int,
        guidance_scale: float | None = None,
        negative_prompt: str | None = None,
        image: Image.Image | None = None,
        letterbox: bool = False,
        own_pixels: bool | None = None,
        preview: bool = False,
    ) -> Iterator[Event]:
        """One picture for each seed, from the prompt alone or, given an image, by editing it; with `preview`, some
        steps show what they expect. The pictures carry their records (see `unilip.lineage`)."""
        steps, guidance_scale = self.pipeline.choose_sampling(steps, guidance_scale)
        own_pixels = image is not None and self.pipeline.choose_own_pixels(own_pixels)
        total = steps * len(self.pipeline.changes(prompt, edit=image is not None))

        def work(emit: Callable[[Event], None], stop: threading.Event) -> list[Image.Image]:
            started = time.monotonic()
            last = spent = 0.0  # seconds for previews

            def after_step(pipeline: UniLIPPipeline, index: int, timestep: torch.Tensor, tensors: dict) -> dict:
                nonlocal last, spent
                if stop.is_set():
                    raise _Stopped
                shown, begun = None, time.monotonic()
                if preview and 1 < index + 1 < total and spent + last <= PREVIEW_SHARE * (begun - started):
                    squares = pipeline.decode_latents(tensors["estimate"])
                    shown = to_output(squares, None if image is None else [image.size] * len(seeds), letterbox, "pil")
                    last = time.monotonic() - begun
                    spent += last
                emit(Step(index + 1, total, time.monotonic() - started, shown))
                return tensors

            drawn = self.pipeline(
                prompt,
                image=image,
                negative_prompt=negative_prompt,
                num_inference_steps=steps,
                guidance_scale=guidance_scale,
                num_images_per_prompt=len(seeds),
                generator=[torch.Generator().manual_seed(seed) for seed in seeds],
                letterbox=letterbox,
                own_pixels=own_pixels,
                callback_on_step_end=after_step,
            ).images
            task = "create" if image is None else "edit"
            settings = (steps, guidance_scale, negative_prompt or "", letterbox, own_pixels)
            records = [Record(task, self.name, self.fingerprint, prompt, seed, *settings) for seed in seeds]
            return [write_record(one, record.after(image)) for one, record in zip(drawn, records, strict=True)]

        yield from self._run(work)

    def answer(self, messages: list[dict]) -> Iterator[Event]:
        """The model's next turn in a conversation (see `UniLIPPipeline.chat`), as it is written."""

        def work(emit: Callable[[Event], None], stop: threading.Event) -> str:
            text = ""
            # A quarter of a small model's context at most, so that the conversation has room.
            longest = min(LONGEST_ANSWER, self.pipeline.mllm.config.text_config.max_position_embeddings // 4)
            options = {"max_new_tokens": longest, "max_tiles": self.max_tiles, "should_stop": stop.is_set}
            for piece in self.pipeline.chat(messages, stream=True, **options):
                text += piece
                emit(Text(text))
            return text

        yield from self._run(work)

    def reconstruct(self, picture: Image.Image, rounds: int = 1) -> Iterator[Event]:
        """The picture, encoded and decoded again, so many times in a row: a `Step` for each round, then the pictures
        after each round and the scaled latents (channels, height, width) of the first."""

        def work(emit: Callable[[Event], None], stop: threading.Event) -> tuple[list[Image.Image], torch.Tensor]:
            started = time.monotonic()
            latents = self.pipeline.reconstruct(picture, output_type="latent").images
            rebuilt = self.pipeline.reconstruct(picture).images
            while len(rebuilt) < rounds and not stop.is_set():
                emit(Step(len(rebuilt), rounds, time.monotonic() - started))
                rebuilt.append(self.pipeline.reconstruct(rebuilt[-1]).images[0])
            record = Record("reconstruct", self.name, self.fingerprint).after(picture)
            return [write_record(rebuilt[0], record), *rebuilt[1:]], latents[0].float().cpu()

        yield from self._run(work)

    @property
    def is_busy(self) -> bool:
        """Whether a request runs or waits."""
        with self._line_lock:
            return bool(self._line)

    def close(self) -> None:
        """Stops what runs and refuses what comes."""
        with self._line_lock:
            for stop in self._line:
                stop.set()
        self._model_thread.shutdown(wait=False, cancel_futures=True)

    def _run(self, work: Work) -> Iterator[Event]:
        events: queue.SimpleQueue[Event | gr.Error] = queue.SimpleQueue()
        stop = threading.Event()

        def serve() -> None:
            try:
                started = time.monotonic()
                if not stop.is_set():
                    value = work(events.put, stop)
                    seconds = time.monotonic() - started
                    self._durations.append(seconds)
                    events.put(Result(value, seconds))
            except _Stopped:
                pass
            except Exception as error:
                events.put(_explain(error))
            finally:
                with self._line_lock:
                    self._line.remove(stop)

        with self._line_lock:
            if len(self._line) > self.queue_size:
                raise refusal(f"{len(self._line)} requests are waiting already. Please try again in a minute.")
            self._line.append(stop)
        self._model_thread.submit(serve)
        event: Event | gr.Error = self._waiting(stop)
        try:
            while not isinstance(event, Result):
                yield event
                with suppress(queue.Empty):
                    event = events.get(timeout=HEARTBEAT)
                    while not events.empty():  # a slow reader gets the latest news, not all of it
                        before, event = event, events.get_nowait()
                        if isinstance(event, Step) and isinstance(before, Step) and event.preview is None:
                            event = replace(event, preview=before.preview)
                if isinstance(event, Waiting):
                    event = self._waiting(stop)
                if isinstance(event, gr.Error):
                    raise event
            yield event
        finally:
            # Only a flag: gradio closes generators on its event loop, which must not wait for the model.
            stop.set()

    def _waiting(self, stop: threading.Event) -> Waiting:
        with self._line_lock:
            ahead = self._line.index(stop) if stop in self._line else 0
        durations = [*self._durations]
        return Waiting(ahead, ahead * sum(durations) / len(durations) if durations else None)


def drawing_seconds(prompt: str, seeds: list[int], steps: int, *rest: Any, **settings: Any) -> int:
    """What a call of `Engine.draw` with these arguments may take on ZeroGPU."""
    return math.ceil(GPU_SECONDS + GPU_SECONDS_A_STEP * steps * len(seeds))


def refusal(message: str) -> gr.Error:
    """An error for the visitor's eyes; it leaves no trace in the log."""
    return gr.Error(message, print_exception=False)


def _explain(error: Exception) -> gr.Error:
    """The words for a visitor; the details go to the log, and memory that the failed run held is let go."""
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, PictureError):
        return refusal(str(error))
    if isinstance(error, ValueError) and "too long" in str(error):
        return refusal(f"{error} Please shorten it or, in a chat, start a new conversation.")
    if isinstance(error, FloatingPointError):
        return refusal("The picture came out as values that are not numbers. Please try a lower guidance.")
    logger.error("A request failed.", exc_info=error)
    error.__traceback__ = None  # its frames hold the tensors of the failed run
    if _is_out_of_memory(error):
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return refusal("The model ran out of memory. Ask for fewer pictures at once, or use a smaller picture.")
    return refusal("Something went wrong here, and it is not your fault. Your input is kept: please try again.")


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # The CPU's and MPS's allocators raise a plain RuntimeError.
    return isinstance(error, RuntimeError) and ("t allocate memory" in str(error) or "out of memory" in str(error))
