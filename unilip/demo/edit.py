"""The Edit tab: a picture changed by an instruction, before and after."""

from collections.abc import Iterator

import gradio as gr
from PIL import Image

from unilip.demo import parts
from unilip.demo.engine import Engine, Result, refusal
from unilip.demo.hints import hint_line
from unilip.demo.picture import PictureInput

EXAMPLES = (
    ("cat-and-dog.png", "make the cat blue"),
    ("apples.png", "add a cup on the right"),
    ("bus.png", "change the background to snow"),
    ("umbrella.png", "remove the umbrella"),
)


def build_edit_tab(engine: Engine, embedded: bool) -> None:
    """Lays the tab out and connects it."""

    def edit(
        picture: Image.Image | None,
        instruction: str,
        seed: float | None = None,
        steps: float = 20,
        guidance: float = 4.5,
        negative_prompt: str = "",
        letterbox: bool = False,
    ) -> Iterator[tuple]:
        """Changes a picture as an instruction says.

        Args:
            picture: The picture to change.
            instruction: What to change.
            seed: A whole number from 0 to 4294967295; none for a new one.
            steps: Sampling steps, 1 to 50.
            guidance: How closely to follow the instruction, 1 to 15; 1 turns guidance off.
            negative_prompt: What to steer away from.
            letterbox: Pad a picture that is not square instead of squashing it for the model.

        Returns:
            The picture before and after, the seed, and a line on the time it took.
        """
        if picture is None:
            raise refusal("There is no picture yet. Please add one, or pick an example.")
        instruction = parts.read_text(instruction, "The instruction")
        number = parts.read_seed(seed)
        events = engine.draw(
            instruction,
            [number],
            parts.read_whole_number(steps, "Steps", 1, parts.MAX_STEPS),
            parts.read_guidance(guidance),
            negative_prompt=parts.read_optional_text(negative_prompt, "The text to keep away from"),
            image=picture,
            letterbox=letterbox,
        )
        for event in events:
            if isinstance(event, Result):
                after = event.value[0]
                # The slider lays one over the other, so both have to be of one size.
                before = picture.resize(after.size, Image.Resampling.LANCZOS)
                yield (before, after), number, parts.done(event, "Edited")
            else:
                yield gr.skip(), gr.skip(), parts.progress(event)

    first_picture, first_instruction = EXAMPLES[0]
    with gr.Row(elem_classes="columns"):
        with gr.Column(elem_classes="give"):
            picture = PictureInput(
                str(parts.EXAMPLES / first_picture),
                label="Your picture",
                format="png",
                height=320,
                elem_id="edit-picture",
                elem_classes="frame",
            )
            instruction = gr.Textbox(
                first_instruction, label="What shall I change?", lines=1, max_lines=6, elem_id="edit-instruction"
            )
            hint_line(embedded, instruction)
            action = parts.action("Edit")
        with gr.Column(elem_classes="get"):
            slider = gr.ImageSlider(
                label="Before and after",
                type="filepath",
                format="png",
                max_height=460,
                interactive=False,
                buttons=["download", "fullscreen"],
                elem_id="edit-result",
                elem_classes="frame",
            )
            seed = parts.seed_row()
            again = gr.Button("Continue from this result", interactive=False, elem_classes="quiet")
        with gr.Column(elem_classes="more"):
            with gr.Accordion("Advanced settings", open=False, elem_classes="frame"):
                settings = parts.sampler_settings("for example: blurred")
                letterbox = gr.Checkbox(
                    label="Pad to a square",
                    info="The model works on squares. A picture of another shape is squashed unless this is on.",
                )
    gr.Examples(
        [[str(parts.EXAMPLES / file), text] for file, text in EXAMPLES],
        [picture, instruction],
        label="Try one of these",
        elem_id="edit-examples",
        api_visibility="private",
    )
    sampler = [settings.steps, settings.guidance, settings.negative_prompt, letterbox]
    parts.wire(
        edit,
        action,
        inputs=[picture, instruction, seed.wanted, *sampler],
        outputs=[slider, seed.used],
        api_name="edit",
        text=instruction,
        seed=seed,
    )
    slider.change(lambda pair: gr.Button(interactive=bool(pair and pair[1])), slider, again, **parts.PRIVATE)
    again.click(lambda pair: (pair[1], ""), slider, [picture, instruction], **parts.PRIVATE)
