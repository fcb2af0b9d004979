"""The Create tab: pictures from a prompt."""

from collections.abc import Iterator

import gradio as gr

from unilip.demo import parts
from unilip.demo.engine import Engine, Result
from unilip.demo.hints import hint_line

MAX_PICTURES = 8
EXAMPLES = (
    "a red cat to the left of a blue dog",
    "three green apples on a wooden floor",
    "a yellow bus on the road",
    "a pink umbrella above a teddy bear on the beach",
    "a boat on the sea at sunset",
    "a pixel art elephant on a light blue background",
)


def build_create_tab(engine: Engine, embedded: bool) -> None:
    """Lays the tab out and connects it."""

    def create(
        prompt: str,
        pictures: float = 1,
        seed: float | None = None,
        steps: float = 20,
        guidance: float = 4.5,
        negative_prompt: str = "",
    ) -> Iterator[tuple]:
        """Draws pictures from a prompt.

        Args:
            prompt: What to draw.
            pictures: How many, 1 to 8. Picture i has the seed `seed` + i.
            seed: A whole number from 0 to 4294967295; none for a new one.
            steps: Sampling steps, 1 to 50.
            guidance: How closely to follow the prompt, 1 to 15; 1 turns guidance off.
            negative_prompt: What to steer away from.

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
        )
        for event in events:
            if isinstance(event, Result):
                captioned = [(picture, f"Seed {number}") for picture, number in zip(event.value, seeds, strict=True)]
                made = "1 picture" if count == 1 else f"{count} pictures"
                yield captioned, first, parts.done(event, made)
            else:
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
                format="png",
                columns=2,
                object_fit="contain",
                buttons=["download", "download_all", "fullscreen"],
                interactive=False,
                elem_id="create-gallery",
                elem_classes="frame",
            )
            seed = parts.seed_row()
        with gr.Column(elem_classes="more"):
            gr.Examples([[text] for text in EXAMPLES], [prompt], label="Try one of these", api_visibility="private")
            with gr.Accordion("Advanced settings", open=False, elem_classes="frame"):
                settings = parts.sampler_settings("for example: dog")
    parts.wire(
        create,
        action,
        inputs=[prompt, count, seed.wanted, settings.steps, settings.guidance, settings.negative_prompt],
        outputs=[gallery, seed.used],
        api_name="create",
        text=prompt,
        seed=seed,
    )
