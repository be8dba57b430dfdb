"""Laws of a history: nothing without a change, one release for a change, and the same whatever the way or the hour."""

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from city_copies import unjudged_city
from command_line import pregon
from made_up_city import LATER, MOMENT, SOURCES, Hamlet, write_hamlet
from publication_files import json_lines

from pregon.city import read_city
from pregon.json_lines import read_json_lines
from pregon.ledger import StoredRelease
from pregon.synth import advance, generate
from pregon.synth.schema import KEYS, TABLES
from transforms.ocds import release_schema
from transforms.releases import MergeRules, equal_but_for_tombstones
from transforms.releases.merging import sections

from .conftest import FIRST_RUN, Published, keep_key

pytestmark = pytest.mark.integration

PROCESSES = 60
DAY = dt.timedelta(days=1)
HEAD = {"ocid", "id", "date", "tag", "initiationType", "language"}
ENTRIES = {"documents", "enquiries", "items", "milestones", "participationFees"}
"""Arrays of a tender whose entries are merged by id."""


@pytest.fixture(scope="module", autouse=True)
def _unjudged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No law is about expectations."""
    cities = unjudged_city("riverbend", tmp_path_factory.mktemp("cities")).parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREGON_CITIES", str(cities))
        yield


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A small Riverbend after its first run."""
    city = Published("riverbend", tmp_path_factory.mktemp("laws") / "home")
    keep_key(city)
    city.database.parent.mkdir(parents=True)
    generate(f"sqlite:///{city.database}", processes=PROCESSES, seed=5, as_of=FIRST_RUN)
    city.run(FIRST_RUN)
    return city


@pytest.fixture
def city(base: Published, tmp_path: Path) -> Published:
    """A copy of it that a test may change."""
    shutil.copytree(base.home, tmp_path / "home", symlinks=True)
    return Published("riverbend", tmp_path / "home")


def _releases(city: Published) -> list[StoredRelease]:
    return list(city.ledger().releases())


def _compiled(city: Published) -> dict[str, dict[str, Any]]:
    return {process.ocid: json.loads(process.compiled) for process in city.ledger().processes(with_releases=False)}


def _set(city: Published, number: str, when: dt.datetime, **values: object) -> None:
    """Change a solicitation as the city's clerks do."""
    changes = {**values, "updated_at": f"{when.replace(tzinfo=None)}.000000"}
    with closing(sqlite3.connect(city.database)) as connection, connection:
        columns = ", ".join(f"{name} = ?" for name in changes)
        done = connection.execute(f"UPDATE solicitations SET {columns} WHERE sol_no = ?", [*changes.values(), number])
        assert done.rowcount == 1


# Nothing without a change -------------------------------------------------------------------------------------------


def test_a_second_run_on_the_same_source_changes_nothing(city: Published) -> None:
    before, snapshot = _releases(city), city.current.readlink()
    city.run(FIRST_RUN + DAY)
    assert _releases(city) == before
    assert city.current.readlink() == snapshot
    assert [path.name for path in (city.current.parent / "snapshots").iterdir()] == [snapshot.name]


