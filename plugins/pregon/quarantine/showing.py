"""All that is known of one thing that is held back: its row, the reason, what the mapping did with it, its release."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Any

import orjson

from pregon.errors import PregonError
from pregon.images import ImageMissingError, table_view_sql
from pregon.json_lines import read_lines
from pregon.ledger import Quarantined
from pregon.manifest import latest
from pregon.quarantine.reasons import Reason, reason_of
from pregon.stages.context import CityContext
from transforms.mapping.model import Mapping

_COMPARED = 100_000
"""Names in quarantine that one that is not there is compared with."""


class NotHeldBack(PregonError):
    """Nothing of this name is in quarantine; `nearest` are names that are."""

    def __init__(self, city: str, name: str, near: Sequence[str]) -> None:
        super().__init__(
            f"{city} holds nothing back that is called {name!r}",
            hint=f"did you mean {', '.join(near)}?" if near else f"`pregon quarantine list {city}` tells what it does",
        )
        self.name = name
        self.nearest = tuple(near)


@dataclass(frozen=True)
class Held:
    """One finding, in words: the ledger's row, what its reason means, and the lines of the mapping it concerns."""

    found: Quarantined
    reason: Reason
    bindings: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """What there is of an ocid or a row; `rows` are source rows by `table:key`, `release` None where none is kept."""

    city: str
    name: str
    held: tuple[Held, ...]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    release: dict[str, Any] | None = None
    published: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give all of it as JSON values."""
        return {
            "city": self.city,
            "name": self.name,
            "published_before": self.published,
            "held": [
                {
                    "reason": one.found.row.reason,
                    "meaning": one.reason.meaning,
                    "remedy": one.reason.remedy,
                    "ocid": one.found.row.ocid,
                    "row": row_name(one.found),
                    "path": one.found.row.path,
                    "value": one.found.row.value,
                    "message": one.found.row.message,
                    "run": one.found.run_id,
                    "mapping": list(one.bindings),
                }
                for one in self.held
            ],
            "rows": {name: {column: _plain(value) for column, value in row.items()} for name, row in self.rows.items()},
            "release": self.release,
        }


def row_name(found: Quarantined) -> str | None:
    """Give `table:key` of the row that a finding names; None where it names none."""
    return f"{found.row.table}:{found.row.row}" if found.row.table else None


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def show(context: CityContext, name: str) -> Shown:
    """Give what there is of an ocid (with or without the city's prefix) or of a row `table:key`. Raises NotHeldBack."""
    found = find(context, name)
    mapping = context.transform.mapping
    held = tuple(
        Held(one, reason_of(one.row.reason), tuple(bindings_of(mapping, one.row.table, one.row.path))) for one in found
    )
    ocid = next((one.row.ocid for one in found if one.row.ocid), None)
    rows = {}
    for one in found:
        if (row := row_name(one)) is not None and row not in rows and (values := _image_row(context, one)) is not None:
            rows[row] = values
    return Shown(
        context.city.slug,
        ocid or name,
        held,
        rows,
        _kept_release(context, ocid) if ocid else None,
        published=bool(ocid and context.ledger.state_hashes([ocid])),
    )


def find(context: CityContext, name: str) -> list[Quarantined]:
    """Give the findings of an ocid or of a row `table:key`. Raises NotHeldBack."""
    ledger, city = context.ledger, context.city
    for ocid in (name, f"{city.ocid_prefix}-{name}"):
        if found := list(ledger.quarantined(ocid=ocid)):
            return found
    table, colon, key = name.partition(":")
    if colon and (found := [one for one in ledger.quarantined(table=table) if one.row.row == key]):
        return found
    known = {one.row.ocid or row_name(one) or "" for one in islice(ledger.quarantined(), _COMPARED)}
    raise NotHeldBack(city.slug, name, get_close_matches(name, sorted(known), n=3))


def _image_row(context: CityContext, found: Quarantined) -> dict[str, Any] | None:
    """Give all columns of a row as the newest image has it; None where it is in none."""
    lake, slug = context.home.lake, context.city.slug
    manifest = latest(lake, slug)
    if manifest is None or found.row.table not in manifest.tables:
        return None
    try:
        image = table_view_sql(lake, manifest, found.row.table, include_deleted=True)
    except ImageMissingError:
        return None
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT * EXCLUDE (_hash, _row) FROM ({image}) WHERE _row = ?", [found.row.row])
        names = [column[0] for column in rows.description or ()]
        row = rows.fetchone()
    if row is None:
        return None
    values = dict(zip(names, row, strict=True))
    deleted = values.pop("_deleted", False)
    values["read with manifest"] = values.pop("_manifest", None)
    return values | ({"gone from the source": True} if deleted else {})


def _kept_release(context: CityContext, ocid: str) -> dict[str, Any] | None:
    """Give the newest release of a process that was made, but held back, as far as the work files are still there."""
    lake, slug = context.home.lake, context.city.slug
    head = orjson.dumps({"ocid": ocid})[:-1] + b","
    for run in reversed(lake.folders(f"{slug}/runs")):
        release = None
        for key in lake.list(f"{slug}/runs/{run}/releases"):
            for line in read_lines(lake.local(key)):
                if line.startswith(head):
                    release = orjson.loads(line).get("release", release)
        if release is not None:
            made: dict[str, Any] = release
            return made
    return None


def bindings_of(mapping: Mapping, table: str, path: str | None) -> Iterator[str]:
    """Give the lines of a mapping that make the value at a path; without a path, those that place rows of a table."""
    if path is None:
        if mapping.process.table == table:
            yield f"{mapping.at('process', 'key')}{mapping.process.key}, ocid: {mapping.process.ocid}"
        if (child := mapping.tables.get(table)) is not None:
            on = ", ".join(f"{own} = {child.parent}.{other}" for own, other in child.on.items())
            yield f"{mapping.at('tables', table)}array: {child.array}, on: {on}, id: {child.id}"
        return
    for bound, binding in mapping.bindings.items():
        if _touches(bound, path):
            yield mapping.at("bindings", bound) + _origin(binding)
    for name, child in mapping.tables.items():
        if child.array is not None and path == f"{child.array}/id":
            yield f"{mapping.at('tables', name)}id: {child.id}"
    for name, party in mapping.parties.items():
        for reference in party.references:
            if _touches(reference.path, path):
                yield f"{mapping.at('parties', name, 'references')}from: {reference.source}"
        if path.startswith("parties"):
            below = path.removeprefix("parties").removeprefix("/")
            if below in ("", "id"):
                yield f"{mapping.at('parties', name)}id: {party.id}"
            for bound, binding in party.bindings.items():
                if below and _touches(bound, below):
                    yield mapping.at("parties", name, "bindings", bound) + _origin(binding)


def _touches(bound: str, path: str) -> bool:
    return bound == path or path.startswith(f"{bound}/") or bound.startswith(f"{path}/")


def _origin(binding: Any) -> str:
    if binding.source is None:
        return f"value: {binding.value!r}"
    more = "".join(
        f", {name}: {value}" for name in ("codelist", "time", "split") if (value := getattr(binding, name)) is not None
    )
    return f"from: {binding.source}{more}"
