"""A grid of drawings: two settings varied over lists, as one labelled sheet."""

from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr
from PIL import Image, ImageDraw, ImageFont

from unilip.demo import parts
from unilip.demo.engine import Engine, Result, Step, Waiting, refusal

MOST_CELLS = 36
CELL, GAP, MARGIN = 256, 8, 12  # pixels
FONT_SIZE = 18
LONGEST_LABEL = 40  # characters
NOTHING, SEED, STEPS, GUIDANCE, WORDS = "nothing", "seed", "steps", "guidance", "words of the prompt"
SETTINGS = (NOTHING, SEED, STEPS, GUIDANCE, WORDS)


@dataclass(frozen=True)
class Drawing:
    """What one cell is drawn from."""

    prompt: str
    seed: int
    steps: int
    guidance: float


def read_values(setting: str, text: str | None, which: str) -> list[str]:
    """The values of one side, split at commas; one empty value where nothing varies.

    Raises:
        gr.Error: no values, or far too many.
    """
    if setting == NOTHING:
        return [""]
    text = parts.read_optional_text(text, "The list of values") or ""
    values = [value.strip() for value in text.split(",") if value.strip()]
    if not values:
        raise refusal(f"{which} vary the {setting}, but no values are given. Please list some, with commas between.")
    return values


def vary(drawing: Drawing, setting: str, value: str, values: list[str]) -> Drawing:
    """The drawing with one setting changed. Words: the first of `values` is in the prompt, and `value` replaces it.

    Raises:
        gr.Error: a value that the setting cannot have.
    """
    changed = dict(vars(drawing))
    if setting == WORDS:
        if values[0] not in drawing.prompt:
            raise refusal(f"The first of the words, “{values[0]}”, must stand in the prompt: the others replace it.")
        changed["prompt"] = parts.read_text(drawing.prompt.replace(values[0], value), "The prompt")
    elif setting != NOTHING:
        try:
            number = float(value)
        except ValueError:
            raise refusal(f"“{value}” is not a number, as the {setting} must be.") from None
        if setting == SEED:
            changed["seed"] = parts.read_seed(number)
        elif setting == STEPS:
            changed["steps"] = parts.read_whole_number(number, "Steps", 1, parts.MAX_STEPS)
        else:
            changed["guidance"] = parts.read_guidance(number)
    return Drawing(**changed)


class Sheet:
    """The labelled sheet, filled cell by cell."""

    def __init__(self, rows: list[str], columns: list[str]):
        rows, columns = (
            [one if len(one) <= LONGEST_LABEL else f"{one[: LONGEST_LABEL - 1]}…" for one in side]
            for side in (rows, columns)
        )
        font = ImageFont.load_default(FONT_SIZE)
        width = max((font.getlength(label) for label in rows), default=0)
        self.left = MARGIN + (round(width) + MARGIN if any(rows) else 0)
        self.top = MARGIN + (FONT_SIZE + MARGIN if any(columns) else 0)
        size = (self.left + len(columns) * (CELL + GAP), self.top + len(rows) * (CELL + GAP))
        self.image = Image.new("RGB", (size[0] - GAP + MARGIN, size[1] - GAP + MARGIN), "white")
        draw = ImageDraw.Draw(self.image)
        for number, label in enumerate(columns):
            draw.text((self.at(0, number)[0] + CELL / 2, MARGIN), label, "black", font, anchor="ma")
        for number, label in enumerate(rows):
            draw.text((self.left - MARGIN, self.at(number, 0)[1] + CELL / 2), label, "black", font, anchor="rm")
            for column in range(len(columns)):
                corner = self.at(number, column)
                draw.rectangle((*corner, corner[0] + CELL - 1, corner[1] + CELL - 1), fill="#eef0f4")

    def at(self, row: int, column: int) -> tuple[int, int]:
        return self.left + column * (CELL + GAP), self.top + row * (CELL + GAP)

    def put(self, row: int, column: int, picture: Image.Image) -> None:
        self.image.paste(picture.resize((CELL, CELL), Image.Resampling.LANCZOS), self.at(row, column))


