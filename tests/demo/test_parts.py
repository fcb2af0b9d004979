"""Numbers from the wire: what is none, or outside its bounds, is refused before the model sees it."""

import math

import gradio as gr
import pytest

from unilip.demo import parts
from unilip.demo.engine import Step, Waiting


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10.7, 0, 51, "3", None, True])
def test_no_whole_number_in_bounds(value):
    with pytest.raises(gr.Error, match="whole number from 1 to 50"):
        parts.read_whole_number(value, "Steps", 1, 50)


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.5, 15.5, None, "4"])
def test_no_guidance(value):
    with pytest.raises(gr.Error, match="from 1 to 15"):
        parts.read_guidance(value)


def test_numbers_in_bounds_pass():
    assert parts.read_whole_number(10.0, "Steps", 1, 50) == 10
    assert parts.read_guidance(4) == 4.0
    assert parts.read_seed(parts.MAX_SEED) == parts.MAX_SEED


def test_no_seed_means_a_new_one():
    assert len({parts.read_seed(None) for _ in range(5)}) > 1


def test_the_status_line_says_how_far_it_is():
    assert "Step 5 of 20, about 3 s left" in parts.progress(Step(5, 20, 1.0))
    assert "25%" in parts.progress(Step(5, 20, 1.0))
    assert "2 requests before yours<" in parts.progress(Waiting(2))
    assert "1 request before yours, about 5 s<" in parts.progress(Waiting(1, 4.2))


def test_the_status_line_shows_text_as_text():
    assert "<script>" not in parts.status_line("<script>")
