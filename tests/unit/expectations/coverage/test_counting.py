"""What DuckDB counts is what a plain walk through the documents counts."""

import gzip
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.checks.compiled import CompiledRelease
from expectations.coverage import Coverage, cover, cover_files
from expectations.coverage import counting as engine
from expectations.facts import year_of
from transforms.ocds import Field, codelist, field_table

EXTENSIONS = ("bids", "location")
FIELDS = field_table(EXTENSIONS)

DAYS = ("2026-01-01T00:00:00Z", "2024-02-29", "2023-02-29", "0000-01-01", "2025-12-31T23:59:59-05:00", "1999-1-1", "")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from((*DAYS, "active", "Active", "open", "USD", "supplier", " ", "\x00", "ñandú", '"')),
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("id", "x", "ID")), inner, max_size=2),
    max_leaves=6,
)


def objects(path: str = "", depth: int = 0) -> st.SearchStrategy[Any]:
    """Objects that may have any of the fields at a path, with values of all types."""
    inner = {
        field.name: st.deferred(lambda field=field: values(field, depth))  # type: ignore[misc]
        for field in FIELDS.children(path)
    }
    return st.fixed_dictionaries({}, optional=inner) if depth < 6 else st.just({})


def values(field: Field, depth: int) -> st.SearchStrategy[Any]:
    if field.format == "date-time":
        return st.sampled_from(DAYS) | anything
    if not field.has_definition:
        return scalars | anything
    entry = objects(field.path, depth + 1)
    return st.one_of(st.lists(entry | scalars, max_size=3) if field.is_array else entry, anything)


def walked(documents: list[Any]) -> tuple[Counter[str], dict[str, list[int]], Counter[tuple[str, str]]]:
    """Count objects, values and codes without any SQL."""
    parents: Counter[str] = Counter()
    found: dict[str, list[int]] = {}
    codes: Counter[tuple[str, str]] = Counter()

    def look(holder: dict[str, Any], path: str) -> None:
        parents[path] += 1
        for field in FIELDS.children(path):
            value = holder.get(field.name)
            if value is None:
                continue
            counts = found.setdefault(field.path, [0, 0, 0])
            counts[0] += 1
            counts[1] += value not in ("", [], {})
            counts[2] += not fits(value, field.types)
            for code in coded(value, field) if field.codelist else ():
                codes[field.path, code] += 1
            inner = value if field.is_array and isinstance(value, list) else [] if field.is_array else [value]
            for entry in inner if FIELDS.children(field.path) else ():
                if isinstance(entry, dict):
                    look(entry, field.path)

    for document in documents:
        if isinstance(document, dict):
            look(document, "")
    return parents, found, codes


def fits(value: Any, types: tuple[str, ...]) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    holds = {
        "string": isinstance(value, str), "object": isinstance(value, dict), "array": isinstance(value, list),
        "boolean": isinstance(value, bool), "number": number, "integer": number,
    }  # fmt: skip
    return any(holds[name] for name in types)


def coded(value: Any, field: Field) -> Iterator[str]:
    for one in value if field.is_array and isinstance(value, list) else [] if field.is_array else [value]:
        if isinstance(one, str) and one:
            yield one[:100]
        elif one is not None and not isinstance(one, str):
            yield json.dumps(one, ensure_ascii=False, separators=(",", ":"))[:100]


def lines(*documents: Any) -> list[bytes]:
    return [json.dumps(document, ensure_ascii=False).encode() for document in documents]


def counted_codes(coverage: Coverage) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (path, code): sum(years.values())
            for path, counts in coverage.codes.items()
            for code, years in {**counts.listed, **counts.unlisted}.items()
        }
    )


@settings(deadline=None, max_examples=15)
@given(st.lists(objects() | anything, max_size=8))
def test_counts_are_those_of_a_walk_through_the_documents(documents: list[Any]) -> None:
    coverage = cover(lines(*documents), EXTENSIONS, workers=1)

    parents, found, codes = walked(documents)
    assert coverage.documents == sum(isinstance(one, dict) for one in documents)
    assert coverage.unreadable == len(documents) - coverage.documents
    assert coverage.all.objects == parents
    assert coverage.all.values == found
    # Numbers in codes are written as they stand in the file, which is not always as Python writes them.
    plain = {key: number for key, number in codes.items() if not _holds_number(key[1])}
    assert {key: one for key, one in counted_codes(coverage).items() if not _holds_number(key[1])} == plain
    assert sum(counted_codes(coverage).values()) == sum(codes.values())


