"""What the page says of the machine that it runs on."""

import collections

import gradio
import pytest
import torch

from unilip.demo import preflight


def test_facts_are_those_of_the_model_and_the_machine(tiny):
    found = preflight.facts(tiny, "UniLIP-tiny", "0123456789abcdef")
    count = sum(one.numel() for name in ("mllm", "connector", "transformer", "decoder")
                for one in getattr(tiny, name).parameters())  # fmt: skip
    assert found["Model"].startswith(f"UniLIP-tiny, {count:,} parameters")
    assert f"gradio {gradio.__version__}" in found["Packages"] and f"torch {torch.__version__}" in found["Packages"]
    assert found["Device"].startswith("CPU")


@pytest.fixture
def roomy(monkeypatch):
    memory = collections.namedtuple("Memory", "available total")
    monkeypatch.setattr(preflight.psutil, "virtual_memory", lambda: memory(8e9, 16e9))
    monkeypatch.setattr(preflight.torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(preflight.shutil, "which", lambda name: None)


def test_where_all_is_well_there_is_no_advice(tiny, roomy):
    assert preflight.advice(tiny) == []
    assert "<ul>" not in preflight.panel(tiny, "UniLIP-tiny", "")()


def test_short_memory_is_told(tiny, roomy, monkeypatch):
    monkeypatch.setattr(preflight, "LITTLE_MEMORY", 9e9)
    text = preflight.panel(tiny, "<b>", "")()
    assert "Memory is short" in text and "<details" in text and " open" in text and "&lt;b&gt;" in text


def test_the_gpu_is_looked_up_once_as_the_threads_of_a_page_on_zerogpu_see_none(tiny, roomy, monkeypatch):
    panel = preflight.panel(tiny, "UniLIP-tiny", "")
    monkeypatch.setattr(preflight.torch.cuda, "is_available", lambda: True)
    assert "<ul>" not in panel()


def test_an_unused_gpu_is_told(tiny, roomy, monkeypatch):
    monkeypatch.setattr(preflight.torch.cuda, "is_available", lambda: True)
    assert preflight.advice(tiny) == ["There is a GPU that is not used. Start with --device cuda."]


def test_a_pytorch_without_cuda_is_told(tiny, roomy, monkeypatch):
    monkeypatch.setattr(preflight.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(preflight.torch.version, "cuda", None)
    assert "Install one with CUDA" in preflight.advice(tiny)[0]
