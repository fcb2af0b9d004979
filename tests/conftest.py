"""Shared fixtures: one tiny pipeline for the whole run, and the folder that it saves."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test may reach the network by accident
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# A folder of its own: a demo or another run of the tests beside this one would share gradio's, and clear it.
os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="unilip-tests-")
atexit.register(shutil.rmtree, os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)

import pytest  # noqa: E402

from tests.tiny import make_tiny_pipeline  # noqa: E402


@pytest.fixture(scope="session")
def tiny():
    return make_tiny_pipeline()


@pytest.fixture(scope="session")
def tiny_folder(tiny, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    tiny.save_pretrained(folder)
    return folder
