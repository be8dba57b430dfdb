"""Nothing personal, sealed or internal is in any public file; and the search finds it where it is."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from city_copies import edit, unjudged_city
from publication_files import Haystack, json_lines

from pregon.synth import SECRET_PATTERNS, generate, planted_secrets
from pregon.synth.schema import INTERNAL_COLUMNS, TABLES

from .conftest import FIRST_RUN, Published

pytestmark = pytest.mark.integration

SEALED = ("open", "eval", "pln", "draft", "can")
"""Statuses (lower case) under which bids are sealed, or were returned unopened."""

_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")


@pytest.fixture(scope="module")
def haystack(published: Callable[[str], Published]) -> Haystack:
    return Haystack(published("riverbend").current)


def _leaks(haystack: Haystack, database: Path) -> dict[str, list[str]]:
    """Every planted secret that stands in a public file, and where."""
    found = {}
    for secret in planted_secrets(f"sqlite:///{database}"):
        search = haystack.with_number if _AMOUNT.fullmatch(secret) else haystack.with_text
        if places := search(secret):
            found[secret] = places
    for pattern in SECRET_PATTERNS:
        if places := haystack.with_pattern(pattern):
            found[pattern.pattern] = places
    return found


def _source_names() -> set[str]:
    """Names of the source's tables and columns that no word of the standard, of DCAT or of a language equals."""
    return {name for table in TABLES.values() for name in (table.name, *table.c.keys()) if "_" in name}


def test_every_file_of_the_publication_is_searched(haystack: Haystack, riverbend: Published) -> None:
    assert len(haystack.files) >= sum(1 for path in riverbend.current.rglob("*") if path.is_file())
    assert {Path(name).suffix for name in haystack.files} == {
        ".csv", ".html", ".json", ".jsonl", ".jsonld", ".ttl", ".svg", ".atom", ".rss", ".ics", ".parquet", ".sqlite",
        ".xml", ".rels", "",
    }  # fmt: skip
    assert haystack.with_text("City of Riverbend")
    assert haystack.with_pattern(re.compile(r"^US-RB-VENDOR-V[0-9]+$"))


def test_no_planted_secret_is_public(haystack: Haystack, riverbend: Published) -> None:
    secrets = planted_secrets(f"sqlite:///{riverbend.database}")
    assert len(secrets) > 500
    assert sum(_AMOUNT.fullmatch(secret) is not None for secret in secrets) > 5
    assert _leaks(haystack, riverbend.database) == {}


def test_no_name_of_a_column_or_table_of_the_source_is_public(haystack: Haystack) -> None:
    names = _source_names()
    assert {"internal_notes", "bank_account", "plan_holders"} <= names
    assert {name for columns in INTERNAL_COLUMNS.values() for name in columns if "_" in name} <= names
    pattern = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(sorted(names))})(?![A-Za-z0-9_])")
    assert haystack.with_pattern(pattern) == []


def _sealed_bids(database: Path) -> dict[str, set[str]]:
    """Solicitation → vendors with a sealed bid on it."""
    with closing(sqlite3.connect(database)) as connection:
        bids = connection.execute(
            "SELECT b.sol_no, b.vendor_id FROM bids b JOIN solicitations s ON s.sol_no = b.sol_no"
            f" WHERE lower(trim(s.status_code)) IN ({', '.join('?' * len(SEALED))})",
            SEALED,
        ).fetchall()
    found: dict[str, set[str]] = {}
    for number, vendor in bids:
        found.setdefault(number, set()).add(vendor)
    return found


def _mentions(value: Any) -> set[str]:
    """Ids of vendors anywhere in a release."""
    return set(re.findall(r"US-RB-VENDOR-(V[0-9]+)", repr(value)))


def test_sealed_bids_show_neither_amount_nor_bidder(riverbend: Published) -> None:
    sealed = _sealed_bids(riverbend.database)
    assert len(sealed) >= 10
    for release in json_lines(riverbend.current, "releases/full"):
        number = release["ocid"].removeprefix("ocds-213czf-")
        if number in sealed:
            assert "bids" not in release, release["ocid"]
            assert "numberOfTenderers" not in release.get("tender", {}), release["ocid"]
            assert not any("tenderer" in (party.get("roles") or ()) for party in release.get("parties", ()))
            bidders_elsewhere = _mentions(release.get("awards")) | _mentions(release.get("contracts"))
            assert not (sealed[number] - bidders_elsewhere) & _mentions(release), release["ocid"]


def test_the_home_of_a_person_is_not_public(riverbend: Published) -> None:
    with closing(sqlite3.connect(riverbend.database)) as connection:
        persons = {
            row[0] for row in connection.execute("SELECT vendor_id FROM vendors WHERE upper(trim(is_individual)) = 'Y'")
        }
    seen = 0
    for release in json_lines(riverbend.current, "releases/full"):
        for party in release.get("parties", ()):
            if party["id"].removeprefix("US-RB-VENDOR-") in persons:
                seen += 1
                assert not {"streetAddress", "postalCode"} & party.get("address", {}).keys(), party
                assert "contactPoint" not in party
                # A person who only offered or asked is nobody's business.
                assert not {"tenderer", "enquirer", "subcontractor"} & set(party.get("roles") or ()), party
    assert seen


BROKEN = {
    "an internal column is mapped": (
        {
            "mapping": (
                "  tender/description: {from: solicitations.description}",
                "  tender/description: {from: solicitations.internal_notes}",
            ),
            "city": ("          method_code: text\n", "          method_code: text\n          internal_notes: text\n"),
        },
        (
            "SELECT _row, sol_no, sol_no AS tender_no, blank(title) AS title,",
            "SELECT _row, sol_no, sol_no AS tender_no, internal_notes, blank(title) AS title,",
        ),
        "INTERNAL-ONLY-[A-Z0-9-]*",
    ),
    "bids are not sealed": (
        {"city": ("    - {path: bids, unless: {tender/status: [active, planned, cancelled]}}\n", "")},
        None,
        None,
    ),
    "streets of persons are kept": (
        {"prepare": ("CASE WHEN NOT individual THEN blank(street) END AS street", "blank(street) AS street")},
        None,
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_the_search_finds_what_a_faulty_configuration_publishes(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits, preparation, pattern = BROKEN[fault]
    copy = unjudged_city("riverbend", tmp_path / "cities", **edits)
    if preparation:
        edit(copy / "prepare.sql", *preparation)
    monkeypatch.setenv("PREGON_CITIES", str(copy.parent))
    city = Published("riverbend", tmp_path)
    city.database.parent.mkdir()
    generate(f"sqlite:///{city.database}", processes=120, seed=5, as_of=FIRST_RUN)
    city.run(FIRST_RUN)
    leaks = _leaks(Haystack(city.current), city.database)
    assert leaks
    if pattern:
        assert pattern in leaks
