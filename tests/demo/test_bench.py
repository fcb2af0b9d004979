"""How an annotator looks at a pair and marks faults: what is seen alike, and boxes that are on disk with the vote."""

import json
import re

import pytest
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.demo.browsing import DESKTOP, PHONE, needs_chromium, press_until, settle, visit
from unilip.annotation.sources import Contestant, Item
from unilip.demo.retouch import heat_map


@pytest.fixture
def token(served, tmp_path):
    """An annotator's, in a study of two items with pictures twice as wide as high, so that frames are not filled."""

    def paint(folder, number, color):
        tmp_path.joinpath(folder).mkdir(exist_ok=True)
        path = tmp_path / folder / f"i{number}.png"
        Image.linear_gradient("L").resize((320, 160)).convert("RGB").point(lambda v: (v + color) % 256).save(path)
        return path

    items = [Item(f"i{number}", f"make it {number}", image=paint("in", number, number)) for number in range(2)]
    for color, name in ((50, "hare"), (90, "fox")):
        for number in range(2):
            paint(name, number, color + number)
    contestants = [Contestant(name, tmp_path / name) for name in ("hare", "fox")]
    ticket = served.studies.store().create("Wide ones", items, contestants, seed=1, repeats=0)
    return served.studies.store().join(ticket.study, "ann").token


def vote(client, token, **more):
    assignment = client.predict(token, api_name="/judge")[6]
    said = {"token": token, "assignment": assignment, "choice": "left", "vote_id": f"v{assignment}", **more}
    return client.predict(**said, api_name="/vote")


def test_boxes_are_on_disk_with_the_vote(served, client, token):
    vote(client, token, left_box=[0.1, 0.2, 0.5, 1])
    vote(client, token)
    first, second = served.studies.store().judge(token).votes()
    assert (first.left_box, first.right_box) == ([0.1, 0.2, 0.5, 1.0], None)
    assert (second.left_box, second.right_box) == (None, None)


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ([0, 0, 1.2, 1], "within the picture"),
        ([-0.1, 0, 1, 1], "within the picture"),
        ([0.5, 0, 0.4, 1], "within the picture"),
        ([0, 0, 10**400, 1], "within the picture"),
        ([0, 0, 1], "four numbers"),
        (["0", "0", "1", "1"], "four numbers"),
        ("abcd", "four numbers"),
        ({"left": 0}, "four numbers"),
        (5, "four numbers"),
    ],
)
def test_bad_boxes_are_refused_in_plain_words(served, client, token, box, told):
    with pytest.raises(AppError, match=told):
        vote(client, token, right_box=box)
    judge = served.studies.store().judge(token)
    assert judge.votes() == [] and judge.progress().total == 2
    vote(client, token, right_box=[0, 0, 1, 1])  # of the same id, which was not used up
    assert len(judge.votes()) == 1


def test_the_endpoint_says_what_a_box_is(client):
    parameters = client.view_api(return_format="dict")["named_endpoints"]["/vote"]["parameters"]
    for box in [one for one in parameters if one["parameter_name"].endswith("_box")]:
        assert box["python_type"]["type"] == "list[float]" and box["parameter_default"] is None
    assert [one["parameter_name"] for one in parameters][-2:] == ["left_box", "right_box"]


def test_what_changed_is_of_the_pair_on_the_page_whatever_comes_next(served, token):
    handlers = {one.name: one.fn for one in served.page.fns.values()}
    store = served.studies.store()
    judge = store.judge(token)
    pair = judge.ahead()
    assert pair.assignment != judge.next().assignment
    source, left, right = (Image.open(store.pictures.path(one)) for one in (pair.source, pair.left, pair.right))
    maps = handlers["heat_maps"](token, float(pair.assignment))
    assert [one.tobytes() for one in maps] == [heat_map(source, one).tobytes() for one in (left, right)]
    shown = handlers["one_over_the_other"](token, float(pair.assignment))
    assert [one.tobytes() for one in shown] == [left.tobytes(), right.tobytes()]


