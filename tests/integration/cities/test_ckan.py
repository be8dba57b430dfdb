"""Toronto by its production configuration, from a portal that serves the reference rows."""

import csv
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from city_copies import copy_city, edit
from city_import import AS_OF, Imported, import_city
from servers.ckan import CkanServer
from servers.ckan_tables import Quirks, Resource

from pregon import pipeline
from pregon.manifest import latest

pytestmark = pytest.mark.integration

TABLES = {
    "solicitations": ("tobids-all-open-solicitations", "All Solicitations"),
    "awarded": ("tobids-awarded-contracts", "Awarded Contracts"),
    "noncompetitive": ("tobids-non-competitive-contracts", "Non-Competitive Contracts"),
}
STAFF = ("Buyer Name", "Buyer Email", "Buyer Phone Number")

Portal = dict[str, Resource]
Run = Callable[..., Imported]


@pytest.fixture
def server() -> Iterator[CkanServer]:
    # As portals are seen: before CKAN 2.12, with columns of their own among the fields, and no total past the end.
    with CkanServer(Quirks(range_filters=False, internal_fields=True, total_past_end=False)) as server:
        yield server


@pytest.fixture
def portal(server: CkanServer, reference: Path) -> Portal:
    folder = reference / "data" / "toronto"
    found = {}
    for table, (package, name) in TABLES.items():
        found[table] = server.portal.add_csv(package, name, folder / f"{name}.csv")
        server.portal.add(package, f"{name}.csv", active=False, file=b"", format="CSV")
    return found


@pytest.fixture
def run(server: CkanServer, portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the city a day later each time; `home` begins another history."""
    copy = copy_city("toronto", tmp_path / "cities")
    api = "https://ckan0.cf.opendata.inter.prod-toronto.ca"
    edit(copy / "city.yaml", f"    url: {api}", f"    private_addresses: true\n    url: {server.url}")
    monkeypatch.setenv("PREGON_CITIES", str(copy.parent))
    days = iter(range(100))

    def done(folder: Path | None = None, home: str = "home") -> Imported:
        return import_city("toronto", folder, tmp_path / home, AS_OF + timedelta(days=next(days)))

    return done


def changed(imported: Imported) -> dict[str, dict[str, int]]:
    """How the image of each table moved."""
    manifest = latest(imported.run.lake, "toronto")
    assert manifest is not None
    return {
        name: {what: count for what, count in table.changed.items() if count} for name, table in manifest.tables.items()
    }


def released(imported: Imported) -> set[str]:
    return {line["ocid"].removeprefix("ocds-213czf-toronto-") for line in imported.releases}


def columns(resource: Resource) -> list[str]:
    return [name for name in resource.fields if name not in STAFF and name != "Supplier Address"]


def unique(resource: Resource, column: str) -> Iterator[dict[str, Any]]:
    """Rows whose value of a column, a number of ten digits, no other row has."""
    seen: dict[str, list[dict[str, Any]]] = {}
    for row in resource.rows:
        seen.setdefault(str(row[column]), []).append(row)
    return (rows[0] for value, rows in seen.items() if len(rows) == 1 and value.isdigit() and len(value) == 10)


def test_the_portal_gives_what_its_files_give(server: CkanServer, run: Run, reference: Path) -> None:
    from_portal = run()
    asked = str([request.params for request in server.requests])
    from_files = run(reference / "data" / "toronto", "another home")

    assert from_portal.states == from_files.states
    assert len(from_portal.states) == 9_991
    assert from_portal.held == from_files.held
    assert from_portal.kinds == from_files.kinds
    for name, table in from_portal.tables.items():
        other = from_files.tables[name]
        assert (table["rows"], table["reasons"]) == (other["rows"], other["reasons"])
    assert not any(column in asked for column in STAFF)


def test_the_same_home_may_be_filled_from_either(run: Run, reference: Path) -> None:
    run()

    assert changed(run(reference / "data" / "toronto")) == {name: {} for name in TABLES}


def test_the_daily_load_releases_what_changed_and_nothing_else(server: CkanServer, portal: Portal, run: Run) -> None:
    run()
    awarded, calls, direct = portal["awarded"], portal["solicitations"], portal["noncompetitive"]
    several = unique(awarded, "Document Number")
    raised, gone, other = next(several), next(several), next(several)
    moved = next(unique(calls, "Document Number"))
    new = {**other, "Document Number": "9999999991", "Successful Supplier": "Bench Makers Ltd."}
    server.portal.reload(
        awarded,
        [new, *reversed([{**row, "Award": "123456.78"} if row is raised else row
                         for row in awarded.rows if row is not gone])],
        new_id=True,
    )  # fmt: skip
    server.portal.reload(
        calls, [{**row, "Submission Deadline": "2026-12-24"} if row is moved else row for row in calls.rows[::-1]]
    )
    server.portal.reload(direct, direct.rows[1000:] + direct.rows[:1000])

    later = run()

    numbers = (raised["Document Number"], moved["Document Number"], "9999999991")
    assert released(later) == {f"bid-{number}" for number in numbers}
    assert pipeline.summary(later.run)["vanished"] == 1
    assert changed(later) == {
        "awarded": {"new": 2, "deleted": 2},
        "solicitations": {"new": 1, "deleted": 1},
        "noncompetitive": {},
    }
    assert later.states[f"toronto-bid-{numbers[0]}"]["awards"][0]["value"]["amount"] == 123456.78
    assert later.states[f"toronto-bid-{numbers[1]}"]["tender"]["tenderPeriod"]["endDate"].startswith("2026-12-24")
    assert released(run()) == set()


def test_changes_one_by_one_end_where_reading_all_at_once_does(server: CkanServer, portal: Portal, run: Run) -> None:
    before = run().states
    awarded = portal["awarded"]
    rows = [
        {**row, "Successful Supplier": str(row["Successful Supplier"]).upper()} if row["_id"] % 50 == 0 else row
        for row in awarded.rows
        if row["_id"] % 97
    ]
    server.portal.reload(awarded, rows[::-1])
    changes = run().states
    whole = run(home="another home").states

    states = {**before, **changes}
    assert {ocid: state for ocid, state in states.items() if ocid in whole} == whole
    assert len(changes) < 300


def test_a_load_while_a_table_is_read_gives_the_table_after_it(server: CkanServer, portal: Portal, run: Run) -> None:
    direct = portal["noncompetitive"]
    rows = [row for row in direct.rows if row["_id"] > 10]
    server.at(19, lambda: server.portal.reload(direct, rows))

    assert run().tables["noncompetitive"]["rows"] == len(rows)


def test_reading_names_only_what_is_declared(portal: Portal, reference: Path) -> None:
    """The columns of the portal are those of its files, and staff is among them: else the tests above say nothing."""
    for table, (_, name) in TABLES.items():
        with (reference / "data" / "toronto" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        assert header == ["_id", *portal[table].fields]
    assert set(STAFF) < set(portal["awarded"].fields)
