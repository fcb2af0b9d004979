"""Parts that several tabs share: sampler settings, the line that says what goes on, Run and Stop."""

import html
import logging
import math
import os
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from gradio.events import Dependency
from gradio.utils import get_upload_folder
from PIL import Image

from unilip.demo.cache import save_whole
from unilip.demo.engine import Event, Result, Step, Waiting, refusal
from unilip.demo.sayings import said
from unilip.demo.stopping import Stops
from unilip.pipeline import UniLIPPipeline

logger = logging.getLogger(__name__)

ASSETS = Path(__file__).resolve().parents[2] / "assets"
EXAMPLES = ASSETS / "examples"

MAX_CHARACTERS = 2000
MAX_SEED = 2**32 - 1
MAX_STEPS = 50
MAX_GUIDANCE = 15
# For listeners that only move things about on the page: quick, not in line with the model, no endpoints of the API.
PRIVATE = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
QUICK = {"concurrency_limit": None, "show_progress": "hidden"}  # for endpoints that do not wait for the model
# For those that may have a word for the visitor, which gradio only passes on to events in its queue.
SPEAKING = {"api_visibility": "private", **QUICK}


def forget_when_empty(state: gr.BrowserState) -> None:
    """Has the browser forget a state that becomes empty: of itself, gradio keeps there what it was before."""
    forget = f"(value) => {{ if (!value) localStorage.removeItem('{state.storage_key}') }}"
    state.change(None, state, js=forget, **PRIVATE)


def read_text(text: str | None, what: str) -> str:
    """The visitor's text without blanks around it; raises gr.Error where it is empty or far too long."""
    text = (text or "").strip()
    if not text:
        raise refusal(f"{what} is empty. Please write something first.")
    if len(text) > MAX_CHARACTERS:
        raise refusal(f"{what} has {len(text):,} characters; please keep it under {MAX_CHARACTERS:,}.")
    return text


def keep(picture: Image.Image) -> str:
    """Writes a picture, with its record, to where the page may show it from; raises gr.Error on a full disk."""
    try:
        return save_whole(picture, cache_dir=get_upload_folder(), format="png")
    except OSError as error:
        logger.error("A picture was not saved.", exc_info=error)
        raise refusal(
            "The result cannot be saved here: the disk may be full. Please tell whoever runs this page."
        ) from None


def read_optional_text(text: str | None, what: str) -> str | None:
    """As `read_text`, but nothing where the visitor wrote nothing."""
    return read_text(text, what) if (text or "").strip() else None


def read_whole_number(value: float | None, what: str, lowest: int, highest: int) -> int:
    """A whole number in the given bounds; raises gr.Error for all else. Browsers check this, API calls do not."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    usable = is_number and math.isfinite(value) and value == int(value)
    if not usable or not lowest <= value <= highest:
        raise refusal(f"{what} must be a whole number from {lowest} to {highest}.")
    return int(value)


def read_guidance(value: float | None) -> float:
    """A guidance scale; raises gr.Error for what is no number between 1 and `MAX_GUIDANCE`."""
    if not isinstance(value, (int, float)) or not 1 <= value <= MAX_GUIDANCE:
        raise refusal(f"Guidance must be a number from 1 to {MAX_GUIDANCE}.")
    return float(value)


def read_seed(seed: float | None) -> int:
    """The visitor's seed, or a new one where the field is empty."""
    return random.randint(0, MAX_SEED) if seed is None else read_whole_number(seed, "The seed", 0, MAX_SEED)


@dataclass(frozen=True)
class SamplerSettings:
    """What is folded away under "Advanced settings"."""

    steps: gr.Slider
    guidance: gr.Slider
    negative_prompt: gr.Textbox


