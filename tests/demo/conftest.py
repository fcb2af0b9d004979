"""One page over the tiny pipeline for all tests of the demo, served as app.py serves it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from gradio import Blocks
from gradio_client import Client
from PIL import Image

from tests.demo.browsing import visit
from unilip.demo.engine import Engine
from unilip.demo.page import build_page, launch_options
from unilip.demo.settings import read_settings
from unilip.demo.studies import Studies


@dataclass(frozen=True)
class Served:
    engine: Engine
    page: Blocks
    url: str
    cache: str  # the folder of what the page serves
    studies: Studies


@pytest.fixture(scope="package")
def served(tiny, tmp_path_factory) -> Iterator[Served]:
    engine = Engine(tiny)
    studies = Studies(tmp_path_factory.mktemp("kept") / "studies")
    page = build_page(engine, "UniLIP-tiny", embedded=True, studies=studies)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(read_settings([])))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unilip.demo.engine.LONGEST_ANSWER", 24)  # random weights hardly ever end an answer
        yield Served(engine, page, url, page.GRADIO_CACHE, studies)
    page.close()
    engine.close()
    studies.close()


@pytest.fixture(scope="package")
def client(served, tmp_path_factory) -> Client:
    downloads = str(tmp_path_factory.mktemp("downloads"))
    # A machine that tests may be too busy for httpx's five seconds.
    return Client(served.url, verbose=False, download_files=downloads, httpx_kwargs={"timeout": 60})


@pytest.fixture(scope="package")
def picture(tmp_path_factory) -> Path:
    """A picture that is twice as wide as high."""
    path = tmp_path_factory.mktemp("pictures") / "wide.png"
    Image.radial_gradient("L").resize((320, 160)).convert("RGB").save(path)
    return path


@pytest.fixture
def visitor(served, request, tmp_path):
    """A visitor on a clean page; afterwards the screenshot is worth its name, and nothing was amiss."""
    with visit(served.url, *request.param if hasattr(request, "param") else ()) as visitor:
        yield visitor
        picture = tmp_path / "screenshot.png"
        visitor.page.screenshot(path=picture)
        assert len(Image.open(picture).convert("RGB").getcolors(1 << 24)) > 100
        width = visitor.page.evaluate("document.documentElement.scrollWidth")
        assert width <= visitor.page.viewport_size["width"], "the page scrolls sideways"
    assert visitor.complaints == []
    assert visitor.foreign == []
