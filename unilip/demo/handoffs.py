"""What goes from tab to tab: a picture to be edited or asked about, and the settings that a picture carries."""

import gradio as gr
from PIL import Image

from unilip.demo import parts
from unilip.demo.chat import ChatTab
from unilip.demo.create import CreateTab, picked
from unilip.demo.edit import RESULTS, EditTab
from unilip.demo.engine import Engine, refusal
from unilip.demo.picture import read_picture
from unilip.demo.sayings import said
from unilip.lineage import Record, read_record


def connect(
    engine: Engine, tabs: gr.Tabs, chat: ChatTab, create: CreateTab, edit: EditTab, results: gr.Gallery
) -> None:
    """Connects the tabs with each other and with the results of the visit."""

    def edit_drawn(pictures: list[tuple[str, str]] | None, number: int):
        return gr.Tabs(selected="edit"), picked(pictures, number), ""

    def ask_drawn(pictures: list[tuple[str, str]] | None, number: int, message: dict | None):
        return gr.Tabs(selected="chat"), joined(message, picked(pictures, number))

    def ask_edited(pair: tuple[str, str] | None, message: dict | None):
        return gr.Tabs(selected="chat"), joined(message, pair[1])

    def joined(message: dict | None, picture: str) -> dict:
        """The chat's message with a picture beside what was typed and attached before."""
        message = message or {}
        return {"text": message.get("text") or "", "files": [*(message.get("files") or ()), picture]}

    def restore_dropped(path: str):
        return restore(read_picture(path))

    def restore_result(pictures: list[tuple[str, str]], event: gr.SelectData):
        return restore(Image.open(pictures[event.index][0]))

    def restore(picture: Image.Image):
        """Fills the tab that made a picture with the settings that the picture carries."""
        record = read_record(picture)
        if record is None or record.task == "reconstruct":
            raise refusal("This picture carries no settings: it was not drawn or edited here, or was saved anew since.")
        steps = min(max(record.steps, 1), parts.MAX_STEPS)
        guidance = min(max(record.guidance, 1), parts.MAX_GUIDANCE)
        filled = [record.prompt, record.seed, True, steps, guidance, record.negative_prompt]
        if record.task == "create":
            tell(record, "Draw")
            return gr.Tabs(selected="create"), None, *filled, 1, *[gr.skip()] * 8
        tell(record, "Edit")
        return gr.Tabs(selected="edit"), None, *[gr.skip()] * 7, *filled, record.letterbox, RESULTS[record.own_pixels]

    def tell(record: Record, button: str) -> None:
        if record.fingerprint == engine.fingerprint:
            same = f"{button} gives the same picture again"
            text = f"Restored. {same}." if button == "Draw" else f"Restored. With the picture it was made from, {same}."
        else:
            text = f"Restored, but the picture was made by another model ({record.model}): the result will differ."
        gr.Info(said(text), duration=8)

    selected = [create.gallery, create.selected]
    create.edit.click(edit_drawn, selected, [tabs, edit.picture, edit.instruction], **parts.SPEAKING)
    create.ask.click(ask_drawn, [*selected, chat.box], [tabs, chat.box], **parts.SPEAKING)
    edit.ask.click(ask_edited, [edit.slider, chat.box], [tabs, chat.box], **parts.PRIVATE)
    fields = [
        tabs,
        create.restore,
        *(create.prompt, create.seed.used, create.seed.keep),
        *(create.settings.steps, create.settings.guidance, create.settings.negative_prompt, create.count),
        *(edit.instruction, edit.seed.used, edit.seed.keep),
        *(edit.settings.steps, edit.settings.guidance, edit.settings.negative_prompt, edit.letterbox, edit.result),
    ]
    create.restore.upload(restore_dropped, create.restore, fields, **parts.SPEAKING)
    results.select(restore_result, results, fields, **parts.SPEAKING)
