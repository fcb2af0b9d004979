"""A newcomer's visit to the embedded model, from the first drawing to what is brought back, in a real browser."""

import io

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import expect

from tests.demo.browsing import CALM, needs_chromium, visit
from tests.demo.hooks import held_after
from unilip.checkpoints import EMBEDDED, load_pipeline
from unilip.demo.engine import Engine
from unilip.demo.page import build_page, launch_options
from unilip.demo.settings import read_settings
from unilip.demo.studies import Studies
from unilip.lineage import read_record

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600), needs_chromium]


@pytest.fixture
def engine():
    pipeline = load_pipeline(EMBEDDED, device="cpu")
    pipeline.set_progress_bar_config(disable=True)
    engine = Engine(pipeline)
    yield engine
    engine.close()


@pytest.fixture
def url(engine, tmp_path):
    studies = Studies(tmp_path / "studies")
    page = build_page(engine, "UniLIP-mini", embedded=True, studies=studies)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(read_settings([])))
    yield url
    page.close()
    studies.close()


def picture_of(page, image) -> Image.Image:
    return Image.open(io.BytesIO(page.request.get(image.get_attribute("src")).body()))


def test_a_newcomer_draws_edits_twice_branches_restores_asks_and_stops(engine, url, tmp_path):
    with visit(url) as visitor:
        page = visitor.page
        history = page.locator("#edit-history img")
        instruction = page.locator("#edit-instruction textarea")

        # Draws: what stands there already is enough.
        visitor.open_tab("Create")
        page.locator("#create-prompt textarea").fill("a red cat")
        visitor.run("Draw")
        expect(page.locator("#create-gallery img")).to_have_count(2)
        drawn = picture_of(page, page.locator("#create-gallery img").first)
        assert read_record(drawn).prompt == "a red cat"

        # Edits twice, the second time what came of the first.
        page.get_by_role("button", name="Edit this").click()
        expect(instruction).to_have_value("")
        page.evaluate(CALM)
        instruction.fill("make the cat blue")
        visitor.run("Edit")
        expect(history).to_have_count(2)
        page.get_by_role("button", name="Continue from this result").click()
        expect(instruction).to_have_value("")
        instruction.fill("change the background to snow")
        visitor.run("Edit")
        expect(page.locator("#edit-history")).to_contain_text("A1.1 change the background to snow")

        # Branches: goes back to the first result, and on from there.
        history.nth(1).click()
        expect(page.locator("#edit-result img").last).to_have_attribute("src", history.nth(1).get_attribute("src"))
        page.get_by_role("button", name="Continue from this result").click()
        expect(instruction).to_have_value("")
        instruction.fill("add a cup on the right")
        visitor.run("Edit")
        expect(page.locator("#edit-history")).to_contain_text("A1.2 add a cup on the right")
        page.get_by_role("button", name="What changed").click()
        expect(page.get_by_text("of the picture changed noticeably")).to_be_visible()
        branch = picture_of(page, history.nth(3))
        assert [one.prompt for one in read_record(branch).parents] == ["a red cat", "make the cat blue"]

        # Asks about what came of it.
        page.get_by_role("button", name="Ask about this").locator("visible=true").click()
        expect(page.locator("#chat-box .thumbnail-item")).to_have_count(1)
        page.locator("#chat-box textarea").fill("What is in the picture?")
        page.keyboard.press("Enter")
        expect(page.locator("#chat .bot.message").last).to_contain_text(".", timeout=120_000)

        # Restores the drawing from its file, and draws the same again.
        drawn_file = tmp_path / "drawn.png"
        visitor.open_tab("Create")
        address = page.locator("#create-gallery img").first.get_attribute("src")
        drawn_file.write_bytes(page.request.get(address).body())
        visitor.reload()
        visitor.open_tab("Create")
        visitor.unfold("Restore from a picture")
        page.locator("#create-restore input[type=file]").set_input_files(drawn_file)
        expect(page.locator("#create-prompt textarea")).to_have_value("a red cat")
        # It was one of two pictures, and how a product is rounded depends on the batch, in bfloat16 by many levels.
        page.get_by_label("number input for How many").fill("2")
        visitor.run("Draw")
        expect(page.locator("#create-gallery img")).to_have_count(2)
        again = picture_of(page, page.locator("#create-gallery img").first)
        assert ImageChops.difference(again.convert("RGB"), drawn.convert("RGB")).getbbox() is None

        # Stops: what has formed stays, and the model is free.
        with held_after(engine.pipeline.transformer, 6):
            page.get_by_role("button", name="Draw", exact=True).click()
            expect(page.locator("#create-gallery")).to_contain_text("unfinished")
            visitor.stop()
            expect(page.locator(".status:visible")).to_have_text("Stopped")
        expect(page.locator("#create-gallery")).to_contain_text("unfinished")
        visitor.run("Draw")
    assert visitor.complaints == [] and visitor.foreign == []