def sampler_settings(pipeline: UniLIPPipeline, negative_example: str) -> SamplerSettings:
    """Shows the settings that drawing and editing have in common, at first the model's own."""
    own_steps, own_guidance = pipeline.choose_sampling(None, None)
    steps = gr.Slider(
        1,
        MAX_STEPS,
        value=own_steps,
        step=1,
        label="Steps",
        info="More steps take longer and may add detail.",
        buttons=[],
    )
    guidance = gr.Slider(
        1,
        MAX_GUIDANCE,
        value=own_guidance,
        step=0.5,
        label="Guidance",
        info="How closely to follow your words. 1 turns it off.",
        buttons=[],
    )
    negative_prompt = gr.Textbox(
        "",
        label="Keep away from",
        placeholder=negative_example,
        info="What should not be in the picture. Usually empty.",
    )
    return SamplerSettings(steps, guidance, negative_prompt)


def token_box(label: str, info: str) -> gr.Textbox:
    """Shows a token with a button that copies it."""
    return gr.Textbox("", label=label, info=info, lines=1, interactive=False, buttons=["copy"], elem_classes="token")


def send_buttons(*labels: str) -> list[gr.Button]:
    """Shows buttons that send a result on; they wait for one."""
    return [gr.Button(label, size="sm", interactive=False, min_width=90, elem_classes="quiet") for label in labels]


def thumbnails(label: str, elem_id: str) -> gr.Gallery:
    """Shows small pictures to choose one of."""
    return gr.Gallery(
        label=label,
        show_label=False,
        type="filepath",
        format="png",
        columns=8,
        height="auto",
        object_fit="contain",
        allow_preview=False,
        buttons=[],
        interactive=False,
        elem_id=elem_id,
    )


Download = tuple[gr.Button, gr.DownloadButton]


def download_button(label: str, elem_id: str, **settings) -> Download:
    """Shows a button for a file that is only written when it is wanted, and the hidden one that hands it out."""
    button = gr.Button(label, size="sm", elem_classes="quiet", **settings)
    return button, gr.DownloadButton(label, elem_id=elem_id, elem_classes="unseen")


def wire_download(
    buttons: Download, write: Callable[..., None], inputs: gr.components.Component | list, name: str
) -> None:
    """Connects the buttons to the function that writes the file, whose path and inputs it is given."""
    button, hidden = buttons

    def hand_out(*given) -> str:
        # Where the page keeps what it shows, so that this is deleted when that is.
        kept = get_upload_folder()
        os.makedirs(kept, exist_ok=True)
        path = Path(tempfile.mkdtemp(dir=kept)) / name
        write(path, *given)
        return str(path)

    # A click on gradio's own button takes the file that is there already, not the one that the click makes.
    button.click(hand_out, inputs, hidden, **SPEAKING).success(
        None, js=f"() => setTimeout(() => document.getElementById('{hidden.elem_id}').click(), 200)", **PRIVATE
    )


@dataclass(frozen=True)
class Seed:
    """The seed of the last result, whether to keep it, and the seed asked for by the next run (empty: a new one)."""

    used: gr.Number
    keep: gr.Checkbox
    wanted: gr.Number


def seed_row() -> Seed:
    """Shows the seed and the choice to keep it; a seed that the visitor types is kept."""
    with gr.Row(elem_classes="seed-row"):
        used = gr.Number(label="Seed", placeholder="Chosen for you", min_width=120, scale=1)
        keep = gr.Checkbox(label="Keep this seed", info="The same seed gives the same picture.", min_width=160, scale=2)
    wanted = gr.Number(label="Seed", visible=False)
    used.input(lambda: True, outputs=keep, **PRIVATE)
    # Without triggers: when the page opens, where gradio would show 0 in an empty field.
    gr.on(None, lambda: None, outputs=used, **PRIVATE)
    return Seed(used, keep, wanted)


def status_line(text: str = "", share: float | None = None) -> str:
    """One line on what goes on, with a bar where `share` (0 to 1) of the work is known to be done."""
    bar = "" if share is None else f'<div class="bar"><span style="width: {share:.0%}"></span></div>'
    return f'<div class="status" role="status" aria-live="polite">{bar}<p>{html.escape(said(text))}</p></div>'


