"""Contact sheets: many small pictures with captions in one PNG, for the eye to check what the numbers say."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

CELL = 160  # edge of a picture on the sheet, pixels
FONT_SIZE = 12
LINE = 15
GAP = 6


def contact_sheet(path: Path, rows: Sequence[Sequence[tuple[Image.Image, str]]]) -> None:
    """Writes rows of (picture, caption) as one PNG. Captions wrap under their picture; rows may differ in length."""
    font = ImageFont.load_default(size=FONT_SIZE)
    captions = [[wrap(caption, width=CELL // 7)[:6] for _, caption in row] for row in rows]
    heights = [CELL + LINE * max((len(lines) for lines in row), default=0) + GAP for row in captions]
    columns = max((len(row) for row in rows), default=1)
    sheet = Image.new("RGB", (columns * (CELL + GAP) + GAP, sum(heights) + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    top = GAP
    for row, lines_of_row, height in zip(rows, captions, heights, strict=True):
        for column, ((picture, _), lines) in enumerate(zip(row, lines_of_row, strict=True)):
            left = GAP + column * (CELL + GAP)
            sheet.paste(picture.convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS), (left, top))
            for number, line in enumerate(lines):
                draw.text((left, top + CELL + number * LINE), line, fill="black", font=font)
        top += height
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)
