"""Takes the README's pictures of the page, with the embedded model: `python -m tests.screenshots [FOLDER]`.

One for each tab, in two widths, light and dark: `create-desktop-light.webp` and so on.
"""

import io
import sys
import tempfile
from itertools import product
from pathlib import Path

from PIL import Image

from tests.demo.browsing import DESKTOP, PHONE, Visit, settle, visit
from unilip.annotation.sources import Contestant, Item
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.demo.edit import EXAMPLES
from unilip.demo.engine import Engine
from unilip.demo.page import build_page, launch_options
from unilip.demo.parts import ASSETS
from unilip.demo.parts import EXAMPLES as PICTURES
from unilip.demo.settings import read_settings
from unilip.demo.studies import Studies
from unilip.images import open_picture

TABS = ("Chat", "Create", "Edit", "Reconstruct", "Compare")
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SCHEMES = ("light", "dark")
BUTTONS = {"Create": "Draw", "Edit": "Edit", "Reconstruct": "Rebuild"}
SEED = "7"  # so that the pictures change only with the page and the model
ANNOTATORS = ("Ada", "Grace", "Alan", "Edsger")  # a name is taken once in a study
GUIDANCES = {"gentle": 1.5, "firm": 6.0}
QUALITY = 80  # of a WebP; a phone's whole page stays below 100 KB


def make_study(engine: Engine, studies: Studies, folder: Path) -> None:
    """An open study of the examples' edits, so that there is something to compare."""
    for name, guidance in GUIDANCES.items():
        (folder / name).mkdir()
        for file, instruction in EXAMPLES:
            picture = open_picture(PICTURES / file)
            *_, result = engine.draw(instruction, [int(SEED)], 20, guidance, image=picture)
            result.value[0].save(folder / name / file)
    items = [Item(Path(file).stem, instruction, image=PICTURES / file) for file, instruction in EXAMPLES]
    contestants = [Contestant(name, folder / name) for name in GUIDANCES]
    studies.store().create("Gentle or firm guidance?", items, contestants, seed=1, repeats=0)


def show(visitor: Visit, tab: str, annotator: str) -> None:
    """Brings a tab to where there is something to see; the study is joined under a name."""
    page = visitor.page
    visitor.open_tab(tab)
    if tab == "Chat":
        page.locator("#chat").get_by_text("What is in the picture?").click()
        page.locator("#chat-box .stop-button").wait_for()
        page.locator("#chat-box .submit-button").wait_for(timeout=60_000)
    elif tab == "Compare":
        page.get_by_label("Your name").fill(annotator)
        page.get_by_role("button", name="Join", exact=True).click()
        settle(page)
    else:
        if tab != "Reconstruct":
            page.get_by_label("Seed", exact=True).locator("visible=true").fill(SEED)
        visitor.run(BUTTONS[tab])
    if tab == "Edit":
        page.get_by_role("button", name="What changed").click()
        page.locator("#edit-heat img").nth(2).wait_for()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(800)  # for the last transition


def take(url: str, folder: Path, tabs: tuple[str, ...] = TABS) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    views = product(SIZES, SCHEMES)
    for (size, scheme), annotator in zip(views, ANNOTATORS, strict=True):
        with visit(url, SIZES[size], scheme) as visitor:
            for tab in tabs:
                show(visitor, tab, annotator)
                picture = Image.open(io.BytesIO(visitor.page.screenshot(full_page=True))).convert("RGB")
                picture.save(folder / f"{tab.lower()}-{size}-{scheme}.webp", quality=QUALITY, method=6)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ASSETS / "screenshots"
    pipeline = load_pipeline(EMBEDDED)
    pipeline.set_progress_bar_config(disable=True)
    engine = Engine(pipeline)
    with tempfile.TemporaryDirectory(prefix="unilip-") as kept:
        studies = Studies(Path(kept) / "studies")
        make_study(engine, studies, Path(kept))
        page = build_page(engine, "UniLIP-mini", embedded=True, studies=studies)
        _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(read_settings([])))
        take(url, folder)
        page.close()
        engine.close()
        studies.close()


if __name__ == "__main__":
    main()
