"""Conversations in a real browser: what a person types, clicks and sees."""

import pytest
from playwright.sync_api import expect

from tests.demo.browsing import needs_chromium
from tests.demo.hooks import held_after, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), needs_chromium]


def test_chat(visitor, tiny):
    page = visitor.page
    with held_after(tiny.mllm, 4):
        page.locator("#chat").get_by_text("What is in the picture?").click()
        expect(page.locator("#chat .bot.message")).to_be_visible()
        page.locator("#chat-box .stop-button").click()
        expect(page.locator("#chat-box .submit-button")).to_be_visible()
    page.locator("#chat-box textarea").fill("How many cats are there?")
    page.keyboard.press("Enter")
    expect(page.locator("#chat .user.message").last).to_contain_text("How many cats")
    expect(page.locator("#chat-box textarea")).to_have_value("")
    expect(page.locator("#chat-box .submit-button")).to_be_visible(timeout=60_000)
    with held_after(tiny.mllm, 2):  # or the answer may be over before the button is looked for
        page.locator("#chat").get_by_role("button", name="Retry").click()
        expect(page.locator("#chat-box .stop-button")).to_be_visible()
    expect(page.locator("#chat-box .submit-button")).to_be_visible(timeout=60_000)
    expect(page.locator("#chat .user.message").last).to_contain_text("How many cats")
    page.locator("#chat").get_by_role("button", name="Undo").click()
    expect(page.locator("#chat-box textarea")).to_have_value("How many cats are there?")
    expect(page.locator("#chat .user.message").last).not_to_contain_text("How many cats")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#chat .user.message")).to_have_count(0)


def test_a_drawing_in_the_chat_is_stopped_in_the_line_and_in_the_middle(visitor, tiny, served, client):
    page, answer = visitor.page, visitor.page.locator("#chat .bot.message").last

    def ask_and_stop(words: str):
        page.locator("#chat-box textarea").fill("draw a red cat")
        page.keyboard.press("Enter")
        expect(answer).to_contain_text(words)
        page.locator("#chat-box .stop-button").click()
        expect(answer).to_have_text("Stopped")
        expect(page.locator("#chat-box .submit-button")).to_be_visible()

    with held_after(tiny.transformer, 1):
        before = client.submit("a dog", 1, 1, 4, 4.5, "", api_name="/create")
        wait_for(lambda: served.engine.is_busy)
        ask_and_stop("Waiting: 1 request before yours")
    before.result(60)
    with held_after(tiny.transformer, 2):
        ask_and_stop("Drawing… step 2 of")


