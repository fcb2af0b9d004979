"""Making and running studies through the served page: what is made is whole or not there, and tokens open their own."""

import io
import json
import time
import zipfile
from contextlib import nullcontext
from pathlib import Path
from tempfile import gettempdir

import gradio as gr
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import Route, expect

from tests.demo.browsing import PHONE, needs_chromium, visit
from tests.demo.hooks import held_after
from unilip.annotation import archive
from unilip.annotation.errors import StudyError
from unilip.annotation.judging import Ballot
from unilip.annotation.owner import Owner
from unilip.annotation.running import missing
from unilip.annotation.sources import Contestant, Item
from unilip.demo.compare import new_example
from unilip.demo.running import check

SETTINGS = "gentle: guidance=1.5, steps=1\nfirm: guidance=6, steps=1"
ITEMS = "id,prompt,image,category\ni0,make it red,in/0.png,adjust\ni1,make it blue,in/1.png,\n"


def png(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), (shade, 99, 7)).save(file, "PNG")
    return file.getvalue()


INPUTS = {"in/0.png": png(1), "in/1.png": png(2)}
RESULTS = {f"{name}/i{item}.png": png(20 + 10 * item + len(name)) for name in ("hare", "fox") for item in range(2)}


@pytest.fixture
def pack(tmp_path):
    """Writes files into a zip file, or one text into a file, to be uploaded."""

    def write(files, name="study.zip"):
        path = tmp_path / name
        if isinstance(files, str):
            path.write_text(files, encoding="utf-8")
        else:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
                for entry, content in files.items():
                    file.writestr(entry, content)
        return handle_file(path)

    return write


def make(client, upload, contestants=SETTINGS, **more) -> str:
    """The owner's token of a new study."""
    return client.predict(upload, contestants=contestants, **more, api_name="/make_study")


def raising(error: Exception):
    def call(*arguments):
        raise error

    return call


@pytest.fixture
def token(client, pack):
    """The owner's token of a study of two prompts."""
    return make(client, pack("id,prompt\ni0,a red cat\ni1,a blue dog\n", "two.csv"), title="Two prompts & more")


def test_a_study_of_a_table_and_settings(served, client, token):
    view = served.studies.store().owner(token).overview()
    assert (view.title, view.items, view.pictures, view.pictures_needed) == ("Two prompts & more", 2, 0, 4)
    assert [one["guidance"] for one in view.contestants.values()] == [1.5, 6]
    assert (view.repeats, view.overlap, view.open) == (0.05, None, True)


def test_options_and_a_table_of_json_lines(served, client, pack):
    lines = "\n".join(json.dumps({"id": number, "prompt": "a cat"}) for number in range(3))
    upload = pack(lines, "cats.jsonl")
    view = served.studies.store().owner(make(client, upload, repeats=0.2, overlap=2, open_to_all=False)).overview()
    assert (view.title, view.items, view.repeats, view.overlap, view.open) == ("cats", 3, 0.2, 2, False)


@pytest.mark.parametrize("wrap", ["", "study/"])
def test_a_zip_file_with_pictures(served, client, pack, wrap):
    files = {"items.csv": ITEMS, **INPUTS, **RESULTS}
    clutter = {"__MACOSX/._items.csv": "", "Thumbs.db": ""}
    token = make(client, pack({wrap + name: content for name, content in files.items()} | clutter), "hare\nfox\n")
    owner = served.studies.store().owner(token)
    assert owner.overview().pictures == 4 and list(owner.overview().contestants) == ["hare", "fox"]
    pair = served.studies.store().judge(owner.invite("ann")).next()
    assert pair.source is not None and pair.left != pair.right


def test_genevals_and_imgedits_layouts(served, client, pack):
    drawn = {
        f"{name}/{item:05d}/{file}": content
        for name in ("hare", "fox")
        for item in range(2)
        for file, content in (
            ("metadata.jsonl", json.dumps({"tag": "colors", "prompt": f"a cat {item}"})),
            ("samples/0000.png", png(50 + item + len(name))),
        )
    }
    edits = {"i0": {"id": "0.png", "prompt": "make it red", "edit_type": "adjust"}}
    edited = {"basic_edit.json": json.dumps(edits), "originals/0.png": png(1), **RESULTS}
    for files, items in ((drawn, 2), (edited, 1)):
        view = served.studies.store().owner(make(client, pack(files), "hare\nfox")).overview()
        assert (view.items, view.pictures) == (items, items * 2)


