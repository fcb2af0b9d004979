"""Make a study, for researchers: from a table or a zip file, or of votes that were exported. Folded away on Compare."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import gradio as gr

from unilip.annotation.archive import SETTINGS, find_contestant, find_source, unpacked
from unilip.annotation.errors import StudyError
from unilip.annotation.sampling import Settings
from unilip.annotation.sources import Contestant, read_items
from unilip.annotation.store import MAX_REPEATS, MAX_TITLE
from unilip.demo import parts
from unilip.demo.engine import refusal
from unilip.demo.sayings import said
from unilip.demo.studies import Studies, plain_words

ABOUT = (
    '<p class="note">For researchers. Give what is to be judged as a table, .csv or .jsonl, with the columns '
    "<code>id</code> and <code>prompt</code>, and <code>image</code> and <code>category</code> if you like; or as a "
    ".zip with such a table and its pictures, or with the folders of GenEval or ImgEdit. For a large study there is "
    "<code>python -m unilip study create</code>.</p>"
)
EXAMPLE = "gentle: guidance=1.5, steps=20\nfirm: guidance=6, steps=20"
MOST_ANNOTATORS = 1000
SHOW_JS = "() => document.getElementById('manage').scrollIntoView({ behavior: 'smooth' })"


@dataclass(frozen=True)
class Making:
    """The fold, and in it the fields, the button that makes a study of them, and the other that loads one."""

    fold: gr.Accordion
    fields: list[gr.components.Component]
    button: gr.Button
    load: gr.UploadButton


def build_making() -> Making:
    """Lays the fold out."""
    with gr.Accordion("Make a study of your own", open=False, elem_id="making", elem_classes="frame") as fold:
        gr.HTML(ABOUT, label="About", show_label=False, padding=False)
        with gr.Row():
            with gr.Column(min_width=280):
                upload = gr.File(label="Table or zip file", file_types=[".csv", ".jsonl", ".zip"], height=150)
            with gr.Column(min_width=280):
                title = gr.Textbox("", label="Title", placeholder="What annotators see", max_length=MAX_TITLE)
                contestants = gr.Textbox(
                    EXAMPLE,
                    label="Who is compared",
                    info="One a line: a name and settings of this model (steps, guidance, negative_prompt, "
                    "letterbox, own_pixels), or the name of a folder with pictures in the zip file.",
                    lines=3,
                    max_lines=8,
                )
        with gr.Row():
            repeats = gr.Slider(
                0,
                MAX_REPEATS,
                value=0.05,
                step=0.01,
                label="Share shown twice",
                info="Tells how steady the votes are.",
                buttons=[],
            )
            overlap = gr.Number(
                0,
                minimum=0,
                maximum=MOST_ANNOTATORS,
                label="Annotators for each pair",
                info="0: everybody judges every pair.",
            )
            open_to_all = gr.Checkbox(True, label="Anyone may join", info="Else only those whom you invite.")
        with gr.Row(elem_classes="send-on"):
            button = gr.Button("Make the study", size="sm", elem_classes="quiet")
            load = gr.UploadButton(
                "Load exported votes", file_types=[".csv", ".jsonl"], size="sm", elem_classes="quiet"
            )
    return Making(fold, [upload, title, contestants, repeats, overlap, open_to_all], button, load)


def connect(making: Making, studies: Studies, owner_token: gr.BrowserState, shown: list, model: str | None) -> None:
    """Connects the fold.

    Args:
        shown: folds in which the owner sees to a study; they open when one is made.
        model: what a study calls the page's model; None for the embedded one.
    """

    def opened() -> list[gr.Accordion]:
        return [gr.Accordion(open=False), *[gr.Accordion(open=True) for _ in shown]]

    def make_study(
        upload: str | None,
        title: str = "",
        contestants: str = EXAMPLE,
        repeats: float = 0.05,
        overlap: float = 0,
        open_to_all: bool = True,
    ):
        """Makes a study.

        Args:
            upload: A .csv or .jsonl table with the columns id and prompt (or instruction), and image and category if
                you like; or a .zip with such a table and its pictures, or with GenEval's or ImgEdit's layout.
            title: What annotators see; the file's name if empty.
            contestants: One a line: "name: guidance=6, steps=20" for settings of the page's model, or the name of a
                folder in the zip with a picture for each item, such as x.png for the id x.
            repeats: The share of an annotator's comparisons that come twice, 0 to 0.5.
            overlap: How many annotators judge each comparison; 0 for all.
            open_to_all: Whether anybody may join by giving a name.

        Returns:
            The token of the study's owner, by which all the rest is done.
        """
        if not upload:
            raise refusal("There is no file yet. Please give a table or a zip file.")
        most = parts.read_whole_number(overlap or 0, "The number of annotators", 0, MOST_ANNOTATORS) or None
        path = Path(upload)
        with plain_words(), unpacked(path) as folder:
            items = read_items(find_source(folder))
            entrants = [
                read_contestant(line.strip(), folder) for line in (contestants or "").splitlines() if line.strip()
            ]
            named = (title or "").strip() or path.stem
            ticket = studies.store().create(
                named, items, entrants, repeats=repeats or 0, overlap=most, open=bool(open_to_all)
            )
        return ticket.token, *opened()

    def read_contestant(line: str, folder: Path) -> Contestant:
        name, colon, words = (part.strip() for part in line.partition(SETTINGS))
        if not colon:
            return find_contestant(folder, name)
        settings = Settings.parse(words)
        if settings.model is not None:
            raise StudyError("Settings here are those of this page's model: leave the model out.")
        if settings.steps is not None:
            parts.read_whole_number(settings.steps, "Steps", 1, parts.MAX_STEPS)
        if settings.guidance is not None:
            parts.read_guidance(settings.guidance)
        return Contestant(name, settings=asdict(replace(settings, model=model)))

    def load_study(votes: str | None):
        """Makes a study of votes that were exported, to read its results here.

        Args:
            votes: A .jsonl or .csv file of votes, as the results offer it.

        Returns:
            The token of the study's owner.
        """
        if not votes:
            raise refusal("There is no file yet. Please give a file of votes.")
        with plain_words():
            return studies.store().load(Path(votes)).token, *opened()

    outputs = [owner_token, making.fold, *shown]
    label = making.button.value  # before the page is put into other languages
    busy = making.button.click(
        lambda: gr.Button(said("Reading the file…"), interactive=False), None, making.button, **parts.PRIVATE
    )
    made = busy.then(make_study, making.fields, outputs, api_name="make_study", **parts.QUICK)
    made.then(lambda: gr.Button(said(label), interactive=True), None, making.button, **parts.PRIVATE)
    loaded = making.load.upload(load_study, making.load, outputs, api_name="load_study", **parts.QUICK)
    for listener in (made, loaded):
        listener.success(None, js=SHOW_JS, **parts.PRIVATE)
