"""What is known of a portal's rows is right, however often a push ends in the middle of something."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregon.publishers.socrata_rows import Differences, KeptRows, RepeatedKey, kept_rows

Rows = dict[str, bytes]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptRows]:
    with kept_rows(tmp_path / "memory" / "awards.sqlite") as opened:
        yield opened


def start(kept: KeptRows, *keys: str) -> None:
    kept.take_over("abcd-1234", "shape", keys, pushed=False)
    kept.begin()


def test_nothing_is_known_of_a_dataset_that_nothing_was_pushed_to(kept: KeptRows) -> None:
    assert not kept.is_known("abcd-1234", "shape")
    kept.take_over("abcd-1234", "shape", ["a"], pushed=False)
    assert not kept.is_known("abcd-1234", "shape")
    kept.begin()
    assert kept.is_known("abcd-1234", "shape")
    assert not kept.is_known("efgh-5678", "shape")


def test_of_rows_that_were_only_read_it_is_not_known_what_is_in_them(kept: KeptRows) -> None:
    start(kept, "a", "b")
    kept.want([("a", b"1"), ("c", b"1")])
    assert kept.differences() == Differences(added=1, changed=1, removed=1, same=0)
    assert kept.due(["a", "b", "c"]) == {"a", "c"}
    assert kept.gone() == ["b"]


def test_other_columns_make_every_row_another(kept: KeptRows) -> None:
    start(kept)
    kept.sent([("a", b"1")])
    kept.want([("a", b"1")])
    assert kept.differences() == Differences(0, 0, 0, 1)
    assert kept.is_known("abcd-1234", "another shape")
    assert kept.differences() == Differences(0, 1, 0, 0)
    assert kept.bounds() == (1, 1)


def test_two_rows_with_one_identifier_are_named(kept: KeptRows) -> None:
    with pytest.raises(RepeatedKey) as repeated:
        kept.want([("a", b"1"), ("b", b"1"), ("a", b"2")])
    assert repeated.value.key == "a"


def test_what_is_known_outlives_the_process_and_a_broken_file_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "awards.sqlite"
    with kept_rows(file) as kept:
        start(kept)
        kept.sent([("a", b"1")])
    with kept_rows(file) as kept:
        assert kept.is_known("abcd-1234", "shape")
        assert kept.bounds() == (1, 1)
    file.write_bytes(b"something else")
    with kept_rows(file) as kept:
        assert not kept.is_known("abcd-1234", "shape")


def test_identifiers_may_hold_anything(kept: KeptRows) -> None:
    odd = ["o'1", 'a"b', "ñ/é", "x\\y", "1,2", " ", "[null]"]
    start(kept)
    kept.want((key, b"1") for key in odd)
    assert kept.due(odd) == set(odd)
    kept.sent((key, b"1") for key in odd)
    assert kept.due(odd) == set()
    assert kept.differences().same == len(odd)


SNAPSHOTS = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([b"1", b"2"])), min_size=1, max_size=5)
ENDS = st.lists(st.sampled_from(["done", "lost", "never sent"]), max_size=40)


@given(SNAPSHOTS, ENDS)
def test_a_push_that_is_done_leaves_what_is_wanted_whatever_became_of_those_before(
    tmp_path_factory: pytest.TempPathFactory, snapshots: list[Rows], ends: list[str]
) -> None:
    """A portal that answers, takes rows without an answer, or gets none of them, row by row."""
    portal: Rows = {}
    with kept_rows(tmp_path_factory.mktemp("memory") / "rows.sqlite") as kept:
        start(kept)
        for number, wanted in enumerate(snapshots):
            last = number == len(snapshots) - 1
            kept.want(sorted(wanted.items()))
            for key in sorted(kept.due(sorted(wanted))):
                end = "done" if last or not ends else ends.pop()
                kept.sending([key])
                if end != "never sent":
                    portal[key] = wanted[key]
                if end == "done":
                    kept.sent([(key, wanted[key])])
            for key in kept.gone():
                end = "done" if last or not ends else ends.pop()
                kept.removing([key])
                if end != "never sent":
                    portal.pop(key, None)
                if end == "done":
                    kept.removed([key])
            least, most = kept.bounds()
            assert least <= len(portal) <= most
        assert portal == snapshots[-1]
        assert kept.differences() == Differences(0, 0, 0, len(portal))
        assert kept.bounds() == (len(portal), len(portal))
