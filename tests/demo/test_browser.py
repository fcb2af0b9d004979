"""One journey a tab in a real browser, but for the chat's: what a person clicks and sees."""

import io
import re
import time

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import JSHandle, Page, expect

from tests.demo.browsing import PHONE, needs_chromium, visit
from tests.demo.hooks import before_forward, held_after, wait_for
from unilip.demo.edit import RESULTS
from unilip.lineage import Record, save_png, write_record

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    needs_chromium,
]


def test_stop_gives_the_button_back_and_keeps_what_has_formed(visitor, tiny):
    page = visitor.page
    visitor.open_tab("Create")
    with held_after(tiny.transformer, 5):
        page.get_by_role("button", name="Draw", exact=True).click()
        expect(page.locator(".status:visible")).to_contain_text("Step")
        expect(page.locator("#create-gallery")).to_contain_text("unfinished")
        visitor.stop()
        expect(page.locator(".status:visible")).to_have_text("Stopped")
    expect(page.locator("#create-gallery")).to_contain_text("unfinished")
    visitor.run("Draw")
    expect(page.locator("#create-gallery")).not_to_contain_text("unfinished")


def watched_status(page: Page) -> JSHandle:
    """A list in the page that gets all that the status line says from now on."""
    return page.evaluate_handle("""() => {
        const said = [];
        const listen = () => {
            const line = [...document.querySelectorAll(".status")].find((one) => one.checkVisibility());
            const now = line?.innerText.trim();
            if (now && now !== said.at(-1)) said.push(now);
        };
        listen();
        new MutationObserver(listen).observe(document.body, { subtree: true, childList: true, characterData: true });
        return said;
    }""")


def test_stop_ends_a_variation_beside_a_drawing(visitor, tiny, served):
    page = visitor.page
    visitor.open_tab("Create")
    visitor.unfold("Advanced settings")
    page.get_by_label("Show pictures while they form").uncheck()
    visitor.run("Draw")
    with held_after(tiny.transformer, 3):
        page.get_by_role("button", name="Draw", exact=True).click()
        expect(page.locator(".status:visible")).to_contain_text("Step 3")
        said = watched_status(page)
        page.get_by_role("button", name="Vary this").click()
        page.wait_for_function("said => said.at(-2)?.startsWith('Waiting')", arg=said)
        page.wait_for_timeout(2000)  # for a status line that flickers between the two
        lines = said.evaluate("said => said")
        assert [line[:7] for line in lines] == ["Step 3 ", "Waiting", "Step 3 "]
        visitor.stop()
        expect(page.locator(".status:visible")).to_have_text("Stopped")
        expect(page.get_by_role("button", name="Draw", exact=True)).to_be_visible()
    expect(page.locator("#create-gallery img")).to_have_count(2)
    wait_for(lambda: not served.engine.is_busy)
    page.wait_for_timeout(1000)  # for a variation that was not stopped
    expect(page.locator("#create-gallery img")).to_have_count(2)


def test_a_closed_tab_frees_the_model_for_the_next_visitor(served, tiny):
    steps = []
    with visit(served.url) as visitor, before_forward(tiny.transformer, lambda *_: steps.append(time.sleep(0.5))):
        visitor.open_tab("Create")
        visitor.page.get_by_role("button", name="Draw", exact=True).click()
        expect(visitor.page.locator(".status:visible")).to_contain_text("Step")
        visitor.page.close()
        wait_for(lambda: not served.engine.is_busy)
        assert len(steps) < 20  # of the 20 that it would have taken


def test_a_double_click_draws_once(visitor, tiny):
    page, batches = visitor.page, []
    visitor.open_tab("Create")
    with before_forward(tiny.transformer, lambda module, inputs: batches.append(1)):
        page.get_by_role("button", name="Draw", exact=True).dblclick()
        expect(page.locator(".status:visible")).to_contain_text(re.compile(r"pictures in \d"), timeout=60_000)
        page.wait_for_timeout(1500)
    assert len(batches) == 20


def test_create(visitor):
    page = visitor.page
    visitor.open_tab("Create")
    visitor.run("Draw")
    pictures = page.locator("#create-gallery img")
    expect(pictures).to_have_count(2)
    seed = page.get_by_label("Seed", exact=True).first
    first = seed.input_value()
    expect(page.locator("#create-gallery")).to_contain_text(f"Seed {first}")
    visitor.run("Draw")
    expect(seed).not_to_have_value(first)
    second = seed.input_value()
    expect(page.locator("#create-gallery")).to_contain_text(f"Seed {second}")
    page.get_by_label("Keep this seed").first.check()
    visitor.run("Draw")
    expect(seed).to_have_value(second)
    page.locator("#create-prompt textarea").fill("a dragon and an elefant")
    expect(page.locator(".hint:visible")).to_contain_text("“dragon”")
    expect(page.locator(".hint:visible")).to_contain_text("“elephant”")
    page.locator("#create-prompt textarea").fill("")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_text("The prompt is empty")).to_be_visible()
    expect(page.get_by_role("button", name="Draw", exact=True)).to_be_visible()
    expect(pictures).to_have_count(2)


