"""Takes the README's pictures of the page, with the embedded model: `python -m tests.screenshots [FOLDER]`."""

import sys
import tempfile
from pathlib import Path

from tests.demo.browsing import DESKTOP, PHONE, Visit, visit
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.demo.engine import Engine
from unilip.demo.page import build_page, launch_options
from unilip.demo.parts import ASSETS
from unilip.demo.settings import read_settings
from unilip.demo.studies import Studies

BUTTONS = {"Create": "Draw", "Edit": "Edit", "Reconstruct": "Rebuild"}


def show(visitor: Visit, tab: str) -> None:
    """Brings a tab to where there is something to see."""
    visitor.open_tab(tab)
    if tab in BUTTONS:
        visitor.run(BUTTONS[tab])
    else:
        visitor.page.locator("#chat").get_by_text("What is in the picture?").click()
        visitor.page.locator("#chat-box .stop-button").wait_for()
        visitor.page.locator("#chat-box .submit-button").wait_for(timeout=60_000)
    visitor.page.mouse.move(0, 0)
    visitor.page.wait_for_timeout(800)  # for the last transition


def take(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        for scheme in ("light", "dark"):
            with visit(url, size, scheme) as visitor:
                for tab in ("Chat", *BUTTONS):
                    show(visitor, tab)
                    path = folder / f"{tab.lower()}-{size_name}-{scheme}.png"
                    visitor.page.screenshot(path=path, full_page=True)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ASSETS / "screenshots"
    pipeline = load_pipeline(EMBEDDED)
    pipeline.set_progress_bar_config(disable=True)
    engine = Engine(pipeline)
    studies = Studies(Path(tempfile.mkdtemp(prefix="unilip-")) / "studies")
    page = build_page(engine, "UniLIP-mini", embedded=True, studies=studies)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(read_settings([])))
    take(url, folder)
    page.close()
    engine.close()
    studies.close()


if __name__ == "__main__":
    main()
