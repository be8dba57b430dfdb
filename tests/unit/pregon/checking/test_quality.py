"""What is kept of each process for the checks of the whole, and in how much memory."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from unit.expectations.checks.test_all_checks import documents
from unit.pregon.checking.made_up import compiled, release, release_package, write

from expectations.assessment import Assessor
from expectations.facts import facts_table
from pregon.checking import check_file, quality
from pregon.checking.places import Place
from pregon.checking.processes import KeptRelease, Processes
from pregon.checking.quality import Quality


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The tables of facts that were written, by the end of a check."""
    found: list[Any] = []

    def summarize(*arguments: Any, **options: Any) -> Any:
        (connection,) = arguments[0].__closure__
        found.append(connection.cell_contents.execute("FROM facts").to_arrow_table())
        return real(*arguments, **options)

    real = quality.summarize
    monkeypatch.setattr(quality, "summarize", summarize)
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents())
def test_facts_are_those_of_the_assessor(kept: list[Any], document: Any) -> None:
    made = {**(document if isinstance(document, dict) else {}), "ocid": "ocds-213czf-1", "tag": ["compiled"]}
    with Quality() as found:
        found.release(made, Place(""), (), compiled=True)
        found.result()
    expected = facts_table([Assessor().assess(made).fact])
    assert kept[-1].to_pylist() == expected.to_pylist()


def test_facts_are_written_in_batches_by_rows_and_by_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: list[Any]
) -> None:
    monkeypatch.setattr(quality, "_BATCH", 3)
    monkeypatch.setattr(quality, "_BATCH_LETTERS", 5_000)
    processes = [
        compiled(ocid=f"ocds-213czf-{number}", tender={"id": "1", "title": "x" * (6_000 if number % 5 == 4 else 1)})
        for number in range(10)
    ]
    with Quality() as found:
        check_file(write(tmp_path, release_package(*processes)), quality=found)
        assert found.result().summary.processes == 10
    assert sorted(kept[0]["ocid"].to_pylist()) == [f"ocds-213czf-{number}" for number in range(10)]


def test_releases_come_back_by_process_in_the_order_of_time_and_of_reading() -> None:
    given_order = [("b", "2"), ("a", "3"), ("b", "1"), ("a", "3"), ("b", ""), ("é", "0")]
    with Processes() as processes:
        for number, (ocid, moment) in enumerate(given_order):
            kept = KeptRelease("f.json", Place("line 1: ", ("releases", number)), ("lots",), release(id=str(number)))
            assert processes.keep(ocid, moment, kept)
        found = {ocid: [one.release["id"] for one in kept] for ocid, kept in processes.by_process()}
    assert found == {"a": ["1", "3"], "b": ["4", "2", "0"], "é": ["5"]}
    assert kept.place.where(("id",)) == "line 1: /releases/5/id"


def test_what_is_kept_on_disk_comes_back_unchanged() -> None:
    document = release(
        tender={"id": 2**70, "title": "Ñandú \U0001f9c9\x00", "value": {"amount": 0.1, "x": [None, True]}}
    )
    place = Place("a.json: ", (3, "a/b"))
    with Processes() as processes:
        assert processes.keep("o", "", KeptRelease("f", place, (), document))
        ((_, (kept,)),) = processes.by_process()
    assert kept.place == place
    assert kept.release["tender"]["title"] == document["tender"]["title"]
    assert kept.release["tender"]["value"] == document["tender"]["value"]
    assert int(kept.release["tender"]["id"]) == pytest.approx(2**70)


def test_what_is_nested_too_deeply_is_not_kept() -> None:
    deep: Any = {}
    for _ in range(2_000):
        deep = {"a": deep}
    with Processes() as processes:
        assert not processes.keep("o", "", KeptRelease("f", Place(""), (), deep))
