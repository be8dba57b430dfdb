"""A read that is not to be believed stops the run, and what was known stays known."""

import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import AS_OF, CITY, database, files, image, table

from pregon.lake import Lake
from pregon.manifest import Manifest, latest
from pregon.sources.base import Guard, GuardSpec, SourceSpec, TableSpec
from pregon.sources.extract import Extraction, extract
from pregon.sources.guards import ColumnDrift, EmptiedColumn, GuardStopped, RepeatedKeys, RoundNumber, TooFewRows

Row = tuple[str, str]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def rows(count: int, title: str = "t") -> list[Row]:
    return [(str(number), title) for number in range(count)]


def read(
    lake: Lake, found: Iterable[Row], day: int, spec: TableSpec | None = None, accept: Iterable[Guard] = ()
) -> Manifest:
    folder = lake.root.parent
    (folder / "things.csv").write_text("id,title\n" + "".join(f"{key},{title}\n" for key, title in found))
    return extracted(lake, files(spec or table(file="things.csv")), day, accept)


def extracted(lake: Lake, source: SourceSpec, day: int, accept: Iterable[Guard] = ()) -> Manifest:
    folder, as_of = lake.root.parent, AS_OF + timedelta(days=day)
    return extract(Extraction(lake, CITY, [source], as_of, folder, from_dir=folder, accept=tuple(accept)))


def guarded(**guards: Any) -> TableSpec:
    spec = table(file="things.csv")
    return TableSpec(spec.name, spec.key, spec.columns, guards=GuardSpec(**guards), options=spec.options)


def stopped(lake: Lake, error: type[GuardStopped], *arguments: Any, **options: Any) -> GuardStopped:
    """Read what must stop the run, and look that nothing changed."""
    before = latest(lake, CITY)
    with pytest.raises(error) as caught:
        read(lake, *arguments, **options)
    assert latest(lake, CITY) == before
    assert caught.value.hint is not None
    assert f"--accept {caught.value.guard}" in caught.value.hint
    return caught.value


def test_a_table_that_shrinks_is_not_believed(lake: Lake) -> None:
    read(lake, rows(200), 0)
    error = stopped(lake, TooFewRows, rows(179), 1)
    assert str(error).startswith("portal.things: gives 179 rows, 10% fewer than the 200 of the last full read")
    assert read(lake, rows(180), 2).tables["things"].rows_read == 180


def test_it_is_believed_when_a_person_accepts_it(lake: Lake) -> None:
    read(lake, rows(200), 0)
    entry = read(lake, rows(20), 1, accept=["shrink"]).tables["things"]
    assert (entry.rows_read, entry.notes["accepted_guards"]) == (20, ["shrink"])
    assert read(lake, rows(20, "u"), 2).tables["things"].rows_read == 20


def test_accepting_one_guard_does_not_accept_another(lake: Lake) -> None:
    read(lake, rows(200), 0)
    stopped(lake, TooFewRows, rows(20), 1, accept=["emptied"])


def test_how_far_it_may_shrink_can_be_set(lake: Lake) -> None:
    read(lake, rows(200), 0)
    assert read(lake, rows(100), 1, guarded(shrink=0.5)).number == 2
    stopped(lake, TooFewRows, rows(49), 2, guarded(shrink=0.5))


def test_few_rows_more_or_less_are_chance(lake: Lake) -> None:
    read(lake, rows(12), 0)
    assert read(lake, rows(3), 1).tables["things"].rows_read == 3


def test_what_shrank_is_compared_with_the_last_read_not_with_all_that_was_ever_known(lake: Lake) -> None:
    """A list of what is open holds other rows each time; its image keeps them all."""
    for day in range(4):
        manifest = read(lake, [(f"{day}-{number}", "t") for number in range(50)], day)
    assert manifest.tables["things"].image.rows == 200


@pytest.mark.parametrize("count", [1_000, 50_000])
def test_a_round_number_of_rows_looks_cut_off(lake: Lake, count: int) -> None:
    error = stopped(lake, RoundNumber, rows(count), 0)
    assert f"exactly {count:,} rows, which looks cut off" in str(error)
    assert read(lake, rows(count), 1, guarded(round_numbers=False)).number == 1


def test_a_round_number_that_was_accepted_once_is_no_news(lake: Lake) -> None:
    read(lake, rows(1_000), 0, accept=["round_numbers"])
    assert read(lake, rows(1_000, "changed"), 1).tables["things"].changed == {"changed": 1_000}


def test_a_database_that_counts_its_rows_confirms_a_round_number(lake: Lake, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "erp.sqlite") as erp:
        erp.execute("CREATE TABLE things (id TEXT, title TEXT)")
        erp.executemany("INSERT INTO things VALUES (?, ?)", rows(1_000))
    erp.close()
    assert extracted(lake, database(tmp_path / "erp.sqlite", table()), 0).tables["things"].rows_read == 1_000


def test_a_column_that_lost_all_its_values_is_not_believed(lake: Lake) -> None:
    read(lake, rows(60), 0)
    error = stopped(lake, EmptiedColumn, rows(60, ""), 1)
    assert isinstance(error, EmptiedColumn)
    assert (error.column, error.before) == ("title", 60)
    assert read(lake, [*rows(59, ""), ("60", "one is left")], 2).number == 2


def test_a_column_that_was_never_filled_is_no_loss(lake: Lake) -> None:
    read(lake, rows(60, ""), 0)
    assert read(lake, rows(61, ""), 1).number == 2


def test_a_key_that_identifies_no_row_any_more_is_not_believed(lake: Lake) -> None:
    read(lake, rows(100), 0)
    error = stopped(lake, RepeatedKeys, [(str(number % 50), f"{number}") for number in range(100)], 1)
    assert "50 of 100 rows repeat a key (id) with other content" in str(error)


def test_a_few_repeated_keys_go_to_quarantine(lake: Lake) -> None:
    manifest = read(lake, [*rows(300), *[(str(number), "other") for number in range(10)]], 0)
    assert manifest.tables["things"].rejected == {"duplicate_key": 10}


def erp_of(path: Path, definition: str, values: list[tuple[Any, ...]]) -> SourceSpec:
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as erp:
        erp.execute(f"CREATE TABLE things ({definition})")
        erp.executemany(f"INSERT INTO things VALUES ({','.join('?' * len(values[0]))})", values)
    erp.close()
    return database(path, table())


def test_a_column_that_changed_its_type_stops_the_run(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "erp.sqlite"
    extracted(lake, erp_of(path, "id TEXT, title TEXT, note TEXT", [("1", "a", "x")]), 0)
    with pytest.raises(ColumnDrift, match="'title' was TEXT, is INTEGER") as caught:
        extracted(lake, erp_of(path, "id TEXT, title INTEGER, note INTEGER", [("1", 7, 1)]), 1)
    assert caught.value.columns == ("title",)
    accepted = extracted(lake, erp_of(path, "id TEXT, title INTEGER, note INTEGER", [("1", 7, 1)]), 2, ["drift"])
    assert [row["title"] for row in image(lake, accepted)] == ["7"]


def test_columns_that_nobody_declared_only_warn_when_they_come_and_go(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "erp.sqlite"
    extracted(lake, erp_of(path, "id TEXT, title TEXT, note TEXT", [("1", "a", "x")]), 0)
    manifest = extracted(lake, erp_of(path, "id TEXT, title TEXT, remark TEXT", [("1", "a", "x")]), 1)
    notes = manifest.tables["things"].notes
    assert (notes["columns_came"], notes["columns_went"]) == (["remark"], ["note"])
