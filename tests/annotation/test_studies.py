"""Studies are made of good input whole, and of bad input not at all, with a sentence that says why."""

import json

import pytest
from PIL import Image, PngImagePlugin

from tests.annotation.conftest import paint
from unilip.annotation.errors import StudyError, StudyGoneError
from unilip.annotation.sources import Contestant, Item, find_pictures, read_items

CONTESTANTS = [Contestant("a", settings={"guidance": 2}), Contestant("b", settings={"guidance": 7})]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_items_of_a_csv(tmp_path):
    picture = paint(tmp_path / "in" / "1.png", 1)
    source = write(
        tmp_path / "items.csv", '\ufeffid,instruction,image,category\n1,"make it\nred",in/1.png,color\n2,b,,\n'
    )
    assert read_items(source) == [Item("1", "make it\nred", "color", picture), Item("2", "b")]


def test_items_of_a_jsonl(tmp_path):
    picture = paint(tmp_path / "in" / "1.png", 1)
    lines = [
        {"id": 7, "prompt": "a cat", "image": "1.png", "more": [1]},
        {"id": "8", "prompt": "a\u2028dog", "category": "x"},
    ]
    source = write(tmp_path / "items.jsonl", "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    assert read_items(source, tmp_path / "in") == [Item("7", "a cat", "", picture), Item("8", "a\u2028dog", "x")]


def test_items_of_genevals_layout(tmp_path):
    for number, name in enumerate(("cat", "dog")):
        folder = tmp_path / f"{number:05d}"
        write(folder / "metadata.jsonl", json.dumps({"tag": "single_object", "prompt": f"a {name}", "include": []}))
        for sample in range(2):
            paint(folder / "samples" / f"{sample:04d}.png", sample)
    items = read_items(tmp_path)
    assert items == [Item("00000", "a cat", "single_object"), Item("00001", "a dog", "single_object")]
    assert find_pictures(tmp_path, items)["00001"] == tmp_path / "00001" / "samples" / "0000.png"


@pytest.mark.parametrize("given", ["folder", "file", "images"])
def test_items_of_imgedits_layout(tmp_path, given):
    edits = {"1082": {"id": "animal/0003.jpg", "prompt": "Make it smooth.", "edit_type": "adjust"}}
    source = write(tmp_path / "basic_edit.json", json.dumps(edits))
    picture = paint(tmp_path / "original_images" / "animal" / "0003.jpg", 1)
    paint(tmp_path / "model" / "1082.png", 2)
    items = read_items(tmp_path if given == "folder" else source, picture.parent.parent if given == "images" else None)
    assert items == [Item("1082", "Make it smooth.", "adjust", picture)]
    assert find_pictures(tmp_path / "model", items) == {"1082": tmp_path / "model" / "1082.png"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "items.csv",
            "name,text\n1,a\n",
            "Row 1 of items.csv has no id and prompt (or instruction); its columns are: name, text.",
        ),
        ("items.csv", "id,image\n1,a\n", "has no prompt"),
        ("items.csv", "id,prompt\n1,a\n1,b\n", 'The id "1" stands twice.'),
        ("items.csv", "id,prompt\n1,a\n2\n", "Row 2 of items.csv has an empty prompt."),
        ("items.csv", "id,prompt\n,a\n", "has an empty id"),
        ("items.csv", "id,prompt\n", "There are no items."),
        ("items.csv", "", "There are no items."),
        ("items.csv", 'id,prompt\n1,"a\n', "cannot be read as CSV"),
        (
            "items.csv",
            "id,prompt,image\n1,a,no.png\n2,b,nor.png\n",
            "2 of 2 input pictures are missing: those of 1, 2.",
        ),
        ("items.csv", "id,prompt,image\n1,a,../x.png\n", "names a picture outside of"),
        ("items.csv", "id,prompt,image\n1,a,/etc/hostname\n", "names a picture outside of"),
        ("items.jsonl", '{"id": 1, "prompt": "a"}\n{"id": 2', "Line 2 of items.jsonl is not JSON."),
        ("items.jsonl", "[1]", "Line 1 of items.jsonl is not a JSON object."),
        ("items.json", '{"1": {"prompt": "a"}}', "is no list of ImgEdit's edits"),
        ("items.txt", "a", "items.txt is no CSV, JSONL or JSON file."),
    ],
)
def test_bad_tables_are_refused_in_words(tmp_path, name, text, message):
    with pytest.raises(StudyError) as error:
        read_items(write(tmp_path / name, text))
    assert message in str(error.value)


def test_files_that_are_no_tables(tmp_path):
    (tmp_path / "items.csv").write_bytes(b"id,prompt\n1,\xff\xfe\n")
    (tmp_path / "empty").mkdir()
    for path, message in (("items.csv", "UTF-8"), ("empty", "neither GenEval's"), ("absent.csv", "There is no file")):
        with pytest.raises(StudyError, match=message):
            read_items(tmp_path / path)


def test_pictures_are_found_by_id_in_any_format(tmp_path):
    items = [Item(name, "p") for name in ("1", "sub/2", "3.jpg", "v1.5")]
    for name in ("1.PNG", "sub/2.jpg", "3.png", "v1.5.webp", "unused.png"):
        paint(tmp_path / name, 1)
    assert [path.name for path in find_pictures(tmp_path, items).values()] == ["1.PNG", "2.jpg", "3.png", "v1.5.webp"]


