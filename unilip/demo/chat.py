"""The Chat tab: questions about one or several pictures, over several turns."""

from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr

from unilip.demo import parts
from unilip.demo.engine import Engine, Result, Text, refusal
from unilip.demo.picture import read_picture

MAX_PICTURES = 8
THINKING = "…"  # stands where the answer will be; no part of the conversation if it is stopped before its first word
EXAMPLES = (
    ("cat-and-dog.png", "What is in the picture?"),
    ("apples.png", "How many apples are there?"),
    ("bus.png", "What colour is the bus?"),
    ("umbrella.png", "What is below the umbrella?"),
)


@dataclass(frozen=True)
class ChatTab:
    """What other tabs reach: the message box."""

    box: gr.MultimodalTextbox


def build_chat_tab(engine: Engine) -> ChatTab:
    """Lays the tab out and connects it."""

    def chat(message: dict | None, history: list[dict]) -> Iterator[tuple]:
        """Answers a message about the pictures in it and in the conversation so far.

        Args:
            message: The text, and the pictures as files.
            history: The conversation so far, as an earlier call gave it back, its pictures as files; an empty list at
                first.

        Returns:
            The conversation with the answer, and the message box, emptied.
        """
        message = message or {}
        text = parts.read_text(message.get("text"), "The message")
        question = {
            "role": "user",
            "content": [*({"path": path} for path in message.get("files") or ()), {"type": "text", "text": text}],
        }
        asked = [*history, question]
        turns = [{"role": turn["role"], "content": [*read_blocks(turn["content"])]} for turn in asked]
        pictures = sum(block["type"] == "image" for turn in turns for block in turn["content"])
        if pictures > MAX_PICTURES:
            raise refusal(
                f"The conversation has {pictures} pictures; at most {MAX_PICTURES} fit. Please start a new one."
            )
        yield [*asked, {"role": "assistant", "content": THINKING}], None
        try:
            for event in engine.answer(turns):
                answer = event.text if isinstance(event, Text) else event.value if isinstance(event, Result) else ""
                # The box is left alone: the visitor may be typing the next question.
                yield [*asked, {"role": "assistant", "content": answer or THINKING}], gr.skip()
        except gr.Error:
            yield history, {"text": text, "files": message.get("files") or []}
            raise

    def read_blocks(content: list[dict]) -> Iterator[dict]:
        """What gradio keeps of a turn as the pipeline's blocks."""
        for block in content:
            if path := block.get("path") or (block.get("file") or {}).get("path"):
                yield {"type": "image", "image": read_picture(path)}
            elif block.get("type") == "text" and block["text"] != THINKING:
                yield {"type": "text", "text": block["text"]}

    chatbot = gr.Chatbot(
        label="Conversation",
        show_label=False,
        height=460,
        layout="bubble",
        buttons=["copy"],
        placeholder="### Ask about a picture\nAdd one below, or start with one of these.",
        examples=[
            {"text": text, "files": [str(parts.EXAMPLES / file)], "icon": str(parts.EXAMPLES / file)}
            for file, text in EXAMPLES
        ],
        # Text stays text: what a visitor or the model writes can neither become markup nor load anything.
        render_markdown=False,
        elem_id="chat",
        elem_classes="frame",
    )
    box = gr.MultimodalTextbox(
        show_label=False,
        label="Message",
        placeholder="Ask about a picture…",
        file_types=["image"],
        file_count="multiple",
        sources=["upload"],
        max_lines=6,
        elem_id="chat-box",
        elem_classes="frame",
    )
    clear = gr.Button("New conversation", size="sm", variant="secondary", elem_classes="quiet")

    def begin():
        return gr.MultimodalTextbox(submit_btn=False, stop_btn=True)

    def end():
        return gr.MultimodalTextbox(submit_btn=True, stop_btn=False)

    def take_example(example: gr.SelectData):
        files = [file["path"] for file in example.value["files"]]
        return gr.MultimodalTextbox({"text": example.value["text"], "files": files}, submit_btn=False, stop_btn=True)

    running = []
    for begun, visibility in (
        (box.submit(begin, None, box, **parts.PRIVATE), "public"),
        (chatbot.example_select(take_example, None, box, **parts.PRIVATE), "private"),
    ):
        answering = begun.then(
            chat,
            [box, chatbot],
            [chatbot, box],
            api_name="chat" if visibility == "public" else None,
            api_visibility=visibility,
            show_progress="hidden",
            concurrency_limit=None,
        )
        answering.success(end, None, box, trigger_mode="multiple", **parts.PRIVATE)
        answering.failure(end, None, box, trigger_mode="multiple", **parts.PRIVATE)
        running.append(answering)
    box.stop(end, None, box, cancels=running, **parts.PRIVATE)
    clear.click(lambda: ([], None), None, [chatbot, box], cancels=running, **parts.PRIVATE).then(
        end, None, box, **parts.PRIVATE
    )
    return ChatTab(box)
