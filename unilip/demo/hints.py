"""A kind word under a prompt that asks the embedded model for what it has never seen."""

import html

import gradio as gr

from unilip.demo import parts
from unilip.demo.sayings import said
from unilip.emoji import hints


def hint_line(embedded: bool, prompt: gr.Textbox) -> gr.HTML:
    """Shows the hint for a prompt below it, and anew with each change; other models know the world and get none."""
    line = gr.HTML(visible=embedded, elem_classes="hint-line", padding=False)

    def hint(text: str) -> str:
        # One that is too long to be drawn is told so when it is sent; its words are not looked up at every key.
        words = hints.hint(text) if len(text) <= parts.MAX_CHARACTERS else ""
        return f'<p class="hint" role="note">{html.escape(said(words))}</p>' if words else ""

    if embedded:
        prompt.change(hint, prompt, line, trigger_mode="always_last", **parts.PRIVATE)
    return line