def test_missing_pictures_are_named(tmp_path):
    paint(tmp_path / "0.png", 1)
    with pytest.raises(StudyError, match="5 of 6 pictures are missing .* those of 1, 2, 3 and others"):
        find_pictures(tmp_path, [Item(str(number), "p") for number in range(6)])
    paint(tmp_path / "0.jpg", 1)
    with pytest.raises(StudyError, match="two pictures"):
        find_pictures(tmp_path, [Item("0", "p")])
    with pytest.raises(StudyError, match="no folder"):
        find_pictures(tmp_path / "absent", [Item("0", "p")])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": " "}, "title"),
        ({"items": []}, "no items"),
        ({"items": [Item("1", "p"), Item("1", "q")]}, "stands twice"),
        ({"contestants": CONTESTANTS[:1]}, "2 to 20 contestants, not 1"),
        ({"contestants": [CONTESTANTS[0]] * 2}, "the same name"),
        ({"contestants": [CONTESTANTS[0], Contestant("b")]}, "either a folder of pictures or settings"),
        (
            {
                "items": [Item(str(number), "p") for number in range(300)],
                "contestants": [Contestant(str(number), settings={}) for number in range(20)],
            },
            "57,000 comparisons",
        ),
        ({"seed": -1}, "seed"),
        ({"repeats": 0.9}, "repeats"),
        ({"repeats": float("nan")}, "repeats"),
        ({"overlap": 0}, "at least one annotator"),
    ],
)
def test_impossible_studies_are_refused(store, change, message):
    arguments = {"title": "t", "items": [Item("1", "p")], "contestants": CONTESTANTS} | change
    with pytest.raises(StudyError, match=message):
        store.create(arguments.pop("title"), arguments.pop("items"), arguments.pop("contestants"), **arguments)
    assert store.studies() == []


def test_a_damaged_picture_leaves_nothing_behind(store, tmp_path):
    items = [Item("1", "p"), Item("2", "p")]
    for number, item in enumerate(items):
        paint(tmp_path / "a" / f"{item.name}.png", number)
    paint(tmp_path / "b" / "1.png", 5)
    (tmp_path / "b" / "2.png").write_bytes(b"not a picture")
    with pytest.raises(StudyError, match='The picture of "2" by "b" cannot be used: The file is not a PNG'):
        store.create("t", items, [Contestant(name, tmp_path / name) for name in "ab"])
    assert store.studies() == [] and list(store.pictures.folder.iterdir()) == []


def test_what_is_shown_does_not_tell_who_made_it(store, tmp_path):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("unilip", "guidance 7")
    exif = Image.Exif()
    exif[0x0112] = 6  # on its side
    path = tmp_path / "1.png"
    Image.new("RGB", (8, 4)).save(path, pnginfo=chunks, exif=exif)
    with Image.open(store.pictures.path(store.pictures.add(path))) as kept:
        assert kept.size == (4, 8) and kept.info == {} and not kept.getexif()


def test_progress_is_told(store, tmp_path):
    for number in range(3):
        paint(tmp_path / "a" / f"{number}.png", number)
    steps = []
    store.create(
        "t",
        [Item(str(number), "p") for number in range(3)],
        [Contestant("a", tmp_path / "a"), CONTESTANTS[1]],
        progress=lambda done, total: steps.append((done, total)),
    )
    assert steps == [(0, 3), (1, 3), (2, 3)]


def test_deletion_takes_the_pictures_that_nobody_else_has(store, make_study):
    first, second = make_study(2), make_study(3)  # the second shares pictures with the first
    kept = len(list(store.pictures.folder.iterdir()))
    store.owner(first.token).delete()
    judge = store.judge(store.join(second.study, "ann").token)
    assert store.pictures.path(judge.next().left).is_file()
    assert [study.id for study in store.studies()] == [second.study]
    store.owner(second.token).delete()
    assert kept > 0 and list(store.pictures.folder.iterdir()) == []


def test_a_study_is_there_after_a_restart(store, make_study, tmp_path):
    ticket = make_study(3, seed=9)
    store.close()
    again = type(store)(tmp_path / "studies")
    overview = again.owner(ticket.token).overview()
    assert (overview.seed, overview.items, overview.pictures, overview.pictures_needed) == (9, 3, 6, 6)
    assert overview.contestants == {"a": None, "b": None}
    again.close()


def test_the_command_line_needs_no_token_but_a_study(store, make_study):
    ticket = make_study()
    assert store.administer(ticket.study).overview().title == "A study"
    with pytest.raises(StudyGoneError):
        store.administer("none")


def test_flags_are_the_owners(store, make_study):
    ticket = make_study()
    owner = store.owner(ticket.token)
    store.join(ticket.study, "ann")
    owner.flag("ann")
    assert [annotator.flagged for annotator in owner.annotators()] == [True]
    owner.flag("ann", False)
    assert [annotator.flagged for annotator in owner.annotators()] == [False]
    for name in ("ben", "owner"):
        with pytest.raises(StudyError):
            owner.flag(name)
