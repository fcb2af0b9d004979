"""Where an annotator judges: the instruction, two results side by side, and a vote by one button or key."""

import html
import json
import time
from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image
from sqlalchemy import Row

from unilip.annotation.errors import AlreadyVotedError, StudyError
from unilip.annotation.judgement import CRITERIA, TAGS
from unilip.annotation.judging import MAX_NOTE, Ballot, Judge, Pair, Progress
from unilip.annotation.pictures import Pictures
from unilip.demo import parts, retouch
from unilip.demo.sayings import said
from unilip.demo.studies import Studies, plain_words

VOTES = {"Left better (1)": "left", "Right better (2)": "right", "Tie (3)": "tie", "Both bad (4)": "bad"}
ASPECTS = dict(zip(CRITERIA, ("Does what was asked", "Looks good", "Keeps the rest"), strict=True))
FAULTS = [
    (words, tag)
    for words, tag in zip(("Not done", "Changed too much", "No longer the same", "Flaws"), TAGS, strict=True)
]
HASTY = "That was quick! Take the time to look at both pictures."
# The id of a vote is made here of what is shown, so that a second press on the same pair is the same vote. The boxes,
# which come last, are where lens.js drew them.
VOTE_JS = """(...all) => {{
    const box = (side) => JSON.parse(document.querySelector(`#bench-${{side}} .fault`)?.dataset.box ?? null);
    all.splice(2, 2, '{choice}', `${{all[1]}}-${{all[4]}}`);
    all.splice(-2, 2, box("left"), box("right"));
    return all;
}}"""
UNDO_JS = "(token) => [token, `undo-${document.querySelector('#bench .asked').dataset.pair}`]"
# Held by the document, so that the browser keeps them until their pair comes.
AHEAD_JS = """(...ahead) => {
    document.ahead = ahead.filter((one) => one?.url).map(({ url }) => Object.assign(new Image(), { src: url }));
}"""
KEYS_JS, LENS_JS = (
    (parts.ASSETS / name).read_text(encoding="utf-8").partition("\n")[2] for name in ("bench.js", "lens.js")
)
LENS = (
    '<p class="note look">Closer with the wheel or two fingers, too: all pictures move together, also by the arrow '
    "keys.</p>"
    '<p class="note box">Drag a box around what is wrong with a result; a click on it takes the box away. By keys: the '
    "arrows move a box, with shift they size it, x goes to the other result, delete takes the box away.</p>"
)


class Box(gr.JSON):
    """Where a fault is: left, top, right and bottom as fractions of the picture. `Ballot` checks them."""

    is_template = True  # the browser knows it as gr.JSON

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "number"}, "additional_description": "left, top, right, bottom"}


@dataclass(frozen=True)
class Bench:
    """What shows a pair, hidden until somebody has a place in a study."""

    column: gr.Column
    leave: gr.Button
    pair: gr.Number  # the number of the pair on show, 0 for none
    outputs: list[gr.components.Component | gr.blocks.BlockContext]

    def show(self, studies: Studies, judge: Judge) -> list[Any]:
        """Values of the outputs for what the annotator judges next: what was said of another pair is cleared, what was
        said of this one before an undo is there again."""
        pair, progress, seat = judge.next(), judge.progress(), judge.seat()
        before = None if pair is None else judge.taken_back(pair.assignment)
        source, left, right = pictures_of(pair, studies.store().pictures)
        there = pair is not None
        return [
            gr.Column(visible=True),
            head(pair, progress, f"{seat.title} · {said('you are')} {seat.annotator}", before),
            gr.Image(source, visible=source is not None),
            gr.Image(left, visible=there),
            gr.Image(right, visible=there),
            gr.Row(visible=there),
            gr.Button(visible=there),
            gr.Button(visible=0 < progress.skipped < progress.total - progress.done),
            pair.assignment if there else 0,
            pair.shown_at if there else 0,
            gr.Accordion(open=False, visible=source is not None),
            None,
            None,
            *said_before(there, before),
            gr.Row(visible=there),
            gr.Accordion(open=False, visible=there),
            None,
        ]

    def hide(self) -> list[Any]:
        """Values of the outputs for nobody."""
        return [gr.Column(visible=False), *[gr.skip()] * (len(self.outputs) - 1)]


