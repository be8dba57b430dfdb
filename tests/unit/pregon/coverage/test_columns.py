"""Which columns reach a publication, told from mapping and preparation."""

from pathlib import Path

import pytest
from made_up_coverage import PREPARE, hamlet_with_more

from pregon.city import read_city
from pregon.city_transform import read_transform
from pregon.coverage.columns import Table, bound_columns, unused_columns


@pytest.fixture
def unused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def found(prepare: str = "") -> dict[tuple[str, bool], list[str]]:
        hamlet = hamlet_with_more(tmp_path, prepare=prepare)
        monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
        city = read_city("hamlet")
        return {tuple(table): names for table, names in unused_columns(city, read_transform(city)).columns.items()}

    return found


def test_without_preparation_it_is_what_the_mapping_does_not_name(unused) -> None:
    assert unused() == {("tenders", False): ["office", "memo", "floor"]}


def test_what_prepare_sql_names_is_used_and_what_it_makes_in_vain_is_told(unused) -> None:
    assert unused(PREPARE) == {("tenders", False): ["floor"], ("tenders", True): ["office", "memo"]}


def test_a_column_is_handed_on_by_a_star(unused) -> None:
    found = unused("CREATE VIEW tenders AS SELECT * FROM source.tenders;")

    assert found == {("tenders", True): ["office", "memo", "floor"], ("tenders", False): ["office", "memo", "floor"]}


def test_columns_in_a_macro_are_used_where_the_macro_is(unused) -> None:
    macro = "CREATE MACRO there() AS TABLE SELECT * REPLACE (title || office AS title) FROM source.tenders;\n"

    found = unused(f"{macro}CREATE VIEW tenders AS SELECT _row, number, title, status, estimate, changed FROM there();")

    assert found == {("tenders", False): ["memo", "floor"]}


def test_a_view_that_nothing_uses_uses_nothing(unused) -> None:
    found = unused("CREATE VIEW idle AS SELECT _row, office, memo, floor FROM source.tenders;")

    assert found == {("tenders", False): ["office", "memo", "floor"]}


def test_columns_that_are_chosen_by_a_pattern_are_in_doubt_and_count_as_used(unused) -> None:
    found = unused(
        "CREATE VIEW tenders AS SELECT _row, COLUMNS('number|title|status|estimate|changed') FROM source.tenders;"
    )

    assert ("tenders", False) not in found


def test_tables_that_nothing_reads_are_not_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = hamlet_with_more(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    city = read_city("hamlet")

    tables = unused_columns(city, read_transform(city)).tables

    assert tables == {Table(name, prepared=False) for name in ("tenders", "documents", "awards", "firms")}


@pytest.mark.parametrize("slug", ["riverbend", "chicago", "toronto", "scottsdale", "bogota"])
def test_every_column_that_a_city_binds_is_one_of_its_tables(slug: str) -> None:
    from pregon.stages.catalog import prepared_schema

    city = read_city(slug)
    transform = read_transform(city)
    schema = prepared_schema(city, transform)

    for table, columns in bound_columns(transform.mapping).items():
        assert set(columns or ()) <= set(schema[table]), table
    assert all("_row" not in names for names in unused_columns(city, transform).columns.values())
