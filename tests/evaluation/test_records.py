"""Runs that stop and go on: nothing twice, nothing lost, nothing mixed."""

import pytest
import torch

from unilip.evaluation.records import EvaluationError, Records, make_generator, summary


def test_a_line_cut_in_writing_is_done_again(tmp_path):
    records = Records(tmp_path, {"seed": 1})
    records.add("0", psnr=20.0)
    records.add("1", psnr=30.0)
    text = records.path.read_text()
    records.path.write_text(text[:-7])
    again = Records(tmp_path, {"seed": 1})
    assert set(again.done) == {"0"}
    again.add("1", psnr=30.0)
    assert again.path.read_text() == text


def test_other_settings_are_refused(tmp_path):
    Records(tmp_path, {"seed": 1, "steps": 20})
    with pytest.raises(EvaluationError, match="steps 20, not 10"):
        Records(tmp_path, {"seed": 1, "steps": 10})


def test_as_many_other_questions_are_other_ones():
    assert summary(["a cat"]) == summary(["a cat"]) != summary(["a dog"])
    assert summary(["a cat"]).startswith("1 ")


def test_generators_depend_on_the_place_alone():
    def noise(*place):
        return torch.randn(8, generator=make_generator(42, *place))

    assert torch.equal(noise(3, 1), noise(3, 1))
    assert not torch.equal(noise(3, 1), noise(1, 3))
    assert not torch.equal(noise(3, 1), noise(3, 2))
