"""Coverage of a city's publication against its mapping and its sources.

found = city_coverage(context)
found.coverage            # counts over published paths: may be shown to anybody
found.against.empty       # mapped, but hardly ever filled; internal, as it names tables and columns
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from expectations.coverage import Coverage, computable, cover
from pregon.coverage.columns import Table, all_bindings, unused_columns
from pregon.errors import PregonError
from transforms.quoting import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pregon.stages.context import CityContext

ALMOST_EMPTY = 0.02
"""Below this share of the objects that could hold it, a mapped path counts as empty."""

Why = Literal["no_rows", "source_empty", "withheld", "between"]


class NothingCommitted(PregonError):
    """A city has no processes yet whose coverage could be counted."""

    def __init__(self, city: str) -> None:
        super().__init__(f"{city}: nothing was ever committed", hint=f"run `pregon run {city}` first")
        self.city = city


class Filled(NamedTuple):
    """Rows of a table, and those in which a column holds something but white space. Words such as N/A count."""

    rows: int
    filled: int


class EmptyPath(NamedTuple):
    """A path that is mapped and hardly ever filled: in `filled` of `parents` objects.

    `source` is the prepared column (`table.column`); `column` says how that is filled, where it was counted. `why`: the
    table has no rows (`no_rows`), the column is empty (`source_empty`), the disclosure rules withhold the path
    (`withheld`), or what the column holds is lost on the way (`between`: rejected, not in the code list, not readable;
    the findings of a run tell).
    """

    path: str
    source: str
    parents: int
    filled: int
    column: Filled | None
    why: Why


class UnusedColumn(NamedTuple):
    """A column that holds something and reaches no path: of a source table, or (`prepared`) of `prepare.sql`.

    A prepared column of which another table in use has a namesake that is bound is left out: it says the same.
    """

    table: str
    column: str
    prepared: bool
    rows: int
    filled: int

    @property
    def share(self) -> float:
        """Share of the rows where it is filled, 0 to 1."""
        return self.filled / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class AgainstMapping:
    """What differs between mapping and data. Internal: it names tables and columns of the sources.

    `never` are source tables that no prepared table and no binding reads, with their rows.
    """

    empty: tuple[EmptyPath, ...] = ()
    unused: tuple[UnusedColumn, ...] = ()
    never: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give all as JSON values: {"empty": […], "unused": […], "never": {table: rows}}."""
        return {
            "empty": [
                {**one._asdict(), "column": None if one.column is None else one.column._asdict()} for one in self.empty
            ],
            "unused": [one._asdict() for one in self.unused],
            "never": dict(self.never),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        empty = (
            EmptyPath(**{**one, "column": None if one["column"] is None else Filled(**one["column"])})
            for one in value["empty"]
        )
        return cls(tuple(empty), tuple(UnusedColumn(**one) for one in value["unused"]), value["never"])


@dataclass(frozen=True)
class PublicationCoverage:
    """Coverage of a publication: the counts, and (internal) what differs between a city's mapping and its data.

    `subject` is the city, or the files; `problems` are what could not be read of files.
    """

    subject: str
    coverage: Coverage
    against: AgainstMapping | None = None
    problems: tuple[str, ...] = ()

    def to_json(self, *, internal: bool = False) -> dict[str, Any]:
        """Give the public part, with `internal` also what names tables and columns.

        {"subject", "coverage": see `Coverage`, "indicators": [see `Verdict.to_json`], "problems": […],
         "mapping": internal, see `AgainstMapping.to_json`}
        """
        found: dict[str, Any] = {
            "subject": self.subject,
            "coverage": self.coverage.to_json(),
            "indicators": [verdict.to_json() for verdict in computable(self.coverage)],
            "problems": list(self.problems),
        }
        if internal and self.against is not None:
            found["mapping"] = self.against.to_json()
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave; verdicts are found anew."""
        against = AgainstMapping.from_json(value["mapping"]) if "mapping" in value else None
        return cls(value["subject"], Coverage.from_json(value["coverage"]), against, tuple(value["problems"]))


def city_coverage(context: "CityContext", *, against_mapping: bool = True) -> PublicationCoverage:
    """Count the compiled releases of a city's ledger, and hold them against its mapping and its sources.

    `against_mapping` runs the city's preparation over the images of the last commit, in a folder that is gone after.

    Raises:
        NothingCommitted: there is nothing to count.
        InvalidCity: the city's folder is wrong.
        ManifestError, ImageMissingError: the lake has lost what the last commit was made from.
    """
    head = context.ledger.head()
    if head is None:
        raise NothingCommitted(context.city.slug)
    lines = (process.compiled for process in context.ledger.processes(with_releases=False))
    coverage = cover(lines, context.city.extensions)
    against = _against_mapping(context, coverage, head.manifest) if against_mapping else None
    return PublicationCoverage(context.city.slug, coverage, against)


def _against_mapping(context: "CityContext", coverage: Coverage, manifest_number: int) -> AgainstMapping:
    from pregon.images import table_view_sql
    from pregon.manifest import read
    from pregon.stages.catalog import add_prepared_tables, add_source_views, open_catalog

    city, transform, lake = context.city, context.transform, context.home.lake
    unused = unused_columns(city, transform)
    manifest = read(lake, city.slug, manifest_number)
    images = {name: table_view_sql(lake, manifest, name) for _, name, _ in city.tables()}
    with lake.scratch(f"{city.slug}/scratch/coverage") as scratch, open_catalog(city, scratch) as connection:
        add_source_views(connection, images)
        schema = add_prepared_tables(connection, city, transform, scratch)
        counted = {
            table: _filled(connection, table, schema[table.name] if table.prepared else declared)
            for table, declared in _tables(context, schema, unused.tables)
        }
        never = {
            name: int(_row(connection, f"SELECT count(*) FROM source.{quote(name)}")[0])
            for name in images
            if Table(name, prepared=False) not in unused.tables
        }
    return AgainstMapping(
        empty=tuple(_empty_paths(context, coverage, counted)),
        unused=tuple(_unused(unused.columns, counted)),
        never=never,
    )


def _tables(
    context: "CityContext", schema: Mapping[str, Mapping[str, str]], live: frozenset[Table]
) -> Iterator[tuple[Table, Mapping[str, str]]]:
    for _, name, declared in context.city.tables():
        if Table(name, prepared=False) in live:
            yield Table(name, prepared=False), dict.fromkeys(declared.columns, "")
    for table in sorted(live):
        if table.prepared:
            yield table, schema[table.name]


def _filled(
    connection: "DuckDBPyConnection", table: Table, columns: Mapping[str, str]
) -> tuple[int, dict[str, Filled]]:
    """Count the rows of a table and of each column those that are filled; rejected rows don't count."""
    relation = quote(table.name) if table.prepared else f"source.{quote(table.name)}"
    names = [name for name in columns if not name.startswith("_")]
    counts = "".join(
        f", count_if(trim({quote(name)}::VARCHAR, chr(32) || chr(9) || chr(10) || chr(13)) NOT IN ('', '[]', '{{}}'))"
        for name in names
    )
    kept = " WHERE _reject IS NULL" if "_reject" in columns else ""
    rows, *filled = _row(connection, f"SELECT count(*){counts} FROM {relation}{kept}")
    return rows, {name: Filled(rows, int(count or 0)) for name, count in zip(names, filled, strict=True)}


def _row(connection: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    [found] = connection.execute(query).fetchall()
    return found


_Counted = Mapping[Table, tuple[int, dict[str, Filled]]]


def _empty_paths(context: "CityContext", coverage: Coverage, counted: _Counted) -> Iterator[EmptyPath]:
    seen: set[tuple[str, str]] = set()
    for path, binding in all_bindings(context.transform.mapping):
        # A constant stands wherever something else does, and a text in a second language is no field of its own.
        if binding.source is None or (path, binding.source) in seen or path not in context.fields:
            continue
        seen.add((path, binding.source))
        count = coverage.field(path)
        if count.share is None or count.share < ALMOST_EMPTY:
            column = _column(counted, binding.table, binding.column)
            why = _why(context, path, column)
            yield EmptyPath(path, binding.source, count.parents, count.filled, column, why)


def _column(counted: _Counted, table: str | None, column: str | None) -> Filled | None:
    if table is None or column is None:
        return None
    for prepared in (True, False):
        if (found := counted.get(Table(table, prepared))) is not None:
            return found[1].get(column)
    return None


def _why(context: "CityContext", path: str, column: Filled | None) -> Why:
    if column is not None and not column.rows:
        return "no_rows"
    if column is not None and column.filled < ALMOST_EMPTY * column.rows:
        return "source_empty"
    disclosure = context.city.disclosure
    hidden = [condition.path for condition in disclosure.conditions]
    contact = disclosure.contact_points == "withhold" and "contactPoint" in path.split("/")
    return "withheld" if contact or any(f"{path}/".startswith(f"{one}/") for one in hidden) else "between"


def _unused(columns: Mapping[Table, list[str]], counted: _Counted) -> Iterator[UnusedColumn]:
    """Give the unused columns that hold something, fullest first."""
    found = []
    for table, names in columns.items():
        rows, filled = counted[table]
        found += [UnusedColumn(table.name, name, table.prepared, rows, filled[name].filled) for name in names]
    return iter(sorted((one for one in found if one.filled), key=lambda one: (-one.share, one.table, one.column)))
