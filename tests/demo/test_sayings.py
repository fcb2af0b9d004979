"""What the page says while it runs: in Chinese to a browser that asks for it, in English to programs."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from unilip.annotation.sources import Item
from unilip.annotation.store import Contestant
from unilip.demo import engine, page
from unilip.demo.languages import in_chinese as fixed_in_chinese
from unilip.demo.sayings import SAID, in_chinese, said

SETTINGS = [Contestant(name, settings={}) for name in ("hare", "fox")]
UNILIP = Path(page.__file__).parents[1]
TEXTS = {"refusal", "TreeError", "StudyError"}  # what is called with a text for the visitor
OTHERS = {"cli", "database"}  # whose texts are for who starts the program
MODULES = sorted(
    f"{folder}.{path.stem}"
    for folder in ("demo", "annotation")
    for path in (UNILIP / folder).glob("*.py")
    if path.stem not in OTHERS
)


def request(language: str) -> SimpleNamespace:
    return SimpleNamespace(headers={"accept-language": language})


def faults(module: str) -> list[str]:
    """What the module's refusals say, with a number for what is filled in."""
    found = []
    for node in ast.walk(ast.parse((UNILIP / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEXTS:
            match node.args:
                case [ast.Constant(value=text)]:
                    found.append(text)
                case [ast.JoinedStr(values=pieces)]:
                    text = "".join(one.value if isinstance(one, ast.Constant) else "7" for one in pieces)
                    found.append(text.replace("7 Please", "7. Please"))  # a whole sentence was filled in
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_fault_is_known_in_chinese(module):
    known = {text: in_chinese(text) for text in faults(module)}
    assert [text for text, said in known.items() if said == text or re.search(r"\bthe |Please| is ", said)] == []


@pytest.mark.parametrize("english, chinese", [
    ("Step 5 of 20, about 3 s left", "步骤 5 / 20，约剩 3 秒"),
    ("2 pictures in 1.5 s", "2 张图片，用时 1.5 秒"),
    ("The prompt is empty. Please write something first.", "提示为空。请先写点什么。"),
    ("Did you mean “cat” instead of “catt”? It counts only up to four of a thing.",
     "您是指 “cat” instead of “catt” 吗？每种东西它最多数到四个。"),
    ("of another program", "of another program"),
    ("Picture 1 of 60", "图片 1 / 60"),
    ("Step  of 20, about 3 s left", "Step  of 20, about 3 s left"),
])  # fmt: skip
def test_what_is_known_is_put_into_chinese_and_the_rest_left(english, chinese):
    assert said(english, request("zh-CN,zh;q=0.9,en;q=0.8")) == chinese


@pytest.mark.timeout(20)
def test_a_long_text_does_not_keep_the_page_waiting():
    words = "of " * 3000
    assert said(f"“{words}” is not a number, as the seed must be.", request("zh-CN")).startswith(f"“{words}”不是数字")
    assert said(f"Drew: {words}", request("zh-CN")) == f"Drew: {words}"


def test_html_keeps_its_tags_and_what_a_visitor_wrote_stays_text():
    told = said("<p>Step</p><p>&lt;b&gt; &amp; more</p>", request("zh-CN"))
    assert told == "<p>步骤</p><p>&lt;b&gt; &amp; more</p>"


@pytest.mark.parametrize("language", ["", "en-GB,en;q=0.9,zh-CN;q=0.8", "zh-TW", "zh", "zh-SG", "de"])
def test_everybody_else_reads_english(language):
    assert said("Stopped", request(language)) == "Stopped"


def test_both_sides_of_a_translation_have_the_same_gaps():
    assert [text for text, chinese in SAID.items() if text.count("{}") < chinese.count("{}")] == []


def test_fixed_and_spoken_words_agree():
    shared = [text for text in SAID if fixed_in_chinese(text) is not None]
    assert [text for text in shared if fixed_in_chinese(text) != SAID[text] and "{}" not in text] == []


@pytest.fixture(scope="module")
def chinese_client(served) -> Client:
    return Client(served.url, verbose=False, headers={"accept-language": "zh-CN,zh;q=0.9"})


def test_a_fault_of_a_handler_is_told_in_chinese(chinese_client):
    with pytest.raises(AppError, match="提示为空"):
        chinese_client.predict(prompt=" ", api_name="/create")


def test_a_fault_of_an_upload_is_told_in_chinese(chinese_client, tmp_path):
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(AppError, match="文件不是 PNG"):
        chinese_client.predict(picture=handle_file(tmp_path / "notes.png"), api_name="/reconstruct")


def test_a_fault_of_the_model_is_told_in_chinese(chinese_client, served, monkeypatch):
    monkeypatch.setattr(served.engine, "queue_size", -1)
    with pytest.raises(AppError, match="已有 0 个请求在等待"):
        chinese_client.predict(prompt="a cat", steps=1, api_name="/create")


def test_a_fault_with_a_quoted_name_is_told_in_chinese(chinese_client, served):
    ticket = served.studies.store().create("s", [Item("a", "a cat")], SETTINGS)
    chinese_client.predict(ticket.study, 'O\'Hara & "co"', api_name="/join_study")
    with pytest.raises(AppError, match='这里已有人叫“O\'Hara &amp; "co"”'):
        chinese_client.predict(ticket.study, 'O\'Hara & "co"', api_name="/join_study")


def test_the_bench_speaks_chinese_but_leaves_names(chinese_client, served):
    ticket = served.studies.store().create("Votes", [Item("a", "a cat")], SETTINGS)
    _, head, *_ = chinese_client.predict(ticket.study, "flagged", api_name="/join_study")
    assert "Votes · 您是 flagged" in head and "已完成 0 / 1" in head
    overview, *_ = chinese_client.predict(ticket.token, api_name="/study_overview")
    assert "<dt>评判者</dt>" in overview and "0 票" in overview
    assert ">Votes</h2>" in overview and ">flagged</th>" in overview


def test_progress_is_told_in_chinese(chinese_client):
    *_, status = chinese_client.predict(prompt="a cat", steps=2, pictures=1, api_name="/create")
    assert "1 张图片，用时" in status


def test_the_engine_speaks_english_by_itself():
    assert engine.refusal("Stopped").message == "Stopped"
