"""The Chat tab: questions about one or several pictures, over several turns."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import gradio as gr
from PIL import Image

from unilip.demo import parts
from unilip.demo.engine import Engine, Event, Result, Step, Text, Waiting, refusal
from unilip.demo.hints import ONLY_PICTURES, hint_line
from unilip.demo.picture import read_picture
from unilip.demo.routing import Route, Task, route
from unilip.demo.sayings import said
from unilip.demo.stopping import Stops

MAX_PICTURES = 8
Reply = Literal["auto"] | Task
THINKING = "…"  # stands where the answer will be
REPLIES = [("Auto", "auto"), ("Answer", "answer"), ("Drawing", "draw"), ("Edit", "edit")]
STOPPED = "Stopped"  # stands there if it is stopped before its first word, and is no part of the conversation
TAG, UNTAGGED = re.compile(r"<(?=[a-zA-Z/!?])"), "<\u200b"
EXAMPLES = (
    ("cat-and-dog.png", "What is in the picture?"),
    ("apples.png", "How many apples are there?"),
    ("bus.png", "What colour is the bus?"),
    ("umbrella.png", "What is below the umbrella?"),
)


class Progress(str):
    """What stands where an answer or a picture will be."""


class PlainChatbot(gr.Chatbot):
    """A conversation in which text stays text: what a visitor or the model writes can neither become markup nor load
    anything. Without Markdown, gradio still shows HTML; here what would begin a tag has an invisible space behind."""

    is_template = True  # the browser shows a gr.Chatbot

    def postprocess(self, value):
        shown = super().postprocess(value)
        for message in shown.root:
            for block in message.content:
                if block.type == "text":
                    block.text = TAG.sub(UNTAGGED, block.text)
        return shown

    def preprocess(self, payload) -> list[dict]:
        history = super().preprocess(payload)
        for turn in history:
            for block in turn["content"]:
                if block.get("type") == "text":
                    block["text"] = block["text"].replace(UNTAGGED, "<")
        return history


@dataclass(frozen=True)
class ChatTab:
    """What other tabs reach: the message box."""

    box: gr.MultimodalTextbox


def build_chat_tab(engine: Engine, embedded: bool) -> ChatTab:
    """Lays the tab out and connects it."""

    def chat(message: dict | None, history: list[dict], reply: Reply = "auto") -> Iterator[tuple]:
        """Answers a message about the pictures in it and in the conversation so far, or draws or edits when it says so.

        Args:
            message: The text, and the pictures as files.
            history: The conversation so far, as an earlier call gave it back, its pictures as files; an empty list at
                first.
            reply: "answer" in words, "draw" what the message says, "edit" the last picture, or "auto": whichever of
                them the message seems to ask for.

        Returns:
            The conversation with the answer, and the message box, emptied.
        """
        message = message or {}
        text = parts.read_text(message.get("text"), "The message")
        files = [{"path": path} for path in message.get("files") or ()]
        # Pictures have a turn of their own: the pencil at a turn with both would leave its new words alone.
        asked = [*history, *({"role": "user", "content": content} for content in (files, [as_text(text)]) if content)]
        pictures = [path for turn in asked for block in turn["content"] if (path := picture_of(block))]
        wish = route(text, bool(pictures))
        if reply not in ("auto", wish.task):
            wish = Route(reply, text)
        if wish.task == "edit" and not pictures:
            raise refusal("There is no picture to change yet. Please add one, or ask for one: “draw a red cat”.")
        if wish.task == "answer":
            if embedded and not pictures:
                raise refusal(f"{ONLY_PICTURES} Please add one, or ask for one: “draw a red cat”.")
            if len(files) > 1 and engine.pipeline.config.latest_picture_only:
                gr.Info(said("This model looks at one picture at a time: its answer is about the last one."))
            answers = answer(asked)
        else:
            answers = draw(wish, read_picture(pictures[-1]) if wish.task == "edit" else None)
        yield [*asked, {"role": "assistant", "content": Progress(THINKING)}], None
        try:
            for content in answers:
                # The box is left alone: the visitor may be typing the next question.
                yield [*asked, {"role": "assistant", "content": content}], gr.skip()
        except gr.Error:
            yield history, {"text": text, "files": message.get("files") or []}
            raise

    def halt(value: tuple) -> tuple:
        """What a stopped run leaves: the words that it had, or that it was stopped."""
        history = value[0]
        if history and isinstance(history[-1]["content"], Progress):
            history = [*history[:-1], {"role": "assistant", "content": said(STOPPED)}]
        return history, gr.skip()

    def answer(asked: list[dict]) -> Iterator[str]:
        """What the model says, growing."""
        turns = engine.pipeline.heard(read_turns(asked))
        pictures = [block for turn in turns for block in turn["content"] if block["type"] == "image"]
        if len(pictures) > MAX_PICTURES:
            raise refusal(
                f"The conversation has {len(pictures)} pictures; at most {MAX_PICTURES} fit. Please start a new one."
            )
        for block in pictures:
            block["image"] = read_picture(block["image"])
        for event in engine.answer(turns):
            text = event.text if isinstance(event, Text) else event.value if isinstance(event, Result) else ""
            yield text or in_line(event)

    def in_line(event: Event) -> Progress:
        """A line for the time before the model begins."""
        return Progress(said(parts.waiting(event)) if isinstance(event, Waiting) and event.ahead else THINKING)

    def draw(wish: Route, picture: Image.Image | None) -> Iterator[str | list]:
        """A line that tells how far the drawing or edit is, then the picture with what was done."""
        seed = parts.read_seed(None)
        steps = engine.pipeline.config.num_inference_steps
        for event in engine.draw(wish.text, [seed], steps, image=picture):
            if isinstance(event, Result):
                done = "Drew" if picture is None else "Changed the picture"
                yield [
                    {"path": parts.keep(event.value[0])},
                    as_text(said(f"{done}: {wish.text} (seed {seed})")),
                ]
            elif isinstance(event, Step):
                doing = "Drawing" if picture is None else "Editing"
                yield Progress(said(f"{doing}… step {event.number} of {event.total}"))
            else:
                yield in_line(event)

    def as_text(text: str) -> dict:
        return {"type": "text", "text": text}

    def picture_of(block: dict) -> str | None:
        return block.get("path") or (block.get("file") or {}).get("path")

    def read_turns(asked: list[dict]) -> list[dict]:
        """The conversation as the model reads it. It has never seen itself show a picture: one that was drawn comes
        with the question after it, in the place of the wish for it."""
        turns: list[dict] = []
        shown: list[dict] = []
        for turn in asked:
            blocks = [*read_blocks(turn)]
            if turn["role"] == "assistant" and any(block["type"] == "image" for block in blocks):
                wish = turns.pop()
                shown = [block for block in (*wish["content"], *blocks) if block["type"] == "image"][-1:]
            elif turn["role"] == "user" and turns and turns[-1]["role"] == "user":
                turns[-1]["content"] += blocks
            elif turn["role"] == "user":
                turns.append({"role": "user", "content": shown + blocks})
                shown = []
            else:
                turns.append({"role": "assistant", "content": blocks})
        return turns

    def read_blocks(turn: dict) -> Iterator[dict]:
        """What gradio keeps of a turn as the pipeline's blocks, pictures still as files."""
        nothing_said = (THINKING, STOPPED, said(STOPPED)) if turn["role"] == "assistant" else ()
        for block in turn["content"]:
            if path := picture_of(block):
                yield {"type": "image", "image": path}
            elif block.get("type") == "text" and block["text"] not in nothing_said:
                yield as_text(block["text"])

    chatbot = PlainChatbot(
        label="Conversation",
        show_label=False,
        height=460,
        layout="bubble",
        buttons=["copy"],
        editable="user",
        group_consecutive_messages=False,
        placeholder="### Ask about a picture, or for one\nAdd one, say “draw a red cat”, or start with one of these.",
        examples=[
            {"text": text, "files": [str(parts.EXAMPLES / file)], "icon": str(parts.EXAMPLES / file)}
            for file, text in EXAMPLES
        ],
        render_markdown=False,
        elem_id="chat",
        elem_classes="frame",
    )
    box = gr.MultimodalTextbox(
        show_label=False,
        label="Message",
        placeholder="Ask about a picture, “draw …” or “make it …”",
        file_types=["image"],
        file_count="multiple",
        sources=["upload"],
        max_lines=6,
        elem_id="chat-box",
        elem_classes="frame",
    )
    hint_line(embedded, box)
    reply = gr.Radio(REPLIES, value="auto", label="Reply", container=False, elem_id="chat-reply")
    camera = gr.Image(
        label="Take a picture",
        sources=["webcam"],
        type="filepath",
        format="png",
        height=320,
        visible=False,
        elem_id="chat-camera",
        elem_classes="frame",
    )
    with gr.Row(elem_classes="send-on"):
        use_camera = gr.Button("Camera", size="sm", variant="secondary", elem_classes="quiet")
        clear = gr.Button("New conversation", size="sm", variant="secondary", elem_classes="quiet")
        save = parts.download_button("Save as Markdown", "chat-save", interactive=False)

    def begin():
        return gr.MultimodalTextbox(submit_btn=False, stop_btn=True)

    def end():
        return gr.MultimodalTextbox(submit_btn=True, stop_btn=False)

    def take_example(example: gr.SelectData):
        files = [file["path"] for file in example.value["files"]]
        return gr.MultimodalTextbox({"text": example.value["text"], "files": files}, submit_btn=False, stop_btn=True)

    def take_back(history: list[dict], index: int):
        """The conversation before the visitor's turn at `index`, or before the one that the answer there is for, and
        that turn in the box."""
        while history[index]["role"] != "user":
            index -= 1
        start = index
        while start and history[start - 1]["role"] == "user":
            start -= 1
        content = [block for turn in history[start : index + 1] for block in turn["content"]]
        files = [path for block in content if (path := picture_of(block))]
        text = " ".join(block["text"] for block in content if block.get("type") == "text")
        return history[:start], files, text

    def turn_of(index: int | list[int]) -> int:
        # A turn of several blocks is counted by both.
        return index if isinstance(index, int) else index[0]

    def ask_again(history: list[dict], event: gr.RetryData):
        history, files, text = take_back(history, turn_of(event.index))
        return history, gr.MultimodalTextbox({"text": text, "files": files}, submit_btn=False, stop_btn=True)

    def reword(history: list[dict], event: gr.EditData):
        index = turn_of(event.index)
        if not event.value.strip():
            # The page has taken the words away already; the empty box says what is wrong.
            history[index]["content"] = [as_text(event.previous_value)]
            return history, gr.skip()
        history, files, text = take_back(history, index)
        return history, gr.MultimodalTextbox({"text": text, "files": files}, submit_btn=False, stop_btn=True)

    def ask_otherwise(history: list[dict], event: gr.UndoData):
        history, files, text = take_back(history, turn_of(event.index))
        return history, {"text": text, "files": files}

    def add_photo(message: dict | None, photo: str | None):
        if photo is None:
            return gr.skip(), gr.skip(), gr.skip()
        message = message or {}
        files = [*(message.get("files") or ()), photo]
        return {"text": message.get("text") or "", "files": files}, gr.Image(None, visible=False), False

    def switch(on: bool):
        return gr.Image(visible=not on), not on

    def start_anew():
        renewals.press()
        return [], None

    stops, renewals = Stops(), Stops()
    chat = renewals.ends(stops.ends(chat, halt), lambda _: ([], gr.skip()))
    for begun, visibility in (
        (box.submit(begin, None, box, **parts.PRIVATE), "public"),
        (chatbot.example_select(take_example, None, box, **parts.PRIVATE), "private"),
        (chatbot.retry(ask_again, chatbot, [chatbot, box], **parts.PRIVATE), "private"),
        (chatbot.edit(reword, chatbot, [chatbot, box], **parts.PRIVATE), "private"),
    ):
        answering = begun.success(
            chat,
            [box, chatbot, reply],
            [chatbot, box],
            api_name="chat" if visibility == "public" else None,
            api_visibility=visibility,
            show_progress="hidden",
            concurrency_limit=None,
        )
        answering.success(end, None, box, trigger_mode="multiple", **parts.PRIVATE)
        answering.failure(end, None, box, trigger_mode="multiple", **parts.PRIVATE)
    chatbot.undo(ask_otherwise, chatbot, [chatbot, box], **parts.PRIVATE)
    camera_on = gr.State(False)
    use_camera.click(switch, camera_on, [camera, camera_on], **parts.PRIVATE)
    camera.change(add_photo, [box, camera], [box, camera, camera_on], **parts.PRIVATE)
    box.stop(stops.press, **parts.PRIVATE)
    clear.click(start_anew, None, [chatbot, box], **parts.PRIVATE)
    chatbot.change(lambda history: gr.Button(interactive=bool(history)), chatbot, save[0], **parts.PRIVATE)
    parts.wire_download(save, write_markdown, chatbot, "conversation.zip")
    return ChatTab(box)


def write_markdown(path: Path, history: list[dict]) -> None:
    """Writes a zip file of the conversation as Markdown, with its pictures beside it."""
    lines, pictures, speaker = ["# A conversation with UniLIP"], [], None
    for turn in history:
        if turn["role"] != speaker:
            speaker = turn["role"]
            lines.append(f"**{'You' if speaker == 'user' else 'UniLIP'}**")
        for block in turn["content"]:
            if block.get("type") == "text":
                # What looks like Markdown was not meant as such.
                lines.append(re.sub(r"([\\`*_{}\[\]<>()#+!|-])", r"\\\1", block["text"]))
            elif picture := block.get("path") or (block.get("file") or {}).get("path"):
                pictures.append(picture)
                lines.append(f"![picture {len(pictures)}]({len(pictures)}{Path(picture).suffix})")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("conversation.md", "\n\n".join(lines) + "\n")
        for number, picture in enumerate(pictures, start=1):
            file.write(picture, f"{number}{Path(picture).suffix}")