GOOD = {"items.csv": ITEMS, **INPUTS, **RESULTS}


@pytest.mark.parametrize(
    ("name", "files", "contestants", "words"),
    [
        ("a.csv", "name,text\n1,a cat\n", SETTINGS, "has no id and prompt"),
        ("a.csv", "id,prompt\n1,a cat\n1,a dog\n", SETTINGS, "stands twice"),
        ("a.csv", "id,prompt\n", SETTINGS, "no items"),
        ("a.csv", "id,prompt,image\n1,a cat,../../secret.png\n", SETTINGS, "outside"),
        ("a.csv", ITEMS, SETTINGS, "2 of 2 input pictures are missing"),
        ("a.jsonl", "{not json\n", SETTINGS, "not JSON"),
        ("a.csv", "id,prompt\n1,a cat\n", "gentle: guidance=2", "2 to 20 contestants"),
        ("a.csv", "id,prompt\n1,a cat\n", "a: guidance=2\na: guidance=3", "same name"),
        ("a.csv", "id,prompt\n1,a cat\n", "a: guidance=2\nb: guidance=99", "Guidance"),
        ("a.csv", "id,prompt\n1,a cat\n", "a: steps=2\nb: steps=400", "Steps"),
        ("a.csv", "id,prompt\n1,a cat\n", "a: steps=2\nb: model=/etc", "leave the model out"),
        ("a.csv", "id,prompt\n1,a cat\n", "a: steps=2\nb: strength=4", "no setting strength"),
        ("a.csv", "id,prompt\n1,a cat\n", "hare\nfox", 'no folder "hare" in the zip file'),
        ("a.zip", "no zip file", SETTINGS, "not a zip file"),
        ("a.zip", {}, SETTINGS, "neither GenEval"),
        ("a.zip", {"items.csv": ITEMS, **INPUTS, "b.csv": ITEMS}, SETTINGS, "several tables"),
        ("a.zip", GOOD | {"../escaped.txt": "x"}, "hare\nfox", "leads out of it"),
        ("a.zip", GOOD | {"/escaped.txt": "x"}, "hare\nfox", "leads out of it"),
        ("a.zip", GOOD, "hare\n../..", "is no folder in the zip file"),
        ("a.zip", GOOD | {"hare/i1.png": b"no picture"}, "hare\nfox", "by &quot;hare&quot; cannot be used"),
        ("a.zip", {name: GOOD[name] for name in GOOD if name != "fox/i1.png"}, "hare\nfox", "1 of 2 .* missing in fox"),
        ("a.zip", GOOD | {"zeros": bytes(archive.LARGEST)}, "hare\nfox", "too large"),
        ("a.zip", {f"{number}.txt": b"" for number in range(archive.MOST_FILES + 1)}, "hare\nfox", "too large"),
    ],
)
def test_bad_input_is_told_and_nothing_is_made(served, client, pack, tmp_path, name, files, contestants, words):
    before = served.studies.store().studies()
    with pytest.raises(AppError, match=words.replace('"', "&quot;")) as refused:
        make(client, pack(files, name), contestants)
    assert gettempdir() not in str(refused.value)
    assert served.studies.store().studies() == before
    assert list(tmp_path.rglob("escaped.txt")) == [] and not Path("/escaped.txt").exists()


def test_no_file_and_no_such_option(client, pack):
    with pytest.raises(AppError, match="no file yet"):
        make(client, None)
    for wrong in ({"overlap": 1.5}, {"overlap": -1}, {"repeats": 0.9}, {"title": "x" * 300}):
        with pytest.raises(AppError):
            make(client, pack("id,prompt\n1,a cat\n", "a.csv"), **wrong)


def test_pictures_are_made_and_a_stopped_run_goes_on(served, tiny, client, token):
    owner = served.studies.store().owner(token)
    with held_after(tiny.transformer, 1):  # or all may be made before it is stopped
        job = client.submit(token, api_name="/make_pictures")
        for update in job:
            if "Picture 2 of 4" in update[-1]:
                job.cancel()
                break
    assert 0 < owner.overview().pictures < 4
    seen, _, status = client.predict(token, api_name="/make_pictures")
    assert owner.overview().pictures == 4 and "All pictures are made" in status and "made</small>" not in seen


