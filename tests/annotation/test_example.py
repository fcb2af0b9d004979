"""The example study is what it says: 30 edits, two settings, made twice if asked twice."""

from unilip.annotation.example import make_example


def test_the_example_has_thirty_edits_and_two_settings(store):
    first, second = make_example(store), make_example(store)
    assert first.study != second.study
    overview = store.owner(first.token).overview()
    assert (overview.items, overview.pictures, overview.pictures_needed) == (30, 0, 60)
    gentle, firm = overview.contestants.values()
    assert [name for name in gentle if gentle[name] != firm[name]] == ["guidance"]