def _holds_number(code: str) -> bool:
    return any(character.isdigit() for character in code)


YEARLY = (
    "date", "tender/tenderPeriod/startDate", "tender/tenderPeriod/endDate", "awards/date", "contracts/dateSigned",
    "contracts/period/startDate", "planning/budget/period/startDate",
)  # fmt: skip


def dated(path: str = "") -> st.SearchStrategy[Any]:
    """Objects that have nothing but the days by which the year is told, and what is none."""
    leaves = st.sampled_from(DAYS) | scalars
    if path in YEARLY:
        return leaves | st.lists(leaves, max_size=1)
    names = {one.removeprefix(path).lstrip("/").partition("/")[0] for one in YEARLY if one.startswith(path)}
    inner = {name: dated(f"{path}/{name}".lstrip("/")) for name in sorted(names)}
    found = st.fixed_dictionaries({}, optional=inner)
    return st.lists(found | leaves, max_size=3) if path in ("awards", "contracts") else found | leaves


@settings(deadline=None, max_examples=25)
@given(st.lists(dated(), max_size=30).map(lambda found: [one for one in found if isinstance(one, dict)]))
def test_the_year_is_that_of_the_facts(documents: list[Any]) -> None:
    coverage = cover(lines(*documents), EXTENSIONS, workers=1)

    expected = Counter(year_of(CompiledRelease(document)) for document in documents)
    assert {year: counts.documents for year, counts in coverage.by_year.items()} == expected


@settings(deadline=None, max_examples=4)
@given(st.lists(objects(), max_size=6), st.integers(1, 3), st.integers(1, 4))
def test_the_result_depends_on_neither_portions_nor_workers(documents: list[Any], portion: int, workers: int) -> None:
    whole = cover(lines(*documents), EXTENSIONS, workers=1)
    size = engine.PORTION
    engine.PORTION = 400 * portion
    try:
        parts = cover(lines(*documents), EXTENSIONS, workers=workers)
    finally:
        engine.PORTION = size

    assert parts.to_json() == whole.to_json()


@settings(deadline=None, max_examples=5)
@given(st.lists(objects(), max_size=5))
def test_years_and_departments_add_up_to_the_whole(documents: list[Any]) -> None:
    coverage = cover(lines(*documents), EXTENSIONS, workers=1)

    for groups in (coverage.by_year.values(), [*(one.counts for one in coverage.departments), coverage.rest]):
        total = Coverage().all
        for counts in groups:
            total.add(counts)
        assert total == coverage.all


@settings(deadline=None, max_examples=5)
@given(st.lists(objects() | anything, max_size=5))
def test_a_coverage_is_read_back_from_its_json(documents: list[Any]) -> None:
    coverage = cover(lines(*documents), EXTENSIONS, workers=1)

    assert Coverage.from_json(json.loads(json.dumps(coverage.to_json()))) == coverage


def test_white_space_and_zero_are_filled_and_empty_values_are_not() -> None:
    coverage = cover(
        lines(
            {"tender": {"title": " ", "numberOfTenderers": 0, "items": [], "value": {}, "description": ""}},
            {"tender": {"title": None}},
        )
    )

    assert coverage.field("tender/title") == (2, 1, 1, 0)
    assert coverage.field("tender/numberOfTenderers") == (2, 1, 1, 0)
    assert coverage.field("tender/items") == (2, 1, 0, 0)
    assert coverage.field("tender/value") == (2, 1, 0, 0)
    assert coverage.field("tender/value/amount") == (1, 0, 0, 0)
    assert coverage.field("tender/description") == (2, 1, 0, 0)
    assert coverage.field("contracts/value").share is None


def test_what_has_another_type_is_counted_as_such_and_never_lost() -> None:
    coverage = cover(
        lines(
            {"ocid": 1, "buyer": "Parks", "awards": {"id": "1"}},
            {"ocid": "2", "buyer": {"id": 7}, "awards": [{"id": 1, "title": 1}, "A2", None]},
        )
    )

    assert coverage.field("ocid") == (2, 2, 2, 1)
    assert coverage.field("buyer") == (2, 2, 2, 1)
    assert coverage.field("buyer/id") == (1, 1, 1, 0)
    assert coverage.field("awards") == (2, 2, 2, 1)
    assert coverage.field("awards/id") == (1, 1, 1, 0)
    assert coverage.field("awards/title") == (1, 1, 1, 1)