def views(page: Page) -> list[tuple[float, float, float]]:
    """Of each picture of the pair: how many times it is enlarged, and about which place in per cent."""
    pictures = page.locator(".paired img")
    expect(pictures).to_have_count(3)
    read = """all => all.map(({ style }) =>
        `${style.transform || "scale(1)"} ${style.transformOrigin}`.match(/[\\d.]+/g).slice(0, 3).map(Number))"""
    return [tuple(one) for one in pictures.evaluate_all(read)]


def expect_view(page: Page, zoom: float, x: float | None = None, y: float | None = None) -> None:
    """Waits until all pictures are enlarged like this: a busy browser moves them a moment after the mouse."""
    for _ in range(100):
        seen = views(page)
        _, left, top = seen[0]
        wanted = (zoom, left if x is None else x, top if y is None else y)
        if all(one == pytest.approx(wanted, rel=0.03) for one in seen):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"The pictures are enlarged as {seen}, not {wanted}.")


def drag(page: Page, image: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the mouse, from one place of an image's frame to another."""
    frame = image.bounding_box()
    for step, (x, y) in enumerate((start, end)):
        page.mouse.move(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"], steps=4)
        (page.mouse.up if step else page.mouse.down)()


def height_of_buttons(page: Page) -> float:
    """Where on the page they begin, wherever it is scrolled to."""
    return page.locator("#bench-votes").evaluate("(one) => one.getBoundingClientRect().top + window.scrollY")


def enter(visitor, token: str) -> Page:
    visitor.open_tab("Compare")
    visitor.page.get_by_label("I have an invitation").fill(token)
    visitor.page.get_by_role("button", name="Enter").click()
    expect(visitor.page.locator("#bench .asked")).to_contain_text("make it")
    settle(visitor.page)
    return visitor.page


@pytest.mark.browser
@pytest.mark.timeout(200)
@needs_chromium
def test_capitals_and_unshifted_digit_rows_are_keys_too(served, token):
    with visit(served.url, DESKTOP) as visitor:
        page = enter(visitor, token)
        french_one = (
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '&', code: 'Digit1', bubbles: true}))"
        )
        press_until(page, lambda: page.evaluate(french_one), "1 of 2 done")
        press_until(page, lambda: page.keyboard.press("Z"), "0 of 2 done")  # as with Caps Lock on
        settle(page)
        page.keyboard.press("Shift+Digit1")  # which is "!"
        page.wait_for_timeout(500)
        expect(page.locator("#bench .status p")).to_contain_text("0 of 2 done")
    assert visitor.complaints == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
@needs_chromium
def test_undo_brings_back_all_that_was_said(served, token):
    with visit(served.url, DESKTOP) as visitor:
        page = enter(visitor, token)
        page.keyboard.press("b")
        drag(page, page.locator("#bench-left img"), (0.2, 0.4), (0.6, 0.7))
        box = page.locator("#bench-left .fault").get_attribute("data-box")
        visitor.unfold("Say more")
        score = page.locator("fieldset", has_text="Left: Looks good").get_by_label("4", exact=True)
        flaw = page.locator("fieldset", has_text="Right: What is wrong").get_by_label("Flaws")
        note = page.get_by_label("Note", exact=True)
        score.click()
        flaw.click()
        note.fill("the left ear")
        note.blur()
        press_until(page, lambda: page.keyboard.press("1"), "1 of 2 done")
        expect(page.locator(".fault")).to_have_count(0)
        expect(note).to_have_value("")
        press_until(page, lambda: page.keyboard.press("z"), "0 of 2 done")
        expect(page.locator("#bench-left .fault")).to_have_attribute("data-box", box)
        expect(score).to_be_checked()
        expect(flaw).to_be_checked()
        expect(note).to_have_value("the left ear")
        visitor.reload()  # and it stays until the pair is voted on
        visitor.open_tab("Compare")
        settle(page)
        expect(note).to_have_value("the left ear")
        press_until(page, lambda: page.keyboard.press("2"), "1 of 2 done")
        expect(note).to_have_value("")
        expect(page.locator(".fault")).to_have_count(0)
    (kept,) = served.studies.store().judge(token).votes()
    assert (kept.choice, kept.left_quality, kept.right_tags, kept.note) == ("right", 4, ["artefacts"], "the left ear")
    assert kept.left_box == json.loads(box)
    assert visitor.complaints == []


