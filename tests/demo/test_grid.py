"""Grids: each cell is the picture that its settings draw alone, and what cannot be drawn is said before anything is."""

import numpy as np
import pytest
from gradio_client.exceptions import AppError
from PIL import Image

from unilip.demo.grid import CELL, Sheet


def grid(client, **changes):
    arguments = {
        "prompt": "a red cat",
        "rows": "guidance",
        "row_values": "1, 6",
        "columns": "seed",
        "column_values": "3,4 , 5",
        "seed": None,
        "steps": 2,
        "guidance": 4.5,
        "negative_prompt": "",
    }
    return client.predict(**{**arguments, **changes}, api_name="/grid")


def alone(client, **changes) -> np.ndarray:
    settings = {"prompt": "a red cat", "pictures": 1, "seed": 3, "steps": 2, "guidance": 4.5, "preview": False}
    gallery, *_ = client.predict(**{**settings, **changes}, api_name="/create")
    return np.asarray(Image.open(gallery[0]["image"]), dtype=float)


def cell(path: str, rows: list[str], columns: list[str], row: int, column: int) -> np.ndarray:
    x, y = Sheet(rows, columns).at(row, column)
    return np.asarray(Image.open(path).crop((x, y, x + CELL, y + CELL)), dtype=float)


def test_each_cell_is_what_its_settings_draw(client):
    path, _, status = grid(client)
    assert "6 pictures in" in status
    for row, guidance in enumerate((1, 6)):
        for column, seed in enumerate((3, 4, 5)):
            shown = cell(path, ["1", "6"], ["3", "4", "5"], row, column)
            assert np.abs(shown - alone(client, guidance=guidance, seed=seed)).max() <= 2


def test_words_replace_the_first_of_them(client):
    values = "cat, dog"
    path, seed, _ = grid(client, rows="nothing", columns="words of the prompt", column_values=values, seed=9)
    assert seed == 9
    shown = cell(path, [""], ["cat", "dog"], 0, 1)
    assert np.abs(shown - alone(client, prompt="a red dog", seed=9)).max() <= 2


def test_a_long_label_is_cut():
    wide, cut = (Sheet([label], ["1"]).image.width for label in ("a" * 1900, "a" * 41))
    assert wide == cut < Sheet(["W" * 40], ["1"]).image.width + CELL


@pytest.mark.parametrize(("change", "words"), [
    ({"rows": "seed"}, "both vary the seed"),
    ({"row_values": " , "}, "no values are given"),
    ({"row_values": "1, many"}, "“many” is not a number"),
    ({"row_values": "0.5"}, "Guidance must be"),
    ({"column_values": "1.5"}, "The seed must be"),
    ({"columns": "words of the prompt", "column_values": "dog, cat"}, "“dog”, must stand in the prompt"),
    ({"column_values": ",".join(map(str, range(40)))}, "80 pictures; at most 36"),
    ({"prompt": " "}, "The prompt is empty"),
    ({"row_values": "1, " * 1000}, "The list of values has 2,999 characters"),
    ({"columns": "words of the prompt", "column_values": f"cat, {'long ' * 390}", "prompt": "cat " * 9},
     "The prompt has .* characters"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_said(client, change, words):
    with pytest.raises(AppError, match=words):
        grid(client, **change)
