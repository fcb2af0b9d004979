"""What the browser keeps: small copies with their records, each once, the latest first."""

import pytest
from PIL import Image

from unilip.demo.visit import EDGE, MOST_RESULTS, add, pack, title, unpack
from unilip.lineage import Record, read_record, write_record


def picture(seed: int) -> Image.Image:
    record = Record("create", "UniLIP-tiny", "0123456789abcdef", "a red cat", seed, 20, 4.5)
    return write_record(Image.new("RGB", (512, 256), (seed, 0, 0)), record)


def test_a_copy_is_small_and_keeps_its_record():
    entry = pack(picture(7))
    assert len(entry["picture"]) < 20_000
    small = unpack(entry)
    assert small.size == (EDGE, EDGE // 2) and read_record(small).seed == 7
    assert title(small) == "a red cat (seed 7)"


def test_results_are_kept_once_with_the_latest_first():
    kept = add(add([], [picture(1), picture(2)]), [picture(2), picture(3)])
    assert [read_record(unpack(entry)).seed for entry in kept] == [3, 2, 1]


def test_unfinished_pictures_are_not_kept():
    assert add([], [Image.new("RGB", (8, 8))]) == []


def test_the_oldest_are_forgotten():
    kept = []
    for seed in range(MOST_RESULTS + 5):
        kept = add(kept, [picture(seed)])
    assert len(kept) == MOST_RESULTS and read_record(unpack(kept[-1])).seed == 5


@pytest.mark.parametrize("entry", [{}, {"picture": "?", "record": ""}, {"picture": "AAAA", "record": ""}])
def test_what_another_version_kept_raises_what_the_page_catches(entry):
    with pytest.raises((KeyError, TypeError, ValueError, OSError)):
        unpack(entry)