@pytest.mark.browser
@pytest.mark.timeout(200)
@needs_chromium
def test_after_a_choice_by_the_mouse_the_keys_are_the_benchs(served, token):
    with visit(served.url, DESKTOP) as visitor:
        page = enter(visitor, token)
        visitor.unfold("Say more")
        score = page.locator("fieldset", has_text="Left: Looks good").get_by_label("4", exact=True)
        score.click()
        expect(score).to_be_checked()
        expect(score).not_to_be_focused()
        press_until(page, lambda: page.keyboard.press("1"), "1 of 2 done")
        press_until(page, lambda: page.keyboard.press(" "), "1 skipped")
        expect(page.locator("#bench input:checked")).to_have_count(0)
    judge = served.studies.store().judge(token)
    assert [vote.left_quality for vote in judge.votes()] == [4] and judge.progress().skipped == 1


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
@needs_chromium
def test_looking_closer_and_marking_with_the_mouse(served, token):
    with visit(served.url, DESKTOP, "dark") as visitor:
        page = enter(visitor, token)
        left, right = page.locator("#bench-left img"), page.locator("#bench-right img")
        # The next pair's pictures are here before they are asked for.
        page.wait_for_function("document.ahead?.length === 3 && document.ahead.every((one) => one.naturalWidth)")
        ahead = page.evaluate("document.ahead.map((one) => one.src)")
        height = height_of_buttons(page)
        # All pictures are enlarged about one place, and move with the mouse.
        frame = left.bounding_box()
        page.mouse.move(frame["x"] + frame["width"] / 4, frame["y"] + frame["height"] / 2)
        page.mouse.wheel(0, -400)
        page.wait_for_function("document.querySelector('#bench-left img').style.transform")
        expect_view(page, 2.2, 25, 50)
        page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
        expect_view(page, 2.2, 50, 50)
        page.keyboard.press("+")
        expect_view(page, 3.3)
        page.keyboard.press("0")
        expect_view(page, 1)
        page.get_by_role("button", name="Closer").click()
        expect_view(page, 1.5)
        page.keyboard.press("ArrowRight")
        expect_view(page, 1.5, 66, 50)
        page.keyboard.press("ArrowUp")
        expect_view(page, 1.5, 66, 42)
        page.keyboard.press("-")
        expect_view(page, 1)
        # A picture fills the middle half of its frame's height: the box is a share of the picture.
        drag(page, left, (0.2, 0.4), (0.6, 0.7))
        expect(page.locator(".fault")).to_have_count(0)  # not unless asked for
        page.keyboard.press("b")
        expect(page.locator("#bench-mark")).to_have_attribute("aria-pressed", "true")
        drag(page, left, (0.2, 0.4), (0.6, 0.7))
        drag(page, right, (0.5, 0.5), (0.9, 0.9))
        expect(page.locator(".fault rect")).to_have_count(2)
        page.mouse.click(*(right.bounding_box()[axis] + 60 for axis in ("x", "y")))
        expect(page.locator("#bench-right .fault")).to_have_count(0)
        # By keys: begun in the middle of the right one, taken away, begun again, moved and sized.
        for key in ("x", "ArrowDown"):
            page.keyboard.press(key)
        expect(page.locator("#bench-right .fault")).to_have_count(1)
        page.keyboard.press("Delete")
        expect(page.locator("#bench-right .fault")).to_have_count(0)
        expect(page.locator("#bench-left .fault")).to_have_count(1)
        for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowDown", "Shift+ArrowLeft"):
            page.keyboard.press(key)
        assert height_of_buttons(page) == pytest.approx(height, abs=1), "the buttons have moved"
        page.get_by_text("Left over right").first.click()
        expect(page.locator("#bench-slider img")).to_have_count(2)
        page.locator("#bench-changed").get_by_role("button", name="What changed").click()
        expect(page.locator("#bench-changed img")).to_have_count(2)
        page.keyboard.press("+")
        press_until(page, lambda: page.keyboard.press("1"), "1 of 2")
        settle(page)
        # The next pair is new in every way, and is the one that was foreseen.
        assert page.locator(".paired img").evaluate_all("all => all.map((one) => one.src)") == ahead
        expect(page.locator("#bench-slider img")).to_have_count(0)
        expect(page.locator("#bench-changed img")).to_have_count(0)
        expect(page.locator(".fault")).to_have_count(0)
        expect(page.locator("#bench-mark")).to_have_attribute("aria-pressed", "false")
        expect_view(page, 1, 50, 50)
        assert height_of_buttons(page) == pytest.approx(height, abs=1), "the buttons have moved"
        visitor.unfold("Say more")
        note = page.get_by_label("Note", exact=True)
        note.click()
        note.press_sequentially("b + 0")
        expect(note).to_have_value("b + 0")
        expect(page.locator("#bench-mark")).to_have_attribute("aria-pressed", "false")
        markup = page.content()
        assert not re.search(r"\b(hare|fox)\b", markup)
    (kept,) = served.studies.store().judge(token).votes()
    assert kept.right_box == pytest.approx([0.46, 0.34, 0.66, 0.62], abs=0.001)
    assert kept.left_box == pytest.approx([0.2, 0.3, 0.6, 0.9], abs=0.02)
    assert visitor.complaints == [] and visitor.foreign == []


