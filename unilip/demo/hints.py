"""A kind word under a prompt that asks the embedded model for what it has never seen."""

import html

import gradio as gr

from unilip.demo import parts
from unilip.demo.sayings import said
from unilip.emoji.hints import hint


def hint_line(embedded: bool, prompt: gr.Textbox) -> gr.HTML:
    """Shows the hint for a prompt below it, and anew with each change; other models know the world and get none."""
    line = gr.HTML(visible=embedded, elem_classes="hint-line", padding=False)
    if embedded:
        prompt.change(
            lambda text: f'<p class="hint" role="note">{html.escape(said(words))}</p>' if (words := hint(text)) else "",
            prompt,
            line,
            trigger_mode="always_last",
            **parts.PRIVATE,
        )
    return line