def test_lines_that_are_no_json_object_are_counted() -> None:
    broken = [b'{"ocid": "1"', b"[1]", b'"text"', b"null", b'{"ocid": "\xff"}', b"\n", b"  "]

    coverage = cover([*broken, *lines({"ocid": "1"})])

    assert (coverage.documents, coverage.unreadable) == (1, 5)


def test_codes_are_told_by_year_and_from_those_that_the_codelist_lacks() -> None:
    def document(status: Any, year: int | None, roles: Any = None) -> dict[str, Any]:
        period = {} if year is None else {"startDate": f"{year}-05-01T00:00:00Z"}
        return {"tender": {"status": status, "tenderPeriod": period}, "parties": [{"roles": roles}]}

    coverage = cover(
        lines(
            document("active", 2025, ["buyer", "mayor"]),
            document("active", None),
            document("Active", 2024, "buyer"),
            document("complete", 2024),
            document(5, 2024),
        )
    )

    status = coverage.codes["tender/status"]
    assert (status.codelist, status.is_open) == ("tenderStatus", False)
    assert status.listed == {"active": {2025: 1, None: 1}, "complete": {2024: 1}}
    assert status.unlisted == {"5": {2024: 1}, "Active": {2024: 1}}
    assert status.total("active") == 2
    # An array that is none has no codes; the path tells of the misfit.
    assert coverage.codes["parties/roles"].listed == {"buyer": {2025: 1}}
    assert coverage.codes["parties/roles"].unlisted == {"mayor": {2025: 1}}
    assert coverage.field("parties/roles") == (5, 2, 2, 1)
    assert all(code in codelist("tenderStatus") for code in status.listed)


def test_of_codes_without_end_the_most_frequent_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_UNLISTED", 2)
    codes = ["b", "a", "a", "c", "d", "b", "a"]

    coverage = cover(lines(*({"tender": {"awardCriteria": code}} for code in codes)))

    found = coverage.codes["tender/awardCriteria"]
    assert found.unlisted == {"a": {None: 3}, "b": {None: 2}}
    assert found.further == 2


def test_departments_are_told_by_id_else_by_name_largest_first() -> None:
    coverage = cover(
        lines(
            {"buyer": {"id": "P", "name": "Parks"}},
            {"buyer": {"id": "P", "name": "Parks and Recreation"}, "language": "en"},
            {"buyer": {"name": "Fire"}},
            {"tender": {"procuringEntity": {"id": 7}}},
            {"buyer": {"id": ""}},
            {"buyer": "Police"},
        )
    )

    told = [(one.id, one.name, one.counts.documents) for one in coverage.departments]
    assert told == [("P", "Parks", 2), (None, None, 2), ("7", None, 1), (None, "Fire", 1)]
    assert coverage.departments[0].counts.field("language") == (2, 1, 1, 0)
    assert coverage.exact


def test_small_departments_are_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_DEPARTMENTS", 1)

    coverage = cover(lines(*({"buyer": {"id": name}} for name in "abcaa")))

    assert [one.id for one in coverage.departments] == ["a"]
    assert (coverage.rest_departments, coverage.rest.documents, coverage.exact) == (2, 2, True)


def test_departments_without_end_are_folded_while_counting_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "HELD_DEPARTMENTS", 2)
    monkeypatch.setattr(engine, "PORTION", 1)

    coverage = cover(lines(*({"buyer": {"id": str(number % 4)}} for number in range(8))), workers=1)

    assert not coverage.exact
    assert sum(one.counts.documents for one in coverage.departments) + coverage.rest.documents == 8


@pytest.mark.parametrize("packed", [False, True])
def test_files_are_read_plain_or_gzipped(tmp_path: Path, packed: bool) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b"
    first.write_bytes(b"\n".join(lines({"ocid": "1"}, {"ocid": "2"})))
    text = b"\r\n".join(lines({"ocid": "3"})) + b"\r\n"
    second.write_bytes(gzip.compress(text) if packed else text)

    coverage = cover_files([first, second])

    assert coverage.field("ocid") == (3, 3, 3, 0)


def test_nothing_comes_to_nothing() -> None:
    coverage = cover([])

    assert coverage.documents == 0
    assert Coverage.from_json(coverage.to_json()) == coverage
    assert not math.isnan(len(coverage.to_json()["fields"]))