@pytest.mark.browser
@pytest.mark.timeout(300)
@needs_chromium
def test_marking_and_pinching_with_fingers(served, token):
    with visit(served.url, PHONE) as visitor:
        page = enter(visitor, token)
        fingers = page.context.new_cdp_session(page)

        def in_sight(image: Locator) -> tuple[float, float, float]:
            image.evaluate("(one) => one.scrollIntoView({ block: 'center', behavior: 'instant' })")
            frame = image.bounding_box()
            return frame["x"], frame["y"], frame["width"]

        def touch(kind: str, *places: tuple[float, float]) -> None:
            points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        x, y, size = in_sight(page.locator("#bench-left img"))
        touch("touchStart", (x + 0.4 * size, y + 0.5 * size))
        touch("touchStart", (x + 0.4 * size, y + 0.5 * size), (x + 0.6 * size, y + 0.5 * size))
        for spread in (0.1, 0.2, 0.3):
            touch("touchMove", (x + (0.4 - spread) * size, y + 0.5 * size), (x + (0.6 + spread) * size, y + 0.5 * size))
        touch("touchEnd")
        page.wait_for_function("document.querySelector('#bench-left img').style.transform")
        (zoom,) = {zoom for zoom, _, _ in views(page)}
        assert zoom > 2
        page.get_by_role("button", name="Whole").click()
        page.get_by_role("button", name="Mark a fault").click()
        x, y, size = in_sight(page.locator("#bench-left img"))
        touch("touchStart", (x + 0.25 * size, y + 0.375 * size))
        for share in (0.3, 0.5, 0.75):
            touch("touchMove", (x + share * size, y + 0.625 * size))
        touch("touchEnd")
        page.wait_for_function("JSON.parse(document.querySelector('#bench-left .fault')?.dataset.box ?? '[]')[2] > 0.7")
        box = json.loads(page.locator("#bench-left .fault").get_attribute("data-box"))
        assert box == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.03)

        def expect_no_overflow() -> None:
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= page.viewport_size["width"], "the page scrolls sideways"

        expect_no_overflow()
        page.locator("#bench-left").get_by_role("button", name="Fullscreen").click()
        page.wait_for_function("document.querySelector('#bench-left').getBoundingClientRect().height > 600")
        expect_no_overflow()
        seen = page.locator("#bench-left img").bounding_box()
        assert seen["x"] >= 0 and seen["x"] + seen["width"] <= page.viewport_size["width"]
        page.locator("#bench-left").get_by_role("button", name="Exit fullscreen mode").click()
        press_until(page, page.get_by_role("button", name="Right better").click, "1 of 2")
    (kept,) = served.studies.store().judge(token).votes()
    assert kept.choice == "right" and kept.left_box == pytest.approx(box)
    assert visitor.complaints == [] and visitor.foreign == []
