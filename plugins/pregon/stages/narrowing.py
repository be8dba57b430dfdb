"""What a run after the first has to read: the rows that changes concern, instead of all rows of all source tables."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pregon.city import City
from pregon.city_transform import CityTransform
from pregon.stages.catalog import (
    add_prepared_tables,
    add_source_views,
    named_rows,
    open_catalog,
    prepared_file,
)
from pregon.stages.concerned import Concerned, Keys
from pregon.stages.locality import Views, find_views
from pregon.stages.prepared_keys import FOLDER, KeyColumns, key_columns
from transforms.mapping.plan import Plan
from transforms.quoting import literal, quote


@dataclass(frozen=True)
class Narrowed:
    """The processes that changes concern and the source rows to read for them; both as Parquet files of one column."""

    #: `_process`
    affected: Path
    #: `_row`, as `table:key`
    wanted: Path
    #: SELECTs of the images, of those rows only
    images: Mapping[str, str]
    #: views of `prepare.sql` that can be computed of those rows
    local: frozenset[str]
    #: SELECTs that stand for the others: computed of all rows, but only what comes from those rows
    given: Mapping[str, str]
    #: folder that the last commit kept
    earlier: Path


def narrow(
    city: City,
    transform: CityTransform,
    plan: Plan,
    *,
    images: Mapping[str, str],
    earlier: Path,
    changed: Mapping[str, str],
    scratch: Path,
) -> Narrowed | None:
    """Find what the changed rows concern; None where it is so much that everything is better looked at.

    `images`, `earlier`, `changed` as in `prepare_tables`; leaves files in `scratch`, which must stay while the result
    is in use.
    """
    folder = scratch / "narrowing"
    now = folder / "now"
    now.mkdir(parents=True)
    rows = folder / "changed.parquet"
    with open_catalog(city, folder) as connection:
        connection.execute(f"COPY ({named_rows(changed)}) TO {literal(str(rows))} (FORMAT parquet)")
    views = find_views(city, transform)
    whole, files = _all_rows(city, transform, plan, views, images, folder, now)
    keys = _some_rows(
        city, transform, plan, views, {n: _only(n, select, rows) for n, select in images.items()}, folder, now
    )
    keys |= whole
    affected, wanted = folder / "affected.parquet", folder / "wanted.parquet"
    with open_catalog(city, folder) as connection:
        connection.execute(f"CREATE TEMP TABLE changed AS SELECT DISTINCT _row FROM read_parquet({literal(str(rows))})")
        known = Keys(
            {table: keys[table] for table in _order(plan, keys)}, earlier / FOLDER, now, frozenset(whole),
            f"read_parquet({literal(str(earlier / 'rows.parquet'))})",
        )  # fmt: skip
        if not Concerned(connection, plan, known).find():
            return None
        for name, path in (("affected", affected), ("wanted", wanted)):
            connection.execute(f"COPY (FROM {name} ORDER BY ALL) TO {literal(str(path))} (FORMAT parquet)")
    given = {}
    for table, file in files.items():
        relation = f"read_parquet({literal(str(file))})"
        touching = whole[table].touching(relation, f"read_parquet({literal(str(wanted))})")
        given[table] = f"SELECT * FROM {relation} WHERE {touching}"
    local = frozenset(views.needed([table for table in keys if views.is_local(table)]))
    narrow_images = {name: _only(name, select, wanted) for name, select in images.items()}
    return Narrowed(affected, wanted, narrow_images, local, given, earlier)


def _only(table: str, select: str, rows: Path) -> str:
    """Give a SELECT of those rows of an image that a file names."""
    name = literal(table + ":")
    keys = (
        f"SELECT substr(_row, {len(table) + 2}) FROM read_parquet({literal(str(rows))}) WHERE starts_with(_row, {name})"
    )
    return f"SELECT * FROM ({select}) WHERE _row IN ({keys})"


def _used(plan: Plan) -> set[str]:
    """Give the prepared tables that the mapping uses."""
    used = {plan.process_table, *(link.name for link in plan.links)}
    for party in plan.parties:
        used |= {party.table, *(child.name for child in party.tables)}
    return used


def _all_rows(
    city: City, transform: CityTransform, plan: Plan, views: Views, images: Mapping[str, str], folder: Path, now: Path
) -> tuple[dict[str, KeyColumns], dict[str, Path]]:
    """Compute the tables that can't be made of some rows; give their files, and leave their keys in `now`."""
    tables = {table for table in _used(plan) if not views.is_local(table)}
    if not tables:
        return {}, {}
    scratch = folder / "all"
    keys = _computed(city, transform, plan, views, tables, images, scratch, now)
    return keys, {table: prepared_file(scratch, table) for table in tables}


def _some_rows(
    city: City, transform: CityTransform, plan: Plan, views: Views, images: Mapping[str, str], folder: Path, now: Path
) -> dict[str, KeyColumns]:
    """Compute the other tables of some rows; leaves their keys in `now`."""
    tables = {table for table in _used(plan) if views.is_local(table)}
    return _computed(city, transform, plan, views, tables, images, folder / "some", now)


def _computed(
    city: City, transform: CityTransform, plan: Plan, views: Views, tables: Collection[str],
    images: Mapping[str, str], scratch: Path, now: Path,
) -> dict[str, KeyColumns]:  # fmt: skip
    scratch.mkdir()
    with open_catalog(city, scratch) as connection:
        add_source_views(connection, images)
        schema = add_prepared_tables(connection, city, transform, scratch, only=views.needed(tables))
        keys = key_columns(plan, schema, tables)
        for table, columns in keys.items():
            target = literal(str(now / f"{table}.parquet"))
            connection.execute(f"COPY ({columns.select(quote(table), joined=False)}) TO {target} (FORMAT parquet)")
    return keys


def _order(plan: Plan, keys: Mapping[str, KeyColumns]) -> list[str]:
    """Give the tables with parents before their children."""
    mapped = [plan.process_table, *(link.name for link in plan.links)]
    return [*mapped, *(table for table in keys if table not in mapped)]
