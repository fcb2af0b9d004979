"""The Create tab: pictures from a prompt."""

from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr
from PIL import Image

from unilip.demo import parts
from unilip.demo.engine import Engine, Result, Step, refusal
from unilip.demo.grid import build_grid
from unilip.demo.hints import hint_line
from unilip.demo.sayings import said
from unilip.lineage import read_record

MAX_PICTURES = 8
EXAMPLES = (
    "a red cat to the left of a blue dog",
    "three green apples on a wooden floor",
    "a yellow bus on the road",
    "a pink umbrella above a teddy bear on the beach",
    "a boat on the sea at sunset",
    "a sketch of a bicycle",
)


@dataclass(frozen=True)
class CreateTab:
    """What other tabs reach: the pictures and the selected one's number, the buttons that send it on, and the fields
    that a picture's record fills."""

    gallery: gr.Gallery
    selected: gr.State
    edit: gr.Button
    ask: gr.Button
    prompt: gr.Textbox
    count: gr.Slider
    seed: parts.Seed
    settings: parts.SamplerSettings
    restore: gr.File


def build_create_tab(engine: Engine, embedded: bool) -> CreateTab:
    """Lays the tab out and connects it."""

    def create(
        prompt: str,
        pictures: float = 1,
        seed: float | None = None,
        steps: float = engine.pipeline.config.num_inference_steps,
        guidance: float = engine.pipeline.config.guidance_scale,
        negative_prompt: str = "",
        preview: bool = False,
    ) -> Iterator[tuple]:
        """Draws pictures from a prompt.

        Args:
            prompt: What to draw.
            pictures: How many, 1 to 8. Picture i has the seed `seed` + i.
            seed: A whole number from 0 to 4294967295; none for a new one.
            steps: Sampling steps, 1 to 50.
            guidance: How closely to follow the prompt, 1 to 15; 1 turns guidance off.
            negative_prompt: What to steer away from.
            preview: Whether pictures are shown while they form.

        Returns:
            The pictures with their seeds as captions, the seed of the first, and a line on the time it took.
        """
        prompt = parts.read_text(prompt, "The prompt")
        count = parts.read_whole_number(pictures, "The number of pictures", 1, MAX_PICTURES)
        first = parts.read_seed(seed)
        seeds = [first + i for i in range(count)]
        events = engine.draw(
            prompt,
            seeds,
            parts.read_whole_number(steps, "Steps", 1, parts.MAX_STEPS),
            parts.read_guidance(guidance),
            negative_prompt=parts.read_optional_text(negative_prompt, "The text to keep away from"),
            preview=preview,
        )
        for event in events:
            match event:
                case Result():
                    captioned = [(one, said(f"Seed {number}")) for one, number in zip(event.value, seeds, strict=True)]
                    made = "1 picture" if count == 1 else f"{count} pictures"
                    yield captioned, first, parts.done(event, made)
                case Step(preview=[*forming]):
                    captioned = [(one, said(f"Seed {n}, unfinished")) for one, n in zip(forming, seeds, strict=True)]
                    yield captioned, first, parts.progress(event)
                case _:
                    yield gr.skip(), gr.skip(), parts.progress(event)

    with gr.Row(elem_classes="columns"):
        with gr.Column(elem_classes="give"):
            prompt = gr.Textbox(EXAMPLES[0], label="What shall I draw?", lines=2, max_lines=6, elem_id="create-prompt")
            hint_line(embedded, prompt)
            count = gr.Slider(1, MAX_PICTURES, value=2, step=1, label="How many", buttons=[])
            action = parts.action("Draw")
        with gr.Column(elem_classes="get"):
            gallery = gr.Gallery(
                label="Pictures",
                type="filepath",
                format="png",
                columns=2,
                object_fit="contain",
                buttons=["download", "download_all", "fullscreen"],
                interactive=False,
                elem_id="create-gallery",
                elem_classes="frame",
            )
            with gr.Row(elem_classes="send-on"):
                edit, ask, vary_button = parts.send_buttons("Edit this", "Ask about this", "Vary this")
            seed = parts.seed_row()
        with gr.Column(elem_classes="more"):
            gr.Examples([[text] for text in EXAMPLES], [prompt], label="Try one of these", api_visibility="private")
            with gr.Accordion("Advanced settings", open=False, elem_classes="frame"):
                settings = parts.sampler_settings(engine.pipeline, "for example: dog")
                preview = gr.Checkbox(True, label="Show pictures while they form", info="Takes up to 15 % of the time.")

            with gr.Accordion("A grid of settings", open=False, elem_classes="frame"):
                build_grid(engine, prompt, seed, settings)
            with gr.Accordion("Restore from a picture", open=False, elem_classes="frame"):
                gr.Markdown("Every PNG made here carries its prompt, seed and settings. Drop one to get them back.")
                restore = gr.File(
                    file_types=["image"], show_label=False, label="Picture", height=110, elem_id="create-restore"
                )

    selected = gr.State(0)

    def vary(pictures: list[tuple[str, str]] | None, number: int):
        record = read_record(Image.open(picked(pictures, number)))
        if record is None:
            raise refusal("This picture has not been finished, so there is nothing to vary yet.")
        return record.prompt, 4, record.steps, record.guidance, record.negative_prompt, False

    def select(event: gr.SelectData):
        return event.index

    gallery.select(select, None, selected, **parts.PRIVATE)
    gallery.change(
        lambda pictures: [gr.Button(interactive=bool(pictures))] * 3, gallery, [edit, ask, vary_button], **parts.PRIVATE
    )
    varied = vary_button.click(
        vary,
        [gallery, selected],
        [prompt, count, settings.steps, settings.guidance, settings.negative_prompt, seed.keep],
        **parts.SPEAKING,
    )
    parts.wire(
        create,
        action,
        inputs=[prompt, count, seed.wanted, settings.steps, settings.guidance, settings.negative_prompt, preview],
        outputs=[gallery, seed.used],
        api_name="create",
        text=prompt,
        seed=seed,
        also=varied,
    )
    return CreateTab(gallery, selected, edit, ask, prompt, count, seed, settings, restore)


def picked(pictures: list[tuple[str, str]] | None, number: int) -> str:
    """The file of a gallery's selected picture, of the first if that one is gone."""
    if not pictures:
        raise refusal("There is no picture yet. Please draw one first.")
    return pictures[number if number < len(pictures) else 0][0]
