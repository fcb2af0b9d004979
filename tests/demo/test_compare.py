"""The Compare tab through the served page: votes are on disk and counted once, and tokens open what is theirs alone."""

from itertools import count

import pytest
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import expect

from tests.demo.browsing import PHONE, needs_chromium, press_until, settle, visit
from tests.demo.hooks import held_after
from unilip.annotation.sources import Contestant, Item
from unilip.demo.engine import refusal
from unilip.demo.studies import Studies

NUMBERS = count()


@pytest.fixture
def ticket(served, tmp_path):
    """The owner's ticket of an open study with four items, input pictures, and the contestants "hare" and "fox"."""

    def paint(*names):
        path = tmp_path.joinpath(*names)
        path.parent.mkdir(exist_ok=True)
        shift = 9 * next(NUMBERS)
        Image.radial_gradient("L").convert("RGB").point(lambda value: (value + shift) % 256).save(path)
        return path

    items = [Item(f"i{number}", f"make it {number} & more", image=paint("in", f"{number}.png")) for number in range(4)]
    for name in ("hare", "fox"):
        for item in items:
            paint(name, f"{item.name}.png")
    contestants = [Contestant(name, tmp_path / name) for name in ("hare", "fox")]
    return served.studies.store().create(f"Study {next(NUMBERS)}", items, contestants, seed=1, repeats=0)


@pytest.fixture
def token(served, ticket):
    return served.studies.store().join(ticket.study, "ann").token


def seen(client, token):
    """The head, the three pictures, the number of the pair and when it was shown."""
    _, _, head, source, left, right, assignment, shown_at, *_ = client.predict(token, api_name="/judge")
    return head, (source, left, right), assignment, shown_at


def vote(client, token, assignment, choice="left", vote_id="v1", **more):
    said = {"token": token, "assignment": assignment, "choice": choice, "vote_id": vote_id, **more}
    return client.predict(**said, api_name="/vote")


def test_a_vote_is_in_the_database_when_the_handler_returns(served, client, ticket, token):
    head, pictures, assignment, shown_at = seen(client, token)
    assert "&amp; more" in head and "0 of 4" in head
    assert not any(name in str((head, pictures)) for name in ("hare", "fox"))
    said = {"left_quality": 4, "right_tags": ["artefacts"], "note": "a <b>note</b>"}
    vote(client, token, assignment, shown_at=shown_at, **said)
    (kept,) = served.studies.store().judge(token).votes()
    assert (kept.choice, kept.left_quality, kept.right_tags, kept.note) == ("left", 4, ["artefacts"], said["note"])
    head, _, following, _ = seen(client, token)
    assert "1 of 4" in head and following != assignment


def test_no_address_of_a_visitor_is_kept(served, client, token):
    vote(client, token, seen(client, token)[2])
    kept = b"".join(path.read_bytes() for path in served.studies.folder.glob("studies.sqlite*"))
    assert b"make it" in kept and b"127.0.0.1" not in kept


def test_a_double_click_counts_once(served, client, token):
    _, _, assignment, _ = seen(client, token)
    vote(client, token, assignment)
    vote(client, token, assignment, choice="right")  # the same id
    vote(client, token, assignment, vote_id="another tab's")  # told, not failed
    assert [one.choice for one in served.studies.store().judge(token).votes()] == ["left"]


def test_undo_and_skip(served, client, token):
    _, _, first, _ = seen(client, token)
    client.predict(token, first, api_name="/skip_pair")
    head, _, second, _ = seen(client, token)
    assert second != first and "1 skipped" in head
    vote(client, token, second)
    client.predict(token, "u1", api_name="/undo_vote")
    assert seen(client, token)[2] == second
    assert served.studies.store().judge(token).votes() == []


def test_what_was_skipped_comes_back_when_asked_for(served, client, token):
    _, _, first, _ = seen(client, token)
    client.predict(token, first, api_name="/skip_pair")
    client.predict(token, api_name="/return_to_skipped")
    head, _, back, _ = seen(client, token)
    assert back == first and "skipped" not in head


def test_tokens_open_what_is_theirs_alone(served, client, ticket, token):
    other = served.studies.store().join(ticket.study, "bea").token
    _, _, assignment, _ = seen(client, token)
    with pytest.raises(AppError, match="not yours"):
        vote(client, other, assignment)
    for wrong in ("", "nonsense", ticket.token, None, {"a": 1}):
        with pytest.raises(AppError):
            vote(client, wrong, assignment)
    for wrong in ("", "nonsense", token, None):
        with pytest.raises(AppError):
            client.predict(wrong, api_name="/study_results")
    vote(client, token, assignment)
    assert "0 of 4" in seen(client, other)[0]
    assert "Krippendorff" in client.predict(ticket.token, api_name="/study_results")


def test_a_deleted_study_is_told(served, client, ticket, token):
    _, _, assignment, _ = seen(client, token)
    served.studies.store().owner(ticket.token).delete()
    with pytest.raises(AppError, match="may have been deleted"):
        vote(client, token, assignment, note="kept by the browser")


def test_bad_ballots_are_refused(client, token):
    _, _, assignment, _ = seen(client, token)
    for wrong in (
        {"choice": "both"},
        {"vote_id": ""},
        {"left_quality": 9},
        {"assignment": 10**9},
        {"note": "x" * 3000},
    ):
        with pytest.raises(AppError):
            vote(client, **{"token": token, "assignment": assignment, **wrong})
    assert "0 of 4" in seen(client, token)[0]


