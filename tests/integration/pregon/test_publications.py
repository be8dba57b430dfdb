"""`pregon publications` and `pregon rollback`: readers and targets see an older publication again, whole."""

import json
from pathlib import Path

import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import LATER, MOMENT, Hamlet, copy_hamlet, write_hamlet

from pregon.publication.manifest import verify


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Hamlet:
    """The made-up city after two publications, with a folder as a target."""
    hamlet = write_hamlet(tmp_path_factory.mktemp("hamlet"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREGON_CITIES", str(hamlet.cities))
        for moment in (MOMENT, LATER):
            done = pregon(*hamlet.arguments(moment))
            assert done.code == 0, done.err
            tenders = hamlet.sources / "tenders.csv"
            text = tenders.read_text(encoding="utf-8")
            tenders.write_text(text.replace("T2,Lamps,O", "T2,Bright lamps,O"), encoding="utf-8")
    return hamlet


@pytest.fixture
def hamlet(original: Hamlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    copy = copy_hamlet(original, tmp_path / "copy")
    target = f"targets: {{folder: {{kind: filesystem, path: {tmp_path / 'target'}}}}}\n"
    edit(copy.folder / "city.yaml", "sources:\n", f"{target}sources:\n")
    monkeypatch.setenv("PREGON_CITIES", str(copy.cities))
    monkeypatch.setenv("PREGON_HOME", str(copy.home))
    return copy


def listed() -> list[dict[str, object]]:
    done = pregon("publications", "hamlet", "--json")
    assert done.code == 0, done.err
    found: list[dict[str, object]] = json.loads(done.out)
    return found


def test_the_list_says_what_readers_see(hamlet: Hamlet) -> None:
    new, old = listed()
    assert (new["current"], old["current"]) == (True, False)
    assert str(new["as_of"]) > str(old["as_of"])
    assert "readers see it" in pregon("publications", "hamlet").out


def test_readers_and_targets_see_the_older_publication_again(hamlet: Hamlet, tmp_path: Path) -> None:
    new, old = listed()
    done = pregon("rollback", "hamlet", "--yes")
    assert done.code == 0, done.err
    current = hamlet.home / "public/hamlet/current"
    assert verify(current.resolve()).snapshot == old["publication"]
    assert verify((tmp_path / "target/current").resolve()).snapshot == old["publication"]
    assert f"Readers see {old['publication']}." in done.out
    back = pregon("rollback", "hamlet", new["publication"], "--yes", "--no-push")
    assert back.code == 0, back.err
    assert verify(current.resolve()).snapshot == new["publication"]
    assert verify((tmp_path / "target/current").resolve()).snapshot == old["publication"]


def test_nothing_changes_without_a_yes(hamlet: Hamlet, tmp_path: Path) -> None:
    new, old = listed()
    tried = pregon("rollback", "hamlet", "--dry-run")
    assert tried.code == 0, tried.err
    assert f"They will see again: {old['publication']}" in tried.out
    assert pregon("rollback", "hamlet").code != 0  # nobody answers
    assert listed() == [new, old]
    assert not (tmp_path / "target").exists()


def test_mistakes_are_told(hamlet: Hamlet) -> None:
    new, old = listed()
    unknown = pregon("rollback", "hamlet", "20200101T000000Z-00000000", "--yes")
    assert unknown.code == 1
    assert "there is no snapshot '20200101T000000Z-00000000'" in unknown.err
    assert str(old["publication"]) in unknown.err
    same = pregon("rollback", "hamlet", new["publication"], "--yes")
    assert same.code == 1
    assert f"readers see {new['publication']} already" in same.err
    assert pregon("rollback", "hamlet", old["publication"], "--yes", "--no-push").code == 0
    oldest = pregon("rollback", "hamlet", "--yes")
    assert oldest.code == 1
    assert "older than the current one" in oldest.err


def test_a_publication_from_before_a_redaction_is_refused(hamlet: Hamlet) -> None:
    _, old = listed()
    ocid = "ocds-213czf-T1"
    done = pregon(
        "redact", "hamlet", f"{ocid}:tender/title", "--reason", "not for the public", "--by", "clerk", "--yes",
        "--as-of", "2026-03-03T12:00:00Z",
    )  # fmt: skip
    assert done.code == 0, done.err
    kept = {one["publication"]: one for one in listed()}
    assert all(one["may_be_promoted"] for one in kept.values())
    again = pregon("rollback", "hamlet", old["publication"], "--yes")
    assert again.code == 1
