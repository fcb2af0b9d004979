"""The Edit tab: a picture changed by an instruction, before and after, and the tree of all edits of a visit."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from unilip.demo import edit_tree, parts, retouch
from unilip.demo.changed import Changed
from unilip.demo.edit_tree import Node, Tree, TreeError
from unilip.demo.engine import Engine, Result, Step, refusal
from unilip.demo.hints import hint_line
from unilip.demo.picture import MaskInput, PictureInput
from unilip.demo.sayings import said
from unilip.emoji import suggestions
from unilip.lineage import read_record, write_record

MAX_VARIANTS = 4
EXAMPLES = (
    ("cat-and-dog.png", "make the cat blue"),
    ("apples.png", "add a cup on the right"),
    ("bus.png", "change the background to snow"),
    ("umbrella.png", "remove the umbrella"),
)
HISTORY = '<p class="note"><b>Your edits.</b> Select one to show it, then continue from there.</p>'
RESULTS = (
    "As the model draws it",
    "With my picture's own pixels where nothing changed",
    "The same, as large as my picture",
)


@dataclass(frozen=True)
class EditTab:
    """What other tabs reach: the picture and instruction, the shown result with its button, and the settings."""

    picture: PictureInput
    instruction: gr.Textbox
    slider: gr.ImageSlider
    ask: gr.Button
    seed: parts.Seed
    settings: parts.SamplerSettings
    letterbox: gr.Checkbox
    result: gr.Radio


def build_edit_tab(engine: Engine, embedded: bool) -> EditTab:
    """Lays the tab out and connects it."""
    usual = RESULTS[engine.pipeline.config.own_pixels]

    def edit(
        picture: Image.Image | None,
        instruction: str,
        seed: float | None = None,
        steps: float = engine.pipeline.config.num_inference_steps,
        guidance: float = engine.pipeline.config.guidance_scale,
        negative_prompt: str = "",
        letterbox: bool = False,
        variants: float = 1,
        result: str = usual,
        mask: Image.Image | None = None,
        boxed: bool = False,
        preview: bool = False,
        tree: Tree = (),
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
            variants: How many results, 1 to 4. Variant i has the seed `seed` + i; the first is returned.
            result: What the model draws, or that with the picture's own pixels where nothing changed, in the model's or
                in the picture's size.
            mask: A picture editor's layers: what they cover may change, the rest stays; none for all.
            boxed: Whether all in the box around what the mask covers may change.
            preview: Whether the picture is shown while it forms.

        Returns:
            The picture before and after, the seed, and a line on the time it took.
        """
        if picture is None:
            raise refusal("There is no picture yet. Please add one, or pick an example.")
        instruction = parts.read_text(instruction, "The instruction")
        first = parts.read_seed(seed)
        seeds = [first + i for i in range(parts.read_whole_number(variants, "Variants", 1, MAX_VARIANTS))]
        if mask and boxed:
            mask.paste(255, mask.getbbox())
        events = engine.draw(
            instruction,
            seeds,
            parts.read_whole_number(steps, "Steps", 1, parts.MAX_STEPS),
            parts.read_guidance(guidance),
            negative_prompt=parts.read_optional_text(negative_prompt, "The text to keep away from"),
            image=picture,
            letterbox=letterbox,
            own_pixels=result != RESULTS[0],
            preview=preview,
        )
        for event in events:
            match event:
                case Result(value=drawn):
                    finished = [finish(picture, one, mask, result) for one in drawn]
                    tree, parent = planted(tree, picture)
                    new = len(tree)
                    for one, number in zip(finished, seeds, strict=True):
                        tree += (Node(parts.keep(one), edit_tree.digest(one), parent, instruction, number),)
                    yield shown_pair(tree, new), first, new, tree, parts.done(event, "Edited")
                case Step(preview=[forming, *_]):
                    # The buttons below act on what is finished, so they wait, too.
                    yield pair(picture, forming), first, None, gr.skip(), parts.progress(event)
                case _:
                    yield *[gr.skip()] * 4, parts.progress(event)

    def finish(picture: Image.Image, drawn: Image.Image, mask: Image.Image | None, result: str) -> Image.Image:
        """The drawn picture in the wanted size, with the original's pixels where they are to stay."""
        if mask is None and result != RESULTS[2]:
            return drawn
        original = picture if result == RESULTS[2] else picture.resize(drawn.size, Image.Resampling.LANCZOS)
        merged = retouch.take_over(original, drawn, mask or retouch.changed_mask(picture, drawn))
        return write_record(merged, read_record(drawn))

    def planted(tree: Tree, picture: Image.Image) -> tuple[Tree, int]:
        """The tree with the picture in it, and its number: where it was, or as a new root."""
        number = edit_tree.find(tree, picture)
        if number is not None:
            return tree, number
        return (*tree, Node(parts.keep(picture), edit_tree.digest(picture))), len(tree)

    def pair(before: Image.Image, after: Image.Image) -> tuple[Image.Image, Image.Image]:
        # The slider lays one over the other, so both have to be of one size.
        return before.resize(after.size, Image.Resampling.LANCZOS), after

    def shown_pair(tree: Tree, number: int) -> tuple[Image.Image, str]:
        """What the slider shows of a node: what it was made from, and its own file."""
        path, parent = tree[number].path, tree[number].parent
        return pair(Image.open(path if parent is None else tree[parent].path), Image.open(path))[0], path

    first_picture, first_instruction = EXAMPLES[0]
    shown, tree = gr.State(None), gr.State(())  # the node in the slider, and all nodes
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
            ideas = gr.Radio([], label="Ideas", show_label=False, visible=False, container=False, elem_classes="ideas")
            suggest = gr.Button("Suggest edits", size="sm", visible=embedded, elem_classes="quiet")
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
            with gr.Row(elem_classes="send-on"):
                again, undo, ask = parts.send_buttons("Continue from this result", "Undo this edit", "Ask about this")
            seed = parts.seed_row()
            changed = Changed(engine, embedded)
        with gr.Column(elem_classes="more"):
            with gr.Accordion("Change only a part", open=False, elem_classes="frame") as part:
                mask = MaskInput(
                    label="Paint over what may change",
                    format="png",
                    brush=gr.Brush(default_size=40, colors=["#4f46e5"], color_mode="fixed"),
                    sources=[],
                    transforms=[],
                    layers=False,
                    height=320,
                    elem_id="edit-mask",
                )
                boxed = gr.Checkbox(
                    label="As a box",
                    info="All in the box around what you painted may change: a stroke across is enough.",
                )
            with gr.Accordion("Advanced settings", open=False, elem_classes="frame"):
                settings = parts.sampler_settings(engine.pipeline, "for example: blurred")
                variants = gr.Slider(1, MAX_VARIANTS, value=1, step=1, label="How many variants", buttons=[])
                letterbox = gr.Checkbox(
                    label="Pad to a square",
                    info="The model works on squares. A picture of another shape is squashed unless this is on.",
                )
                result = gr.Radio(RESULTS, value=usual, label="The result")
                preview = gr.Checkbox(
                    True, label="Show the picture while it forms", info="Takes up to 15 % of the time."
                )
    with gr.Column(visible=False, elem_classes="history") as history:
        gr.HTML(HISTORY, label="Your edits", show_label=False, padding=False)
        thumbnails = parts.thumbnails("Your edits", "edit-history")
        download = parts.download_button("Download all edits", "edit-download")
    load = gr.UploadButton(
        "Load edits from a zip file", file_types=[".zip"], size="sm", elem_id="edit-load", elem_classes="quiet"
    )
    gr.Examples(
        [[str(parts.EXAMPLES / file), text] for file, text in EXAMPLES],
        [picture, instruction],
        label="Try one of these",
        elem_id="edit-examples",
        api_visibility="private",
    )

    def show(tree: Tree, number: int, keep: bool):
        """The node in the slider, beside what it was made from, and its seed; a root has none, and a kept one stays."""
        seed = tree[number].seed
        return shown_pair(tree, number), number, gr.skip() if keep and seed is None else seed

    def select(tree: Tree, keep: bool, event: gr.SelectData):
        return show(tree, event.index, keep)

    def step_back(tree: Tree, number: int):
        """Shows what the shown node was made from; what it was made by stands ready to be tried again."""
        node = tree[number]
        return shown_pair(tree, node.parent), node.parent, node.seed, tree[node.parent].path, node.instruction

    def find_ideas(picture: Image.Image | None) -> Iterator:
        """Edits that fit the picture, from what the model says of it."""
        if picture is None:
            raise refusal("There is no picture yet. Please add one, or pick an example.")
        question = [{"type": "image", "image": picture}, {"type": "text", "text": "Describe the picture."}]
        for event in engine.answer([{"role": "user", "content": question}]):
            if isinstance(event, Result):
                yield gr.Radio(suggestions.suggest(event.value, np.random.default_rng()), value=None, visible=True)

    def list_edits(tree: Tree):
        titled = [(node.path, edit_tree.title(tree, number, said("your picture"))) for number, node in enumerate(tree)]
        return gr.Column(visible=bool(tree)), titled

    def allow(tree: Tree, number: int | None):
        there = number is not None
        return gr.Button(interactive=there), gr.Button(interactive=there and tree[number].parent is not None), there

    def edited(tree: Tree, number: int) -> tuple[Image.Image, Image.Image, str]:
        node = tree[number]
        return *pair(Image.open(tree[node.parent].path), Image.open(node.path)), node.instruction

    def compare(tree: Tree, number: int | None):
        if number is None or tree[number].parent is None:
            return changed.empty()
        return changed.look(*edited(tree, number))

    def compare_closer(tree: Tree, number: int) -> Iterator[tuple]:
        yield from changed.look_closer(*edited(tree, number))

    def write_edits(path: Path, tree: Tree) -> None:
        try:
            edit_tree.write_zip(path, tree)
        except TreeError as error:
            raise refusal(str(error)) from None

    def load_edits(path: str, keep: bool):
        try:
            tree = edit_tree.read_zip(path, parts.keep)
        except TreeError as error:
            raise refusal(str(error)) from None
        return tree, *show(tree, len(tree) - 1, keep)

    sampler = [settings.steps, settings.guidance, settings.negative_prompt, letterbox, variants, result]
    parts.wire(
        edit,
        action,
        inputs=[picture, instruction, seed.wanted, *sampler, mask, boxed, preview, tree],
        outputs=[slider, seed.used, shown, tree],
        api_name="edit",
        text=instruction,
        seed=seed,
    )
    suggest.click(find_ideas, picture, ideas, api_visibility="private", show_progress="minimal", concurrency_limit=None)
    ideas.input(lambda idea: idea, ideas, instruction, **parts.PRIVATE)
    tree.change(list_edits, tree, [history, thumbnails], **parts.PRIVATE)
    gr.on(
        [shown.change, tree.change],
        lambda tree, number: (*allow(tree, number)[:2], gr.Button(interactive=number is not None)),
        [tree, shown],
        [again, undo, ask],
        **parts.PRIVATE,
    ).then(compare, [tree, shown], changed.outputs, **parts.PRIVATE)
    changed.ask.click(compare_closer, [tree, shown], changed.outputs, **parts.SPEAKING)
    # In gradio's queue: what changes a state beside it does not call that state's listeners.
    thumbnails.select(select, [tree, seed.keep], [slider, shown, seed.used], **parts.SPEAKING)
    undo.click(step_back, [tree, shown], [slider, shown, seed.used, picture, instruction], **parts.SPEAKING)
    again.click(
        lambda tree, number: (tree[number].path, "", None), [tree, shown], [picture, instruction, mask], **parts.PRIVATE
    )
    parts.wire_download(download, write_edits, tree, "edits.zip")
    load.upload(load_edits, [load, seed.keep], [tree, slider, shown, seed.used], **parts.SPEAKING)
    # The mask is painted over the picture as it is now.
    gr.on([part.expand, picture.change], lambda one: one, picture, mask, **parts.SPEAKING)
    return EditTab(picture, instruction, slider, ask, seed, settings, letterbox, result)