def read(path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def pictures_of(pair: Pair | None, pictures: Pictures) -> list[Image.Image | None]:
    """The input picture, the left and the right result, for components that copy them into the page's own folder: the
    names of the copies tell no more than their pixels."""
    names = (None, None, None) if pair is None else (pair.source, pair.left, pair.right)
    return [None if name is None else read(pictures.path(name)) for name in names]


def said_before(there: bool, vote: Row | None) -> list[Any]:
    """Values of the fold "Say more" and of what is in it: what a vote that was taken back said, or nothing."""
    if vote is None:
        return [gr.Accordion(visible=there), *[None] * 6, [], [], ""]
    scores = [getattr(vote, f"{side}_{name}") for side in ("left", "right") for name in CRITERIA]
    more = [*scores, vote.left_tags, vote.right_tags, vote.note]
    return [gr.Accordion(visible=there, open=any(more)), *more]


def head(pair: Pair | None, progress: Progress, seat: str, before: Row | None = None) -> str:
    """The instruction in large type over the line on how far it is, with the boxes of the vote `before` that was taken
    back, which lens.js draws."""
    text = f"{progress.done} of {progress.total} done"
    if progress.seconds is not None:
        text += f", about {max(progress.seconds, 1):.0f} s each"
    if progress.skipped:
        text += f"; {progress.skipped} skipped, to come at the end"
    if pair is not None:
        words, shown = html.escape(pair.prompt), f"{pair.assignment}-{pair.shown_at}"
    elif progress.done < progress.total:
        words, shown = said("Nothing to judge yet: the other pictures are still to be made."), f"0-{time.time()}"
    else:
        words, shown = said("That was all. Thank you!"), f"0-{time.time()}"
    line = parts.status_line(text, progress.done / max(progress.total, 1))
    boxes = json.dumps([None, None] if before is None else [before.left_box, before.right_box])
    asked = f'<h2 class="asked" data-pair="{shown}" data-boxes="{boxes}">{words}</h2>'
    return f'<p class="note">{html.escape(seat)}</p>{asked}{line}'


def build_bench(studies: Studies, token: gr.BrowserState) -> Bench:
    """Lays the bench out and connects it."""

    def vote(
        token: str,
        assignment: float,
        choice: str,
        vote_id: str,
        shown_at: float | None = None,
        left_instruction: int | None = None,
        left_quality: int | None = None,
        left_preservation: int | None = None,
        right_instruction: int | None = None,
        right_quality: int | None = None,
        right_preservation: int | None = None,
        left_tags: list[str] | None = None,
        right_tags: list[str] | None = None,
        note: str = "",
        left_box: list[float] | None = None,
        right_box: list[float] | None = None,
    ):
        """Records a vote; when this returns, it is on disk. Returns what comes next, as /judge does.

        Args:
            token: Of an annotator's place in a study.
            assignment: The number of the pair that was shown.
            choice: left, right, tie or bad.
            vote_id: A text that you choose for this vote; sent again, it changes nothing.
            shown_at: The time when the pair was shown.
            left_instruction: Whether the left result does what was asked, 1 to 5, or none; likewise the next five.
            left_quality: Whether it looks good.
            left_preservation: Whether it keeps the rest.
            right_instruction: The right result.
            right_quality: The right result.
            right_preservation: The right result.
            left_tags: What is wrong with the left result: not_followed, over_edited, identity_lost, artefacts.
            right_tags: The same of the right one.
            note: Anything else.
            left_box: Where the fault of the left result is: left, top, right, bottom as fractions of the picture from 0
                to 1; or none.
            right_box: The same of the right one.
        """
        left = (left_instruction, left_quality, left_preservation)
        right = (right_instruction, right_quality, right_preservation)
        scores = [
            {name: score for name, score in zip(CRITERIA, side, strict=True) if score is not None}
            for side in (left, right)
        ]
        ballot = Ballot(choice, *scores, left_tags or (), right_tags or (), left_box, right_box, note or "")
        with plain_words():
            judge = studies.store().judge(token)
            try:
                receipt = judge.vote(vote_id, assignment, ballot, shown_at)
            except AlreadyVotedError as error:
                gr.Info(said(str(error)))
            else:
                if receipt.hasty:
                    gr.Info(said(HASTY))
            return bench.show(studies, judge)

    def undo_vote(token: str, vote_id: str):
        """Takes the last vote back; its pair comes next, as /judge returns it.

        Args:
            token: Of an annotator's place in a study.
            vote_id: A text that you choose for this undo; sent again, it changes nothing.
        """
        with plain_words():
            judge = studies.store().judge(token)
            if judge.undo(vote_id) is None:
                gr.Info(said("There is no vote to take back."))
            return bench.show(studies, judge)

    def skip_pair(token: str, assignment: float):
        """Puts a pair off until all others are done. Returns what comes next, as /judge does.

        Args:
            token: Of an annotator's place in a study.
            assignment: The number of the pair that was shown.
        """
        with plain_words():
            judge = studies.store().judge(token)
            try:
                judge.skip(assignment)
            except AlreadyVotedError as error:
                gr.Info(said(str(error)))
            return bench.show(studies, judge)

    def return_to_skipped(token: str):
        """Brings back what was put off, before the other pairs. Returns what comes next, as /judge does.

        Args:
            token: Of an annotator's place in a study.
        """
        with plain_words():
            judge = studies.store().judge(token)
            judge.resume_skipped()
            return bench.show(studies, judge)

    def look_ahead(token: str):
        try:
            store = studies.store()
            return pictures_of(store.judge(token).ahead(), store.pictures)
        except (StudyError, OSError):  # what is wrong is told when the annotator does something
            return [None] * 3

    def heat_maps(token: str, assignment: float):
        """What each of the two results changed, in warm colours."""
        with plain_words():
            store = studies.store()
            pair = store.judge(token).pair(int(assignment))
            if pair.source is None:
                return None, None
            source = read(store.pictures.path(pair.source))
            results = [read(store.pictures.path(name)) for name in (pair.left, pair.right)]
            return [retouch.heat_map(source.resize(one.size, Image.Resampling.LANCZOS), one) for one in results]

    def one_over_the_other(token: str, assignment: float):
        """The two results, of one size as the slider needs them."""
        with plain_words():
            store = studies.store()
            pair = store.judge(token).pair(int(assignment))
            left, right = (read(store.pictures.path(name)) for name in (pair.left, pair.right))
            return left, right.resize(left.size, Image.Resampling.LANCZOS)

    looks = {"format": "png", "interactive": False, "buttons": ["fullscreen"], "elem_classes": "frame"}
    paired = {**looks, "elem_classes": ["frame", "paired"]}
    with gr.Column(visible=False, elem_id="bench") as column:
        top = gr.HTML(label="What was asked", show_label=False, padding=False)
        with gr.Row(elem_id="bench-pictures"):
            source = gr.Image(label="Input", **paired)
            left = gr.Image(label="Left", elem_id="bench-left", **paired)
            right = gr.Image(label="Right", elem_id="bench-right", **paired)
        with gr.Row(elem_id="bench-votes") as choices:
            buttons = [gr.Button(label, min_width=120) for label in VOTES]
        with gr.Row(elem_classes="send-on"):
            undo = gr.Button("Undo (z)", size="sm", elem_id="bench-undo", elem_classes="quiet")
            skip = gr.Button("Skip (space)", size="sm", elem_id="bench-skip", elem_classes="quiet")
            back = gr.Button("Come back to the skipped ones", size="sm", visible=False, elem_classes="quiet")
            leave = gr.Button("Leave", size="sm", elem_classes="quiet")
        with gr.Row(elem_id="bench-lens", elem_classes="send-on") as lens:
            gr.Button("Closer (+)", size="sm", elem_id="bench-closer", elem_classes="quiet")
            gr.Button("Farther (-)", size="sm", elem_id="bench-farther", elem_classes="quiet")
            gr.Button("Whole (0)", size="sm", elem_id="bench-whole", elem_classes="quiet")
            gr.Button("Mark a fault (b)", size="sm", elem_id="bench-mark", elem_classes="quiet")
            gr.HTML(LENS, label="How to look and mark", show_label=False, padding=False)
        with gr.Accordion("Left over right", open=False, elem_classes="frame") as over:
            slider = gr.ImageSlider(
                label="Left over right", format="png", interactive=False, buttons=["fullscreen"], elem_id="bench-slider"
            )
        with (
            gr.Accordion("What changed", open=False, elem_id="bench-changed", elem_classes="frame") as changed,
            gr.Row(),
        ):
            heats = [gr.Image(label=f"Changed on the {side}", **looks) for side in ("left", "right")]
        with gr.Accordion("Say more", open=False, elem_classes="frame") as more:
            gr.HTML('<p class="note">As much as you like, before you vote.</p>', label="Note", show_label=False)
            scores, faults = [], []
            with gr.Row():
                for side in ("Left", "Right"):
                    with gr.Column(min_width=260):
                        scores += [gr.Radio([1, 2, 3, 4, 5], label=f"{side}: {ASPECTS[name]}") for name in CRITERIA]
                        faults.append(gr.CheckboxGroup(FAULTS, label=f"{side}: What is wrong"))
            note = gr.Textbox("", label="Note", lines=2, max_length=MAX_NOTE, placeholder="Anything else")
        assignment = gr.Number(precision=0, label="Pair", visible=False)
        shown_at = gr.Number(label="Shown at", visible=False)
        choice = gr.Textbox(label="Choice", visible=False)
        vote_id = gr.Textbox(label="Id of the vote", visible=False)
        upcoming = [
            gr.Image(label=f"Ahead: {which}", format="png", visible=False) for which in ("input", "left", "right")
        ]
        # bench.js presses it when the pair on show is there.
        ahead = gr.Button("Ahead", elem_id="bench-ahead", elem_classes="unseen")
        boxes = [Box(label=f"{side}: Where", visible=False) for side in ("Left", "Right")]

    outputs = [column, top, source, left, right, choices, skip, back, assignment, shown_at]
    outputs += [changed, *heats, more, *scores, *faults, note, lens, over, slider]
    bench = Bench(column, leave, assignment, outputs)
    ballot = [token, assignment, choice, vote_id, shown_at, *scores, *faults, note, *boxes]
    endpoints = [{"api_name": "vote"}, *[{"api_visibility": "private"}] * 3]
    for button, kind, endpoint in zip(buttons, VOTES.values(), endpoints, strict=True):
        button.click(vote, ballot, outputs, js=VOTE_JS.format(choice=kind), **parts.QUICK, **endpoint)
    undo.click(undo_vote, [token, vote_id], outputs, js=UNDO_JS, api_name="undo_vote", **parts.QUICK)
    skip.click(skip_pair, [token, assignment], outputs, api_name="skip_pair", **parts.QUICK)
    back.click(return_to_skipped, token, outputs, api_name="return_to_skipped", **parts.QUICK)
    # Of the same pixels gradio makes the same address, so that the next pair's pictures are there when it comes.
    ahead.click(look_ahead, token, upcoming, **parts.PRIVATE).success(None, upcoming, js=AHEAD_JS, **parts.PRIVATE)
    changed.expand(heat_maps, [token, assignment], heats, **parts.SPEAKING)
    over.expand(one_over_the_other, [token, assignment], slider, **parts.SPEAKING)
    for script in (KEYS_JS, LENS_JS):
        gr.on(None, None, js=script, **parts.PRIVATE)
    return bench
