"""Nobody is told twice, and whoever was not told of something is told of it later, whatever came between."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pregon.announcing import Told, due, read_told, write_told
from transforms.snapshot import Manifest, PublishedFile


def file(path: str, checksum: str, content: str = "feed") -> PublishedFile:
    return PublishedFile(
        path, content, "full", "Atom", "application/atom+xml", checksum, 10, "2026-03-01T05:00:00Z", "f",  # type: ignore[arg-type]
    )  # fmt: skip


def manifest(name: str, **checksums: str) -> Manifest:
    return Manifest(
        snapshot=name, city="lindenau", name={"en": "Lindenau"}, as_of="2026-03-01T05:00:00Z",
        published="2026-03-01T05:00:00Z", code_version="1", fingerprint=name, counts={"releases": 1, "records": 1},
        files=tuple(file(path, checksum) for path, checksum in checksums.items()),
    )  # fmt: skip


def told(snapshot: Manifest, before: Told | None = None) -> Told:
    found = due(snapshot, before, "https://hub.example/")
    assert found is not None
    return found.told()


def test_the_first_time_everything_is_new() -> None:
    found = due(manifest("s1", a="1", b="1"), None, "https://hub.example/")
    assert found is not None
    assert ([one.path for one in found.changed], found.number, found.previous) == (["a", "b"], 1, None)


def test_who_knows_is_not_told_again_unless_asked_for() -> None:
    first = manifest("s1", a="1", b="1")
    second = manifest("s2", a="1", b="2")
    known = told(second, told(first))
    assert due(second, known, "https://hub.example/") is None
    again = due(second, known, "https://hub.example/", again=True)
    assert again is not None
    assert ([one.path for one in again.changed], again.number, again.previous) == (["b"], 3, "s1")


def test_another_address_knows_nothing() -> None:
    snapshot = manifest("s1", a="1")
    found = due(snapshot, told(snapshot), "https://other.example/")
    assert found is not None
    assert ([one.path for one in found.changed], found.number) == (["a"], 1)


def test_a_target_that_got_it_later_is_announced() -> None:
    first, second = manifest("s1", a="1"), manifest("s2", a="2", c="1")
    before = told(first)
    early = due(second, before, "https://hub.example/", ["mirror"])
    assert early is not None
    known = early.told()
    assert due(second, known, "https://hub.example/", ["mirror"]) is None
    assert due(second, known, "https://hub.example/", []) is None
    later = due(second, known, "https://hub.example/", ["mirror", "portal"])
    assert later is not None
    assert ([one.path for one in later.changed], later.targets) == (["a", "c"], ("mirror", "portal"))
    assert due(second, later.told(), "https://hub.example/", ["mirror", "portal"]) is None


def test_what_is_gone_is_told_and_the_pages_of_the_api_are_not() -> None:
    first = manifest("s1", a="1", b="1")
    second = manifest("s2", a="1")
    second = replace(second, files=(*second.files, file("api/releases/1.json", "1", "api")))
    found = due(second, told(first), "https://hub.example/")
    assert found is not None
    assert ([one.path for one in found.changed], found.removed) == ([], ["b"])


def test_what_ended_early_goes_on_where_it_stopped() -> None:
    first, second, third = manifest("s1", a="1", b="1"), manifest("s2", a="2", b="2"), manifest("s3", a="2", b="3")
    started = due(second, told(first), "https://hub.example/")
    assert started is not None
    half = started.told(("a",), done=False)
    rest = due(second, half, "https://hub.example/")
    assert rest is not None
    assert (rest.topics, rest.number) == (("a",), started.number)
    # A snapshot comes before that: of `b` the recipient still knows the first state only.
    later = due(third, half, "https://hub.example/")
    assert later is not None
    assert ([one.path for one in later.changed], dict(later.known)) == (["b"], {"a": "2", "b": "1"})


@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123")), st.integers(0, 4)),
        min_size=1,
        max_size=6,
    )
)
def test_a_recipient_that_is_told_of_what_is_due_ends_with_what_readers_see(
    history: list[tuple[dict[str, str], int]],
) -> None:
    """However often telling ends early, what the recipient has fetched is what it was told of, and nothing is lost."""
    fetched: dict[str, str] = {}
    known: Told | None = None
    for number, (checksums, taken) in enumerate(history):
        snapshot = manifest(f"s{number}", **checksums)
        found = due(snapshot, known, "https://hub.example/")
        assert found is not None
        done = number == len(history) - 1 or taken >= len(found.changed)
        topics = []
        for one in found.changed if done else found.changed[:taken]:
            fetched[one.path] = one.sha256
            topics.append(one.path)
        known = found.told(tuple(topics), done=done)
    assert history[-1][0].items() <= fetched.items()


def test_what_was_told_is_kept_whole(tmp_path: Path) -> None:
    place = tmp_path / "announced" / "websub.json"
    assert read_told(place) is None
    known = told(manifest("s1", a="1"))
    write_told(place, known)
    assert read_told(place) == known
    place.write_text('{"snapshot": "cut o')
    assert read_told(place) is None