def test_a_new_conversation_begins_in_the_middle_of_an_answer(visitor, tiny, picture):
    page = visitor.page
    with held_after(tiny.mllm, 4):
        page.locator("#chat").get_by_text("What is in the picture?").click()
        expect(page.locator("#chat .bot.message")).to_be_visible()
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator("#chat-box .submit-button")).to_be_visible()
        expect(page.locator("#chat .message")).to_have_count(0)
    page.locator("#chat-box textarea").fill("How many cats are there?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("talks about pictures alone")).to_be_visible()
    expect(page.locator("#chat-box textarea")).to_have_value("How many cats are there?")
    page.locator("#chat-box input[type=file]").set_input_files(picture)
    expect(page.locator("#chat-box .thumbnail-item")).to_have_count(1)
    page.locator("#chat-box textarea").press("Enter")
    expect(page.locator("#chat .bot.message")).to_have_count(1)
    expect(page.locator("#chat-box .submit-button")).to_be_visible(timeout=60_000)
    expect(page.locator("#chat .user.message")).to_have_count(2)


def test_the_chat_says_before_what_the_small_model_does_not_know(visitor):
    page = visitor.page
    for message, words in (("draw a dragon", "“dragon”"), ("thanks!", "pictures alone"), ("What is it?", None)):
        page.locator("#chat-box textarea").fill(message)
        if words:
            expect(page.locator(".hint:visible")).to_contain_text(words)
        else:
            expect(page.locator(".hint:visible")).to_have_count(0)


def test_what_the_chat_replies_with_can_be_chosen(visitor):
    page = visitor.page
    page.locator("#chat-reply").get_by_text("Drawing").click()
    page.locator("#chat-box textarea").fill("How many cats are there?")
    page.keyboard.press("Enter")
    expect(page.locator("#chat .bot.message img")).to_be_visible(timeout=60_000)
    expect(page.locator("#chat .bot.message").last).to_contain_text("Drew: How many cats are there?")


def test_a_past_question_is_reworded_where_it_stands(visitor, tiny, monkeypatch):
    page, chat, asked = visitor.page, tiny.chat, []
    monkeypatch.setattr(tiny, "chat", lambda messages, **options: asked.append(messages) or chat(messages, **options))
    page.locator("#chat").get_by_text("What is in the picture?").click()
    expect(page.locator("#chat .bot.message")).to_be_visible()
    expect(page.locator("#chat-box .submit-button")).to_be_visible(timeout=60_000)
    page.locator("#chat-box textarea").fill("How many cats are there?")
    page.keyboard.press("Enter")
    expect(page.locator("#chat .bot.message")).to_have_count(2)
    expect(page.locator("#chat-box .submit-button")).to_be_visible(timeout=60_000)

    def reword(text):
        page.locator("#chat").get_by_role("button", name="Edit").first.click()
        page.locator("#chat textarea").fill(text)
        page.locator("#chat").get_by_role("button", name="Submit").click()

    reword("  ")
    expect(page.get_by_text("The message is empty")).to_be_visible()
    expect(page.locator("#chat .user.message").nth(1)).to_have_text("What is in the picture?")
    expect(page.locator("#chat .bot.message")).to_have_count(2)
    reword("What colour is the cat?")
    expect(page.locator("#chat .user.message").last).to_have_text("What colour is the cat?")
    expect(page.locator("#chat-box .submit-button")).to_be_visible(timeout=60_000)
    expect(page.locator("#chat .user.message")).to_have_count(2)
    expect(page.locator("#chat .user.message img")).to_be_visible()
    assert len(asked) == 3 and len(asked[-1]) == 1
    assert [block["type"] for block in asked[-1][0]["content"]] == ["image", "text"]
    expect(page.locator("#chat .bot.message")).to_have_count(1)


def test_a_photo_of_the_camera_joins_what_was_typed(visitor):
    page = visitor.page
    page.locator("#chat-box textarea").fill("What is this?")
    page.get_by_role("button", name="Camera", exact=True).click()
    page.locator("#chat-camera").get_by_text("Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('#chat-camera video')?.readyState >= 2")
    page.locator("#chat-camera").get_by_role("button", name="capture photo").click()
    expect(page.locator("#chat-box .thumbnail-item")).to_have_count(1)
    expect(page.locator("#chat-camera")).to_be_hidden()
    expect(page.locator("#chat-box textarea")).to_have_value("What is this?")
    page.locator("#chat-box .submit-button").click()
    expect(page.locator("#chat .bot.message")).to_be_visible()


def test_chat_keeps_what_was_typed_when_the_file_is_bad(visitor, tmp_path):
    page = visitor.page
    bad = tmp_path / "notes.png"
    bad.write_text("no picture")
    page.locator("#chat-box input[type=file]").set_input_files(bad)
    page.locator("#chat-box textarea").fill("What is this?")
    expect(page.locator("#chat-box .thumbnail-item")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The file is not a PNG")).to_be_visible()
    expect(page.locator("#chat-box textarea")).to_have_value("What is this?")
    expect(page.locator("#chat-box .thumbnail-item")).to_have_count(1)
    expect(page.locator("#chat-box .submit-button")).to_be_visible()


@pytest.fixture
def single(tiny):
    tiny.register_to_config(latest_picture_only=True)
    yield tiny
    tiny.register_to_config(latest_picture_only=False)


def test_a_model_of_one_picture_says_of_which_it_speaks(visitor, single, picture):
    page = visitor.page
    page.locator("#chat-box input[type=file]").set_input_files([picture] * 9)
    expect(page.locator("#chat-box .thumbnail-item")).to_have_count(9)
    page.locator("#chat-box textarea").fill("What are these?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("its answer is about the last one")).to_be_visible()
    expect(page.locator("#chat .bot").last).not_to_have_text("…")


def test_markup_in_an_answer_stays_text(visitor, tiny, monkeypatch):
    page, markup = visitor.page, '<img src=x onerror="window.broken = 1"><b>bold</b> [a](http://example.com)'
    said = iter([markup])
    monkeypatch.setattr(tiny, "chat", lambda messages, **options: said)
    page.locator("#chat").get_by_text("What is in the picture?").click()
    expect(page.locator("#chat .bot.message").last).to_contain_text("<b>bold</b>")
    expect(page.locator("#chat-box .submit-button")).to_be_visible()
    assert page.evaluate("window.broken") is None
    assert page.locator("#chat .bot.message :is(b, img)").count() == 0