def test_other_words_in_the_configuration_change_nothing(
    city: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = unjudged_city("riverbend", tmp_path / "cities")
    for name in ("mapping.yaml", "city.yaml"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(f"# Reviewed.\n{text}\n\n", encoding="utf-8")
    statement = folder / "prepare.sql"
    statement.write_text("-- Reviewed.\n" + statement.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("PREGON_CITIES", str(folder.parent))
    before, snapshot = _releases(city), city.current.readlink()
    city.run(FIRST_RUN + DAY)
    assert _releases(city) == before
    assert city.current.readlink() == snapshot


def test_reading_everything_anew_changes_nothing(city: Published) -> None:
    before, snapshot = _releases(city), city.current.readlink()
    # Without the list of the last commit every process is looked at.
    shutil.rmtree(city.home / "lake" / city.slug / "committed")
    run = city.run(FIRST_RUN + DAY, "--full")
    assert _releases(city) == before
    assert city.current.readlink() == snapshot
    # Nor do the source rows that the ledger knows of each process.
    moved = list((city.home / "lake" / city.slug / "runs" / run / "moved").iterdir())
    assert len(moved) == 1
    assert list(read_json_lines(moved[0])) == []


# One release for a change -------------------------------------------------------------------------------------------


def _some_tender(city: Published) -> tuple[str, str]:
    """A published solicitation with a history of its own, and its title."""
    for ocid, compiled in sorted(_compiled(city).items()):
        if "awards" in compiled and compiled["tender"].get("title"):
            return ocid.removeprefix("ocds-213czf-"), compiled["tender"]["title"]
    raise AssertionError("no process has an award")


def test_one_changed_field_is_one_release_that_changing_back_makes_another_of(city: Published) -> None:
    number, title = _some_tender(city)
    ocid = f"ocds-213czf-{number}"
    first_releases, first = _releases(city), _compiled(city)

    _set(city, number, FIRST_RUN, title="Something else")
    city.run(FIRST_RUN + DAY)
    changed = _releases(city)[len(first_releases) :]
    assert [release.ocid for release in changed] == [ocid]
    body = json.loads(changed[0].json)
    # A changed section is repeated, but for the entries of its arrays; beside it only the parties that it refers to.
    assert body.keys() - HEAD == {"tender", "parties"}
    tender = {name: value for name, value in first[ocid]["tender"].items() if name not in ENTRIES}
    assert body["tender"] == {**tender, "title": "Something else"}
    assert [party["id"] for party in body["parties"]] == [tender["procuringEntity"]["id"]]
    assert body["tag"] == ["tenderUpdate"]

    _set(city, number, FIRST_RUN + DAY, title=title)
    city.run(FIRST_RUN + 2 * DAY)
    back = _releases(city)[len(first_releases) + 1 :]
    assert [release.ocid for release in back] == [ocid]
    assert len({release.release_id for release in _releases(city) if release.ocid == ocid}) == 3
    second = _compiled(city)
    assert sections(second[ocid]) == sections(first[ocid])
    assert {other: release for other, release in second.items() if other != ocid} == {
        other: release for other, release in first.items() if other != ocid
    }


def test_a_new_row_touches_its_process_only(city: Published) -> None:
    number, _ = _some_tender(city)
    before = _releases(city)
    with closing(sqlite3.connect(city.database)) as connection, connection:
        connection.execute(
            "INSERT INTO solicitation_documents (doc_id, sol_no, doc_type, title, url, visibility, updated_at)"
            " VALUES ('NEW-1', ?, 'ADD', 'Addendum 9', 'https://files.riverbend.example/new-1.pdf', 'PUBLIC', ?)",
            [number, f"{FIRST_RUN.replace(tzinfo=None)}.000000"],
        )
    city.run(FIRST_RUN + DAY)
    new = _releases(city)[len(before) :]
    assert [release.ocid for release in new] == [f"ocds-213czf-{number}"]
    body = json.loads(new[0].json)
    assert body.keys() - HEAD == {"tender", "parties"}
    assert body["tender"].keys() & ENTRIES == {"documents"}
    assert [document["id"] for document in body["tender"]["documents"]] == ["NEW-1"]


def test_a_changed_name_touches_the_processes_of_that_firm_only(city: Published) -> None:
    before = _compiled(city)
    with closing(sqlite3.connect(city.database)) as connection, connection:
        vendor = connection.execute(
            "SELECT vendor_id FROM award_suppliers GROUP BY vendor_id ORDER BY count(*) DESC, vendor_id LIMIT 1"
        ).fetchone()[0]
        connection.execute(
            "UPDATE vendors SET legal_name = 'Renamed Works LLC', updated_at = ? WHERE vendor_id = ?",
            [f"{FIRST_RUN.replace(tzinfo=None)}.000000", vendor],
        )
    released = len(_releases(city))
    city.run(FIRST_RUN + DAY)
    named = {
        ocid
        for ocid, release in before.items()
        if f"US-RB-VENDOR-{vendor}" in {party["id"] for party in release.get("parties", ())}
    }
    assert {release.ocid for release in _releases(city)[released:]} == named
    for ocid in named:
        assert "Renamed Works LLC" in json.dumps(_compiled(city)[ocid])


# The same whatever the way ------------------------------------------------------------------------------------------


def _rules(slug: str) -> MergeRules:
    return MergeRules.from_schema(release_schema(read_city(slug).extensions))


def test_many_increments_lead_where_one_full_run_leads(city: Published, tmp_path: Path) -> None:
    url = f"sqlite:///{city.database}"
    day = FIRST_RUN
    for days in (1, 2, 4):
        advance(url, days=days, share=0.05)
        day += days * DAY
        city.run(day)
    fresh = Published("riverbend", tmp_path / "fresh")
    keep_key(fresh)
    fresh.database.parent.mkdir(parents=True)
    shutil.copyfile(city.database, fresh.database)
    fresh.run(day)

    rules = _rules("riverbend")
    step_by_step, at_once = _compiled(city), _compiled(fresh)
    assert step_by_step.keys() == at_once.keys()
    assert len(_releases(city)) > len(_releases(fresh)) + 10
    different = [
        ocid
        for ocid, release in at_once.items()
        if not equal_but_for_tombstones(sections(release), step_by_step[ocid], rules)
    ]
    assert different == []

    def quarantined(one: Published) -> list[tuple[str, str, str]]:
        rows = [found.row for found in one.ledger().quarantined()]
        return sorted((row.table, row.row, row.reason) for row in rows if "#" not in row.row)

    assert quarantined(city) == quarantined(fresh)


def test_the_hour_of_the_run_is_not_in_the_ids(base: Published, tmp_path: Path) -> None:
    other = Published("riverbend", tmp_path / "home")
    keep_key(other)
    other.database.parent.mkdir(parents=True)
    shutil.copyfile(base.database, other.database)
    other.run(FIRST_RUN + 9 * DAY)
    assert _ids(other) == _ids(base)
    assert len(_ids(base)) >= PROCESSES - 5


def _ids(city: Published) -> dict[tuple[str, str], str]:
    return {(release.ocid, release.release_id): release.date for release in _releases(city)}


def test_the_order_of_rows_and_columns_is_not_in_the_ids(base: Published, tmp_path: Path) -> None:
    other = Published("riverbend", tmp_path / "home")
    keep_key(other)
    other.database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(base.database)) as source, closing(sqlite3.connect(other.database)) as target:
        for name, table in TABLES.items():
            types = {row[1]: row[2] for row in source.execute(f"PRAGMA table_info({name})")}
            columns = sorted(types, reverse=True)
            target.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {types[column]}' for column in columns)})")
            # Which of two rows with one key counts is decided by the order in which they come: that stays.
            order = ", ".join(f"{key} DESC" for key in KEYS[name])
            rows = source.execute(f"SELECT {', '.join(columns)} FROM {name} ORDER BY {order}, rowid").fetchall()
            assert set(columns) == set(table.c.keys())
            target.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)
        target.commit()
    other.run(FIRST_RUN)
    assert _ids(other) == _ids(base)


SPELLINGS: dict[str, Callable[[list[list[str]]], str]] = {
    "as it is": lambda rows: "".join(",".join(row) + "\n" for row in rows),
    "columns the other way round": lambda rows: "".join(",".join(reversed(row)) + "\n" for row in rows),
    "rows the other way round": lambda rows: "".join(",".join(row) + "\n" for row in [rows[0], *reversed(rows[1:])]),
    "space around cells": lambda rows: (
        ",".join(rows[0]) + "\n" + "".join(" , ".join(f" {cell} " for cell in row) + "\n" for row in rows[1:])
    ),
    "quotes, CRLF and a byte order mark": lambda rows: (
        "\ufeff" + "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
    ),
}


def test_the_spelling_of_a_file_is_not_in_the_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for number, (name, spell) in enumerate(SPELLINGS.items()):
        hamlet = write_hamlet(tmp_path / str(number))
        monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
        for file, text in SOURCES.items():
            rows = [line.split(",") for line in text.splitlines()]
            (hamlet.sources / file).write_text(spell(rows), encoding="utf-8", newline="")
        assert pregon(*hamlet.arguments(MOMENT)).code == 0, name
        found[name] = _lines(hamlet)
    assert len(found["as it is"]) == 3
    assert {name for name, lines in found.items() if lines != found["as it is"]} == set()


def test_another_spelling_of_the_same_file_is_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    assert pregon(*hamlet.arguments(MOMENT)).code == 0
    snapshot = (hamlet.public / "hamlet" / "current").readlink()
    for number, spell in enumerate(SPELLINGS.values(), start=2):
        for file, text in SOURCES.items():
            rows = [line.split(",") for line in text.splitlines()]
            (hamlet.sources / file).write_text(spell(rows), encoding="utf-8", newline="")
        done = pregon(*hamlet.arguments(LATER.replace("-02T", f"-{number:02d}T")))
        assert done.code == 0, done.err
        assert "0 new releases" in done.out
    assert (hamlet.public / "hamlet" / "current").readlink() == snapshot


def _lines(hamlet: Hamlet) -> list[dict[str, Any]]:
    return json_lines(hamlet.public / "hamlet" / "current", "releases/full")