def test_what_the_owner_does(served, client, token):
    annotator, seen, is_open = client.predict(token, "ann <b>", api_name="/invite_annotator")
    assert served.studies.store().judge(annotator).seat().annotator == "ann <b>"
    assert "Two prompts &amp; more" in seen and "ann &lt;b&gt;" in seen and "0 votes" in seen and is_open
    assert "flagged" in client.predict(token, "ann <b>", api_name="/flag_annotator")[0]
    assert "flagged" not in client.predict(token, "ann <b>", False, api_name="/flag_annotator")[0]
    assert client.predict(token, False, api_name="/open_study")[1] is False
    assert client.predict(token, api_name="/study_overview")[1] is False
    assert client.predict(token, True, api_name="/open_study")[1] is True
    for name, words in (("nobody", "no annotator"), ("", "The name is empty")):
        with pytest.raises(AppError, match=words):
            client.predict(token, name, api_name="/flag_annotator")
    with pytest.raises(AppError, match="at most 60"):
        client.predict(token, "x" * 61, api_name="/invite_annotator")


def test_a_study_is_deleted_by_its_title_alone(served, client, token):
    for wrong in ("", "Two prompts"):
        with pytest.raises(AppError, match="type its title: Two prompts &amp; more"):
            client.predict(token, wrong, api_name="/delete_study")
    client.predict(token, "Two prompts & more", api_name="/delete_study")
    with pytest.raises(AppError, match="may have been deleted"):
        client.predict(token, api_name="/study_overview")


def test_while_the_studies_are_away_no_token_is_forgotten(served, client, pack, token, monkeypatch):
    leave = next(one.fn for one in served.page.fns.values() if one.name == "leave")
    other = make(client, pack("id,prompt\n1,a cat\n", "other.csv"))
    assert leave(token, [token, other, "of a study that is gone"]) == ([other], other)
    with monkeypatch.context() as patch:
        patch.setattr(Owner, "overview", raising(StudyError("The studies cannot be used now.")))
        with pytest.raises(gr.Error, match="cannot be used now"):
            leave(token, [token, other])


@pytest.mark.parametrize(
    ("endpoint", "arguments"),
    [
        ("study_overview", ()),
        ("make_pictures", ()),
        ("invite_annotator", ("bea",)),
        ("flag_annotator", ("ann",)),
        ("open_study", (False,)),
        ("delete_study", ("Two prompts & more",)),
    ],
)
def test_only_the_owner_may(served, client, pack, token, endpoint, arguments):
    other = make(client, pack("id,prompt\n1,a cat\n", "other.csv"))
    owner = served.studies.store().owner(token)
    annotator = owner.invite("ann")
    before = owner.overview(), owner.annotators()
    for wrong in ("", "nonsense", None, {"a": 1}, annotator):
        with pytest.raises(AppError):
            client.predict(wrong, *arguments, api_name=f"/{endpoint}")
    if endpoint in ("flag_annotator", "delete_study"):  # the other study has no such annotator, and another title
        with pytest.raises(AppError):
            client.predict(other, *arguments, api_name=f"/{endpoint}")
    assert (owner.overview(), owner.annotators()) == before


