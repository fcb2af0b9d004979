"""The page's fixed words: all are in the dictionary, a Chinese visitor reads them, and the API speaks English."""

import html
import json

import pytest
from playwright.sync_api import expect

from tests.demo.browsing import needs_chromium, visit
from unilip.demo.languages import CHINESE, MARKER, fixed_texts, in_chinese

# Names of what is not shown, and the words of the model's own small world, which are English.
UNSEEN = {"Pair", "Shown at", "Choice", "Id of the vote", "Flagged", "Left: Where", "Right: Where"}
UNSEEN |= {"Ahead", "Ahead: input", "Ahead: left", "Ahead: right"}


def as_the_code_says_it(text: str) -> str:
    marker = MARKER.fullmatch(text)
    return json.loads(marker[1])["key"] if marker else text


@pytest.fixture
def texts(served) -> set[str]:
    return {as_the_code_says_it(text) for _, _, text in fixed_texts(served.page)}


def test_every_fixed_text_is_known_in_chinese(texts):
    plain = {text for text in texts if not text.startswith("<") and any(letter.isalpha() for letter in text)}
    missing = {text for text in plain - UNSEEN if in_chinese(text) is None}
    assert not missing, missing


def test_every_choice_is_known_in_chinese(served):
    labels = {label for one in served.page.blocks.values() for label, _ in getattr(one, "choices", None) or ()}
    missing = {str(label) for label in labels if str(label) not in CHINESE and not str(label).isdecimal()}
    assert not missing, missing


def test_no_translation_is_of_something_that_the_page_does_not_say(served, texts):
    choices = [label for one in served.page.blocks.values() for label, _ in getattr(one, "choices", None) or ()]
    said = html.unescape("\n".join([*texts, *map(str, choices)]))
    assert [text for text in CHINESE if text not in said] == []


def test_the_api_speaks_english(client):
    told = json.dumps(client.view_api(return_format="dict"))
    assert "__i18n__" not in told and "What shall I draw?" in told


@pytest.mark.browser
@pytest.mark.timeout(300)
@needs_chromium
def test_a_chinese_visitor_draws(served):
    with visit(served.url, locale="zh-CN") as visitor:
        visitor.open_tab("创作")
        visitor.page.get_by_label("要画什么？").fill("a red cat")
        visitor.page.get_by_role("button", name="开始画").click()
        expect(visitor.page.locator(".status:visible")).to_contain_text("2 张图片，用时", timeout=60_000)
        visitor.page.get_by_role("button", name="参数网格").click()
        expect(visitor.page.get_by_label("行的变量")).to_have_value("引导强度")
        assert "__i18n__" not in visitor.page.locator("body").inner_text()
    assert visitor.complaints == [] and visitor.foreign == []