@pytest.mark.slow
def test_edit_again_branch_undo_and_bring_it_all_back(visitor, tmp_path):
    page = visitor.page
    visitor.open_tab("Edit")
    history = page.locator("#edit-history img")
    instruction = page.locator("#edit-instruction textarea")
    expect(history).to_have_count(0)
    page.locator("#edit-examples").get_by_text("add a cup on the right").click()
    expect(instruction).to_have_value("add a cup on the right")
    visitor.run("Edit")
    expect(page.locator("#edit-result img")).to_have_count(2)
    expect(history).to_have_count(2)
    before = page.locator("#edit-picture img").get_attribute("src")
    page.get_by_role("button", name="Continue from this result").click()
    expect(instruction).to_have_value("")
    expect(page.locator("#edit-picture img")).not_to_have_attribute("src", before)
    instruction.fill("make it blue")
    visitor.run("Edit")
    expect(page.locator("#edit-history")).to_contain_text("A1.1 make it blue")
    # What undoing brings back must differ from what is there, or it may come after the next words are typed.
    instruction.fill("something else")
    page.get_by_role("button", name="Undo this edit").click()
    expect(instruction).to_have_value("make it blue")
    instruction.fill("remove it")
    visitor.run("Edit")
    expect(page.locator("#edit-history")).to_contain_text("A1.2 remove it")
    page.get_by_role("button", name="What changed").click()
    expect(page.locator("#edit-heat img")).to_have_count(3)
    expect(page.get_by_text("of the picture changed noticeably")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all edits").click()
    download.value.save_as(tmp_path / "edits.zip")
    visitor.reload()
    visitor.open_tab("Edit")
    expect(history).to_have_count(0)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load edits").click()
    chooser.value.set_files(tmp_path / "edits.zip")
    expect(history).to_have_count(4)
    expect(page.locator("#edit-history")).to_contain_text("A1.2 remove it")


def test_buttons_act_on_what_is_finished_and_a_kept_seed_stays(visitor, tiny):
    page = visitor.page
    seed, keep = (page.get_by_label(name, exact=True).locator("visible=true") for name in ("Seed", "Keep this seed"))
    acting = [page.get_by_role("button", name=name) for name in ("Continue from this result", "Undo this edit")]
    visitor.open_tab("Edit")
    seed.fill("7")
    expect(keep).to_be_checked()
    visitor.run("Edit")
    for button in acting:
        expect(button).to_be_enabled()
    with held_after(tiny.transformer, 6):
        page.get_by_role("button", name="Edit", exact=True).click()
        for button in acting:
            expect(button).to_be_disabled()
        visitor.stop()
        expect(page.locator(".status:visible")).to_have_text("Stopped")
        for button in acting:
            expect(button).to_be_disabled()
    page.locator("#edit-history img").nth(1).click()
    acting[1].click()
    expect(acting[1]).to_be_disabled()  # at the picture itself
    expect(seed).to_have_value("7")
    with page.expect_response(lambda response: "queue/join" in response.url):
        page.locator("#edit-history img").nth(0).click()
    page.wait_for_timeout(500)  # for what the answer would have filled in
    expect(seed).to_have_value("7")


@pytest.mark.slow
def test_outside_what_is_painted_nothing_changes(visitor):
    page = visitor.page
    visitor.open_tab("Edit")
    visitor.unfold("Change only a part")
    canvas = page.locator("#edit-mask canvas").first
    canvas.scroll_into_view_if_needed()
    wait_for(lambda: len(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB").getcolors(1 << 24)) > 500)
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 30, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 10, steps=10)
    page.mouse.up()
    visitor.run("Edit")
    pictures = page.locator("#edit-history img")
    expect(pictures).to_have_count(2)
    before, after = (
        np.asarray(Image.open(io.BytesIO(page.request.get(pictures.nth(i).get_attribute("src")).body())).convert("RGB"))
        for i in range(2)
    )
    assert np.array_equal(before[:60], after[:60]) and np.array_equal(before[-60:], after[-60:])
    assert not np.array_equal(before[100:156], after[100:156])


@pytest.mark.slow
def test_a_drawn_picture_goes_on_and_comes_back(visitor, tmp_path):
    page = visitor.page
    visitor.open_tab("Create")
    page.locator("#create-prompt textarea").fill("two blue cups")
    visitor.run("Draw")
    seed = page.get_by_label("Seed", exact=True).first
    drawn = int(seed.input_value())
    page.locator("#create-gallery img").nth(1).click()
    page.get_by_role("button", name="Ask about this").first.click()
    expect(page.locator("#chat-box .thumbnail-item")).to_have_count(1)
    visitor.open_tab("Create")
    page.get_by_role("button", name="Edit this").click()
    expect(page.locator("#edit-instruction textarea")).to_have_value("")
    address = page.locator("#edit-picture img").get_attribute("src")
    (tmp_path / "drawn.png").write_bytes(page.request.get(address).body())
    visitor.reload()
    visitor.open_tab("Create")
    visitor.unfold("Restore from a picture")
    page.locator("#create-restore input[type=file]").set_input_files(tmp_path / "drawn.png")
    expect(page.locator("#create-prompt textarea")).to_have_value("two blue cups")
    expect(seed).to_have_value(str(drawn + 1))
    expect(page.get_by_text("Restored. Draw gives the same picture again")).to_be_visible()
    visitor.run("Draw")
    assert seed.input_value() == str(drawn + 1)
    page.get_by_role("button", name="Vary this").click()
    expect(page.locator("#create-gallery img")).to_have_count(4)
    expect(page.locator(".status:visible")).to_contain_text("4 pictures in")
    assert seed.input_value() != str(drawn + 1)


def test_a_picture_from_elsewhere_restores_nothing(visitor, tmp_path):
    page = visitor.page
    visitor.open_tab("Create")
    page.locator("#create-prompt textarea").fill("two blue cups")
    Image.new("RGB", (64, 64)).save(tmp_path / "elsewhere.png")
    visitor.unfold("Restore from a picture")
    page.locator("#create-restore input[type=file]").set_input_files(tmp_path / "elsewhere.png")
    expect(page.get_by_text("This picture carries no settings")).to_be_visible()
    expect(page.locator("#create-prompt textarea")).to_have_value("two blue cups")


def test_a_picture_of_another_model_is_restored_with_a_word_on_that(visitor, tmp_path):
    page = visitor.page
    record = Record("create", "UniLIP-other", "0" * 16, "three red cups", 7, 12, 3.0, "dog")
    save_png(write_record(Image.new("RGB", (64, 64)), record), tmp_path / "other.png")
    visitor.open_tab("Create")
    visitor.unfold("Restore from a picture")
    page.locator("#create-restore input[type=file]").set_input_files(tmp_path / "other.png")
    expect(page.get_by_text("made by another model (UniLIP-other): the result will differ")).to_be_visible()
    expect(page.locator("#create-prompt textarea")).to_have_value("three red cups")


@pytest.mark.parametrize("own_pixels", [False, True])
def test_an_edit_is_restored_with_the_kind_of_its_result(visitor, tmp_path, own_pixels):
    page = visitor.page
    record = Record("edit", "UniLIP-other", "0" * 16, "make it red", 7, 12, 3.0, letterbox=True, own_pixels=own_pixels)
    save_png(write_record(Image.new("RGB", (64, 64)), record), tmp_path / "other.png")
    visitor.open_tab("Create")
    visitor.unfold("Restore from a picture")
    page.locator("#create-restore input[type=file]").set_input_files(tmp_path / "other.png")
    expect(page.locator("#edit-instruction textarea")).to_have_value("make it red")
    visitor.unfold("Advanced settings")
    expect(page.get_by_label("Pad to a square")).to_be_checked()
    expect(page.get_by_label(RESULTS[own_pixels])).to_be_checked()


@pytest.mark.slow
def test_results_stay_in_the_visitors_own_browser_until_they_are_forgotten(visitor, served):
    page = visitor.page
    results = page.locator("#visit img")
    visitor.open_tab("Create")
    visitor.run("Draw")
    page.get_by_role("button", name="Your results").click()
    expect(results).to_have_count(2)
    visitor.reload()
    page.get_by_role("button", name="Your results").click()
    expect(results).to_have_count(2)
    with visitor.another() as stranger:
        stranger.get_by_role("button", name="Your results").click()
        expect(stranger.get_by_text("in this browser alone")).to_be_visible()
        expect(stranger.locator("#visit img")).to_have_count(0)
    page.get_by_role("button", name="Forget all").click()
    expect(results).to_have_count(0)
    page.wait_for_function("localStorage.getItem('unilip-results').length < 1000")
    visitor.reload()
    page.get_by_role("button", name="Your results").click()
    expect(page.get_by_text("in this browser alone")).to_be_visible()
    expect(results).to_have_count(0)


@pytest.mark.parametrize("visitor", [(PHONE, "dark")], indirect=True)
def test_reconstruct_on_a_phone_in_the_dark(visitor):
    visitor.open_tab("Reconstruct")
    visitor.run("Rebuild")
    expect(visitor.page.locator("#reconstruct-result img")).to_have_count(2)
    expect(visitor.page.locator(".scores dd").first).to_have_text(re.compile(r"\d+\.\d dB"))