def test_exported_votes_are_loaded(served, client, pack, tmp_path):
    owls = {f"owl/i{item}.png": png(80 + item) for item in range(2)}
    store = served.studies.store()
    owner = store.owner(make(client, pack(GOOD | owls), "hare\nfox\nowl", repeats=0))
    judge = store.judge(owner.invite("ann"))
    for number in range(6):
        judge.vote(str(number), judge.next().assignment, Ballot("left"))
    owner.export(tmp_path / "votes.jsonl")
    loaded = client.predict(handle_file(tmp_path / "votes.jsonl"), api_name="/load_study")
    assert store.owner(loaded).judgements() == owner.judgements()
    with pytest.raises(AppError, match="no export"):
        client.predict(pack("id,prompt\n1,a\n", "wrong.csv"), api_name="/load_study")

    def is_kept(line: str) -> bool:
        record = json.loads(line)
        return record["item"] == "i0" or "owl" not in (record["left"], record["right"])

    votes = (tmp_path / "votes.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    some = client.predict(pack("".join(filter(is_kept, votes)), "some.jsonl"), api_name="/load_study")
    with pytest.raises(AppError, match="loaded from its votes"):  # the owl's picture of i1 is not in them
        client.predict(some, api_name="/make_pictures")


@pytest.mark.parametrize(
    ("runs", "model", "refused"),
    [
        (None, None, False),
        (None, "org/UniLIP-1B", True),
        ("org/UniLIP-1B", "org/UniLIP-1B", False),
        ("org/UniLIP-1B", None, True),
        ("org/UniLIP-1B", "org/UniLIP-3B", True),
    ],
)
def test_a_contestants_model_is_the_one_that_the_command_line_would_load(served, monkeypatch, runs, model, refused):
    monkeypatch.setattr(served.engine, "source", runs)
    settings = [Contestant(name, settings={"model": model}) for name in ("mine", "yours")]
    ticket = served.studies.store().create("Models", [Item("i0", "a cat")], settings)
    job = missing(served.studies.store().owner(ticket.token))[0]
    with pytest.raises(gr.Error, match="needs the model") if refused else nullcontext():
        check(served.engine, job)


def test_an_example_study_names_the_model_as_the_command_line_does(served):
    example = new_example(served.studies.store(), "org/UniLIP-1B")
    owner = served.studies.store().owner(example["owner"])
    assert {job.settings["model"] for job in missing(owner)} == {"org/UniLIP-1B"}


def test_no_other_model_draws_for_a_contestant(served, client):
    contestants = [Contestant("mine", settings={}), Contestant("theirs", settings={"model": "big/<one>"})]
    ticket = served.studies.store().create("Two models", [Item("i0", "a cat")], contestants)
    with pytest.raises(AppError, match="needs the model big/&lt;one&gt;"):
        client.predict(ticket.token, api_name="/make_pictures")
    assert served.studies.store().owner(ticket.token).overview().pictures == 0


def slowly(route: Route):
    """Passes a request on as a slow network does."""
    time.sleep(0.5)
    route.continue_()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
@needs_chromium
def test_a_researcher_makes_runs_and_deletes_a_study(served, tmp_path):
    (tmp_path / "two.csv").write_text("id,prompt\ni0,a red cat\n", encoding="utf-8")
    with visit(served.url, PHONE) as visitor:
        page = visitor.page
        visitor.open_tab("Compare")
        expect(page.get_by_label("Who is compared")).to_be_hidden()
        visitor.unfold("Make a study of your own")
        page.locator("#making input[type=file]").first.set_input_files(tmp_path / "two.csv")
        expect(page.locator("#making").get_by_role("cell", name="two.csv")).to_be_visible()
        page.get_by_label("Title", exact=True).fill("My study")
        page.get_by_label("Who is compared").fill(SETTINGS)
        page.get_by_role("button", name="Make the study").click()
        manage = page.locator("#manage")
        expect(manage.get_by_role("heading", name="My study")).to_be_visible()
        token = manage.locator(".token textarea, .token input").last.input_value()
        assert served.studies.store().owner(token).overview().title == "My study"
        manage.get_by_role("button", name="Make the pictures").click()
        expect(manage.locator(".status p")).to_contain_text("All pictures are made")
        manage.get_by_placeholder("A name").fill("ann")
        manage.get_by_role("button", name="Invite", exact=True).click()
        expect(manage.get_by_label("The annotator's token")).not_to_have_value("")
        invited = manage.get_by_label("The annotator's token").input_value()
        manage.get_by_role("button", name="Flag", exact=True).click()
        expect(manage.locator(".people")).to_contain_text("flagged")
        page.get_by_label("I have an invitation").fill(invited)
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#bench .asked")).to_contain_text("a red cat")
        page.get_by_role("button", name="Your token, to go on elsewhere").click()
        expect(page.locator("#place").get_by_label("Token")).to_have_value(invited)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= page.viewport_size["width"], "the page scrolls sideways"
        visitor.reload()
        visitor.open_tab("Compare")
        visitor.unfold("Run the study")
        expect(manage.locator(".people")).to_contain_text("flagged")
        visitor.unfold("Delete or leave")
        manage.get_by_label("The study's title, to delete it").fill("My study")
        page.route("**/run/*", slowly)
        manage.get_by_role("button", name="Delete the study").click()
        expect(manage).to_be_hidden()
        assert page.evaluate("localStorage.getItem('unilip-owner')") is None, "hidden, but not yet forgotten"
        page.unroute("**/run/*")
        visitor.reload()
        visitor.open_tab("Compare")
        expect(manage).to_be_hidden()
        assert "My study" not in [study.title for study in served.studies.store().studies()]
    assert visitor.complaints == [] and visitor.foreign == []