def build_grid(engine: Engine, prompt: gr.Textbox, seed: parts.Seed, settings: parts.SamplerSettings) -> None:
    """Lays the grid's fields out and connects them; all that does not vary is as the tab says."""

    def draw_grid(
        prompt: str,
        rows: str = GUIDANCE,
        row_values: str = "1, 3, 6",
        columns: str = SEED,
        column_values: str = "1, 2, 3",
        seed: float | None = None,
        steps: float = engine.pipeline.config.num_inference_steps,
        guidance: float = engine.pipeline.config.guidance_scale,
        negative_prompt: str = "",
    ) -> Iterator[tuple]:
        """Draws a grid of pictures in which two settings vary.

        Args:
            prompt: What to draw.
            rows: What varies from row to row: nothing, seed, steps, guidance or words of the prompt.
            row_values: The values, with commas between. Of words, the first must stand in the prompt.
            columns: What varies from column to column.
            column_values: The values, likewise.
            seed: The seed where it does not vary; none for a new one.
            steps: Sampling steps where they do not vary, 1 to 50.
            guidance: How closely to follow the prompt where that does not vary, 1 to 15.
            negative_prompt: What to steer away from.

        Returns:
            The sheet, the seed where it does not vary, and a line on the time it took.
        """
        if rows == columns != NOTHING:
            raise refusal(f"Rows and columns both vary the {rows}. Please choose another setting for one of them.")
        negative_prompt = parts.read_optional_text(negative_prompt, "The text to keep away from")
        plain = Drawing(
            parts.read_text(prompt, "The prompt"),
            parts.read_seed(seed),
            parts.read_whole_number(steps, "Steps", 1, parts.MAX_STEPS),
            parts.read_guidance(guidance),
        )
        across, down = read_values(columns, column_values, "Columns"), read_values(rows, row_values, "Rows")
        if len(across) * len(down) > MOST_CELLS:
            raise refusal(f"That would be {len(across) * len(down)} pictures; at most {MOST_CELLS} fit in a grid.")
        used = gr.skip() if SEED in (rows, columns) else plain.seed
        cells = [
            [vary(vary(plain, rows, one, down), columns, other, across) for other in across] for one in down
        ]  # all are read before the first is drawn
        sheet, seconds, done, total = Sheet(down, across), 0.0, 0, len(across) * len(down)
        for row, drawings in enumerate(cells):
            for column, cell in enumerate(drawings):
                for event in engine.draw(cell.prompt, [cell.seed], cell.steps, cell.guidance, negative_prompt):
                    match event:
                        case Result(value=[picture], seconds=spent):
                            sheet.put(row, column, picture)
                            seconds, done = seconds + spent, done + 1
                            forming = parts.progress(Step(done, total, seconds), "Picture")
                            yield sheet.image.copy(), used, forming
                        case Waiting():
                            yield gr.skip(), used, parts.progress(event)
                        case _:  # to be stopped at
                            yield gr.skip(), used, gr.skip()
        yield sheet.image, used, parts.done(Result(None, seconds), f"{total} pictures")

    gr.Markdown("Draws the prompt many times with two settings varied. Everything else is as set on this page.")
    sides = []
    for name, setting, values in (("Rows", GUIDANCE, "1, 3, 6"), ("Columns", SEED, "1, 2, 3")):
        with gr.Row():
            what = gr.Dropdown(SETTINGS, value=setting, label=f"{name} vary", min_width=120)
            sides += [what, gr.Textbox(values, label="Values", placeholder="1, 2, 3", min_width=120)]
    action = parts.action("Draw the grid")
    sheet = gr.Image(
        label="Grid", format="png", interactive=False, buttons=["download", "fullscreen"], elem_id="create-grid"
    )
    parts.wire(
        draw_grid,
        action,
        inputs=[prompt, *sides, seed.wanted, settings.steps, settings.guidance, settings.negative_prompt],
        outputs=[sheet, seed.used],
        api_name="grid",
        seed=seed,
    )