def test_joining_an_open_study(served, client, ticket):
    token = client.predict(ticket.study, "cleo", api_name="/join_study")[0]
    assert served.studies.store().judge(token).seat().annotator == "cleo"
    with pytest.raises(AppError, match="cleo"):
        client.predict(ticket.study, "cleo", api_name="/join_study")
    served.studies.store().owner(ticket.token).set_open(False)
    with pytest.raises(AppError, match="closed"):
        client.predict(ticket.study, "dora", api_name="/join_study")


@pytest.fixture
def short_example(monkeypatch):
    """The example study with two edits."""
    edits = {"bus": (("adjust", "make the bus red"),), "apples": (("remove", "remove one of the apples"),)}
    monkeypatch.setattr("unilip.annotation.example.EDITS", edits)


def test_a_stopped_example_study_goes_on_and_nobody_else_sees_it(served, tiny, client, short_example):
    with held_after(tiny.transformer, 20):  # or all may be made before it is stopped
        job = client.submit(None, api_name="/example_study")
        for update in job:
            if "Picture 2 of 4" in update[-1]:
                job.cancel()
                break
    example = update[0]
    store = served.studies.store()
    assert store.owner(example["owner"]).overview().pictures < 4
    again = client.predict(example, api_name="/example_study")
    assert again[0] == example and again[1:3] == (example["judge"], example["owner"])
    assert store.owner(example["owner"]).overview().pictures == 4
    assert "0 of 2" in seen(client, example["judge"])[0]
    assert store.judge(example["judge"]).seat().study not in [study for _, study in served.studies.open_ones()]


def test_studies_that_cannot_be_opened_are_told_and_nothing_is_written_unasked(tmp_path):
    studies = Studies(tmp_path / "none")
    assert studies.open_ones() == [] and not studies.folder.exists()
    studies.close()
    elsewhere = Studies(tmp_path / "pictures", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    assert elsewhere.open_ones() == [] and (tmp_path / "elsewhere.sqlite").is_file()
    elsewhere.close()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(type(refusal("")), match="cannot be opened"):
        Studies(tmp_path / "file").store()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
@needs_chromium
def test_judging_by_keys(served, ticket):
    store = served.studies.store()
    token = store.owner(ticket.token).invite("eve")

    def press(key: str, then: str) -> None:
        press_until(page, lambda: page.keyboard.press(key), then)

    with visit(served.url, PHONE) as visitor:
        page = visitor.page
        visitor.open_tab("Compare")
        page.get_by_label("I have an invitation").fill(token)
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#bench .asked")).to_contain_text("make it")
        expect(page.locator("#bench-pictures img")).to_have_count(3)
        settle(page)
        page.keyboard.press("1")
        page.keyboard.press("1")  # at once: not meant for the next pair
        expect(page.locator("#bench .status p")).to_contain_text("1 of 4")
        press("2", "2 of 4")
        press("z", "1 of 4")
        press("Space", "1 skipped")
        visitor.unfold("Say more")
        note = page.get_by_label("Note", exact=True)
        settle(page)  # the next pair empties the note
        note.press_sequentially("3 z 4")
        expect(note).to_have_value("3 z 4")
        page.locator("#bench fieldset", has_text="Left: Looks good").locator("label", has_text="4").click()
        press("3", "2 of 4")
        expect(note).to_have_value("")
        visitor.reload()
        visitor.open_tab("Compare")
        expect(page.locator("#bench .status p")).to_contain_text("2 of 4")
        press("4", "3 of 4")
        press("4", "4 of 4")
        expect(page.locator("#bench .asked")).to_contain_text("Thank you")
        press("z", "3 of 4")
        press("4", "4 of 4")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= page.viewport_size["width"], "the page scrolls sideways"
        votes = store.judge(token).votes()
        assert [vote.choice for vote in votes] == ["left", "tie", "bad", "bad"]
        assert (votes[1].left_quality, votes[1].note) == (4, "3 z 4")
        page.get_by_role("button", name="Leave").click()
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#bench .status p")).to_contain_text("4 of 4")
        store.owner(ticket.token).delete()
        page.get_by_role("button", name="Leave").click()
        # The way in may show before leaving is done, since entering a study that is gone shows it as well.
        page.wait_for_function("localStorage.getItem('unilip-annotator') === null")
        expect(page.get_by_role("button", name="Try the example study")).to_be_visible()
        visitor.reload()  # and the browser has not kept what was left
        visitor.open_tab("Compare")
        expect(page.get_by_role("button", name="Try the example study")).to_be_visible()
        expect(page.get_by_text("may have been deleted")).to_be_hidden()
    assert visitor.complaints == [] and visitor.foreign == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
@needs_chromium
def test_a_newcomer_tries_the_example_and_sees_its_results(served, short_example):
    with visit(served.url, color_scheme="dark") as visitor:
        page = visitor.page
        visitor.open_tab("Compare")
        page.get_by_role("button", name="Try the example study").click()
        expect(page.locator("#bench .status p")).to_contain_text("0 of 2")
        for done in (1, 2):
            press_until(page, page.get_by_role("button", name="Left better").click, f"{done} of 2")
        page.locator("#outcome").get_by_role("button", name="Results").click()
        frame = page.frame_locator("iframe.report")
        told = frame.get_by_text("Bradley").first
        expect(told).to_be_visible()
        # Dark on light also on a dark page: the report brings both of its colours.
        expect(told).to_have_css("color", "rgb(28, 33, 38)")
        expect(page.frame_locator("iframe.report").locator("html")).to_have_css(
            "background-color", "rgb(255, 255, 255)"
        )
        for button, ending in (("Votes as JSONL", "jsonl"), ("Votes as CSV", "csv"), ("Report as HTML", "html")):
            with page.expect_download() as download:
                page.get_by_role("button", name=button).first.click()
            assert download.value.path().stat().st_size > 100 and download.value.suggested_filename.endswith(ending)
    assert visitor.complaints == [] and visitor.foreign == []