def waiting(event: Waiting) -> str:
    """In words, how long the line is."""
    about = "" if event.seconds is None else f", about {math.ceil(event.seconds)} s"
    return f"Waiting: {event.ahead} {'request' if event.ahead == 1 else 'requests'} before yours{about}"


def progress(event: Event, step: str = "Step") -> str:
    """The status line for an event that is not the last; `step` is what its steps are called."""
    match event:
        case Waiting(ahead=0):
            return status_line("Starting…", 0)
        case Waiting():
            return status_line(waiting(event), 0)
        case Step(number=number, total=total) if number == total:
            return status_line("Turning the result into pixels…", 1)
        case Step(number=number, total=total, seconds=seconds):
            left = math.ceil(seconds / number * (total - number))
            return status_line(f"{step} {number} of {total}, about {left} s left", number / total)
        case _:
            return status_line()


def done(event: Result, what: str) -> str:
    """The status line for the end."""
    return status_line(f"{what} in {event.seconds:.1f} s")


@dataclass(frozen=True)
class Action:
    """A tab's one button, the Stop that stands in its place while the model works, and the line on what goes on."""

    run: gr.Button
    stop: gr.Button
    status: gr.HTML


def action(label: str) -> Action:
    """Shows the button with this label, and the status line below it."""
    return Action(
        gr.Button(label, variant="primary", size="lg", elem_classes="run"),
        gr.Button("Stop", variant="stop", size="lg", visible=False, elem_classes="run"),
        gr.HTML(status_line(), label="Status", show_label=False, padding=False),
    )


def wire(
    handler: Callable,
    action: Action,
    inputs: list,
    outputs: list,
    api_name: str,
    text: gr.Textbox | None = None,
    seed: Seed | None = None,
    also: Dependency | None = None,
) -> None:
    """Connects a tab's button to its handler, a generator, and Stop to closing that generator.

    Args:
        outputs: what the handler yields before its last value, which goes to the status line.
        api_name: the endpoint; the handler's docstring describes it.
        text: where Enter does what the button does.
        seed: asked for again if it is to be kept, else the handler chooses a new one.
        also: a listener after which the handler runs, too.
    """

    def begin(*keep_and_seed):
        comes_next = waiting(Waiting(1)) if stops.runs() else "Starting…"
        busy = (gr.Button(visible=False), gr.Button(visible=True), status_line(comes_next, 0))
        if not keep_and_seed:
            return busy
        keep, used = keep_and_seed
        return *busy, used if keep else None

    def end():
        # "Vary this" can begin a second run beside the button's own.
        return [gr.skip()] * 2 if stops.runs() else (gr.Button(visible=True), gr.Button(visible=False))

    def fail():
        return *end(), gr.skip() if stops.runs() else status_line()

    seed_inputs, seed_outputs = ([], []) if seed is None else ([seed.keep, seed.used], [seed.wanted])
    buttons = [action.run, action.stop]
    triggers = [action.run.click] if text is None else [action.run.click, text.submit]
    beginning = {"fn": begin, "inputs": seed_inputs, "outputs": [*buttons, action.status, *seed_outputs], **PRIVATE}
    starts = [gr.on(triggers, **beginning)] + ([also.success(**beginning)] if also else [])
    endpoints = [{"api_name": api_name}, {"api_visibility": "private"}]
    stops = Stops()
    handler = stops.ends(
        handler,
        last=lambda value: (*value[:-1], status_line("Stopped")),
        # Two runs that both write the status line would have it flicker between them.
        behind=None if also is None else lambda value: (*value[:-1], gr.skip()),
    )
    for begun, endpoint in zip(starts, endpoints, strict=False):
        running = begun.then(
            handler, inputs, [*outputs, action.status], show_progress="hidden", concurrency_limit=None, **endpoint
        )
        # "multiple": gradio would drop the end of a run while that of the one before is still on its way.
        running.success(end, None, buttons, trigger_mode="multiple", **PRIVATE)
        running.failure(fail, None, [*buttons, action.status], trigger_mode="multiple", **PRIVATE)
    action.stop.click(stops.press, **PRIVATE)
