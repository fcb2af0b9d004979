"""A kind word under a prompt that asks the embedded model for what it has never seen."""

import html

import gradio as gr

from unilip.demo import parts
from unilip.demo.routing import is_small_talk
from unilip.demo.sayings import said
from unilip.emoji import hints

ONLY_PICTURES = "This small model talks about pictures alone: what is in one, how many, which colour, where."


def hint_line(embedded: bool, prompt: gr.Textbox | gr.MultimodalTextbox) -> gr.HTML:
    """Shows the hint for a prompt below it, and anew with each change; other models know the world and get none."""
    line = gr.HTML(visible=embedded, elem_classes="hint-line", padding=False)

    def hint(value: str | dict | None) -> str:
        text = value if isinstance(value, str) else (value or {}).get("text") or ""
        # One that is too long to be drawn is told so when it is sent; its words are not looked up at every key.
        words = hints.hint(text) if len(text) <= parts.MAX_CHARACTERS else ""
        if isinstance(prompt, gr.MultimodalTextbox) and is_small_talk(text):
            words = ONLY_PICTURES
        return f'<p class="hint" role="note">{html.escape(said(words))}</p>' if words else ""

    if embedded:
        prompt.change(hint, prompt, line, trigger_mode="always_last", **parts.PRIVATE)
    return line
