"""What a study's votes mean, for whoever holds its owner's token."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from unilip.annotation.report import render
from unilip.annotation.statistics import summarize
from unilip.demo import parts
from unilip.demo.studies import Studies, plain_words


@dataclass(frozen=True)
class Outcome:
    """The fold with the results, which only the owner is offered."""

    fold: gr.Accordion
    offer: Callable


def build_outcome(studies: Studies, owner_token: gr.BrowserState) -> Outcome:
    """Lays the results out and connects them."""

    def offer(owner_token: str):
        # Only whether to show a fold: what is in it comes by the token alone.
        return gr.Accordion(visible=bool(owner_token), open=False)

    def report(owner_token: str, leave_out_flagged: bool) -> str:
        with plain_words():
            owner = studies.store().owner(owner_token)
            return render(summarize(owner.judgements(), leave_out_flagged), owner.overview())

    def study_results(owner_token: str, leave_out_flagged: bool = False) -> str:
        """The results of a study: win rates, strengths, the quality of the votes.

        Args:
            owner_token: The token of the study's owner.
            leave_out_flagged: Whether to leave out the votes of flagged annotators.

        Returns:
            HTML with the report in a frame.
        """
        page = html.escape(report(owner_token, leave_out_flagged))
        # In a frame of its own, where the report's style and the page's leave each other alone, and nothing runs.
        return f'<iframe class="report" title="Results of the study" sandbox srcdoc="{page}"></iframe>'

    def write_export(ending: str) -> Callable:
        def write(path: Path, owner_token: str) -> None:
            with plain_words():
                studies.store().owner(owner_token).export(path)

        return write

    def write_report(path: Path, owner_token: str, leave_out_flagged: bool) -> None:
        path.write_text(report(owner_token, leave_out_flagged), encoding="utf-8")

    with gr.Accordion("Results", open=False, visible=False, elem_id="outcome", elem_classes="frame") as fold:
        shown = gr.HTML(label="Results", show_label=False, padding=False)
        leave_out = gr.Checkbox(label="Leave out the votes of flagged annotators")
        with gr.Row(elem_classes="send-on"):
            refresh = gr.Button("Count again", size="sm", elem_classes="quiet")
            exports = {
                ending: parts.download_button(f"Votes as {ending.upper()}", f"outcome-{ending}")
                for ending in ("jsonl", "csv")
            }
            page = parts.download_button("Report as HTML", "outcome-report")
    told = {"concurrency_limit": None, "show_progress": "minimal"}
    gr.on(
        [refresh.click, fold.expand, leave_out.input],
        study_results,
        [owner_token, leave_out],
        shown,
        api_name="study_results",
        **told,
    )
    for ending, buttons in exports.items():
        parts.wire_download(buttons, write_export(ending), owner_token, f"votes.{ending}")
    parts.wire_download(page, write_report, [owner_token, leave_out], "report.html")
    return Outcome(fold, offer)
