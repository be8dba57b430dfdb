"""Datasets of a Socrata portal: the rows of one table in each.

What differs from what the portal holds is sent, in batches, by upsert, so that `:updated_at` of the other rows stays
what it is; or everything in place of everything. The row identifiers that are not in the table any more are removed:
a dataset belongs to the publisher alone.
"""

import hashlib
import heapq
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import orjson

from pregon.publication.tables.reading import NoSuchTable, table_batches
from pregon.publishers.base import Plan, Step, TargetFailed, TargetMisconfigured
from pregon.publishers.portal_access import portal_access
from pregon.publishers.portal_http import PortalRefused
from pregon.publishers.socrata_api import SocrataApi
from pregon.publishers.socrata_metadata import metadata_changes
from pregon.publishers.socrata_rows import Differences, KeptRows, RepeatedKey, kept_rows
from pregon.publishers.socrata_schema import DatasetsUnfit, problems, shape_of
from transforms.catalog.socrata import FLOATING, NUMBERS, SocrataTable, comparable, dataset_metadata
from transforms.publication import Publication
from transforms.snapshot import Manifest, TableSummary

MOST_ROWS = 5_000
MOST_BYTES = 4 << 20
"""How large a batch may be; a single row may be larger."""

SAMPLE = 20
"""Rows that are read back and compared whole."""

SETTLING_WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds that are waited for what was written to be read: a portal's queries are answered from copies that lag."""

_AGGREGATES_AT_ONCE = 20
_SHOWN = 5
_BISECTED = frozenset({400, 413, 422})
_DIGEST = 16


class RowsRefused(TargetFailed):
    """A portal does not take some rows of a table; `keys` are their identifiers, at most five of them."""

    def __init__(self, target: str, dataset: str, table: str, refused: Sequence[tuple[str, str]]) -> None:
        told = "; ".join(f"{key}{f' ({said})' if said else ''}" for key, said in refused)
        super().__init__(target, dataset, f"the portal does not take rows of {table}: {told}", retryable=False)
        self.keys = [key for key, _ in refused]


@dataclass(frozen=True)
class DatasetLoad:
    """What happens to one dataset, and what it holds in the end: rows, values that are not null, sums, some rows."""

    table: SocrataTable
    dataset: str
    types: Mapping[str, str]
    shape: str
    differences: Differences
    rows: int
    filled: Mapping[str, int]
    sums: Mapping[str, Decimal]
    sample: Mapping[str, Mapping[str, Any]]
    metadata: Mapping[str, Any]
    extra: tuple[str, ...]

    @property
    def rows_path(self) -> str:
        """Name of the step that writes the rows."""
        return f"{self.table.name} at {self.dataset}"

    @property
    def metadata_path(self) -> str:
        """Name of the step that writes what the dataset says of itself."""
        return f"metadata of {self.table.name} at {self.dataset}"


@dataclass(frozen=True)
class SocrataPlan(Plan):
    """A plan with what each dataset needs; `replaces`: all rows are sent in place of all."""

    loads: tuple[DatasetLoad, ...] = ()
    replaces: bool = False

    def describe(self) -> str:
        """Write the plan for people, a line for each dataset and for each that is described anew."""
        lines = [f"snapshot {self.manifest.snapshot}"]
        for load in self.loads:
            found = load.differences
            if not found.any:
                lines.append(f"keep   {load.rows_path}: {found.same:,} rows")
            elif self.replaces:
                lines.append(f"put    {load.rows_path}: {load.rows:,} rows in place of those there are")
            else:
                lines.append(
                    f"put    {load.rows_path}: {found.added:,} rows to add, {found.changed:,} to change,"
                    f" {found.removed:,} to remove; {found.same:,} stay"
                )
            if load.metadata:
                lines.append(f"put    {load.metadata_path}: {', '.join(load.metadata)}")
            if load.extra:
                lines.append(f"note   {load.rows_path}: other columns are left alone: {', '.join(load.extra)}")
        return "\n".join(lines)


class SocrataPublisher:
    """Writes tables to datasets that are there already, with the columns and the row identifier that they need.

    `memory` is the folder that remembers what was sent; without it, or where the portal's count of rows says otherwise,
    the portal is asked which rows it holds, and all are sent again. `adopt` lets rows go that others wrote.
    """

    kind: ClassVar[str] = "socrata"
    remote: ClassVar[bool] = True
    parallel: ClassVar[int] = 2

    def __init__(
        self,
        connection: str,
        datasets: Mapping[str, str],
        publication: Publication,
        *,
        name: str = "socrata",
        memory: Path | None = None,
        replaces: bool = False,
        metadata: bool = True,
        custom_fields: Mapping[str, Mapping[str, str]] | None = None,
        adopt: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._connection = connection
        self._datasets = dict(datasets)
        self._publication = publication
        self._memory = memory
        self._replaces = replaces
        self._metadata = metadata
        self._custom_fields = custom_fields or {}
        self._adopt = adopt
        self._sleep = sleep

    def plan(self, snapshot: Path, manifest: Manifest) -> Plan:
        """Compare each table with what its dataset holds.

        Raises `DatasetsUnfit` where columns or row identifiers are missing, `NoSuchTable` where a table is, and
        `TargetMisconfigured` where a dataset holds what others wrote.
        """
        summaries = {table: _summary(manifest, table) for table in self._datasets}
        tables = {table: SocrataTable.of(summary) for table, summary in summaries.items()}
        views = {table: self._api.view(dataset) for table, dataset in self._datasets.items()}
        unfit = {f"{table} ({self._datasets[table]})": list(problems(tables[table], views[table])) for table in tables}
        unfit = {table: found for table, found in unfit.items() if found}
        if unfit:
            raise DatasetsUnfit(self.name, unfit)
        loads = tuple(
            self._load(snapshot, manifest, summaries[table], tables[table], views[table]) for table in self._datasets
        )
        steps = []
        for load in loads:
            steps.append(Step("put" if load.differences.any else "keep", load.rows_path, 0))
            if load.metadata:
                steps.append(Step("put", load.metadata_path, 0))
        return SocrataPlan(snapshot, manifest, tuple(steps), loads=loads, replaces=self._replaces)

    def begin(self, plan: Plan) -> None:
        """Nothing comes first."""

    def execute(self, plan: Plan, step: Step) -> None:
        """Write the rows of a dataset that differ, or what it says of itself."""
        for load in _loads(plan):
            if step.path == load.metadata_path:
                self._api.describe(load.dataset, load.metadata)
            elif step.path == load.rows_path and step.action == "put":
                with kept_rows(self._file(load.table.name)) as kept:
                    if self._replaces:
                        self._replace(plan, load, kept)
                    else:
                        self._upsert(plan, load, kept)

    def finish(self, plan: Plan) -> None:
        """Readers have seen each batch as it was taken."""

    def verify(self, plan: Plan) -> Sequence[str]:
        """Read back the number of rows, of filled values and sums of every column, and some rows whole.

        What a portal reads from lags behind what was written, so it is asked again within a minute.
        """
        found: list[str] = []
        for load in _loads(plan):
            found += self._settled(lambda one=load: self._wrong(one))  # type: ignore[misc]
        return found

    def remove_older(self, redactions: int) -> Sequence[str]:
        """Say what is out of reach: rows that are gone or were changed are so at once."""
        del redactions
        return [
            "what the portal keeps of earlier rows (change logs, archives of datasets): ask its operator",
            "copies of the datasets that their readers, or portals that federate them, hold",
        ]

    @cached_property
    def _api(self) -> SocrataApi:
        return SocrataApi(portal_access(self.name, self._connection), sleep=self._sleep)

    def _file(self, table: str) -> Path:
        if self._memory is None:
            raise ValueError("a push needs the folder that remembers what was sent")
        return self._memory / f"{table}.sqlite"

    def _load(
        self, snapshot: Path, manifest: Manifest, summary: TableSummary, table: SocrataTable, view: Mapping[str, Any]
    ) -> DatasetLoad:
        dataset = self._datasets[table.name]
        has = shape_of(table, view)
        zone = self._publication.time_zone
        shape = hashlib.sha256(orjson.dumps([has.types, zone], option=orjson.OPT_SORT_KEYS)).hexdigest()
        tally = _Tally(has.types)
        with kept_rows(self._file(table.name)) as kept:
            first = self._bring_up(kept, table, dataset, shape)
            try:
                kept.want(tally.over(_rows(snapshot, manifest, table, has.types, zone)))
            except RepeatedKey as repeated:
                problem = f"table {table.name} has two rows with the identifier {repeated.key}"
                raise TargetFailed(self.name, dataset, problem, retryable=False) from None
            differences = kept.differences()
        if first and not self._adopt and differences.removed > differences.same + differences.changed:
            raise TargetMisconfigured(
                self.name,
                f"{dataset} holds {differences.removed:,} rows that are not of {table.name} and would be removed",
                "check the id of the dataset; adopt: true lets them go",
            )
        floating = any(one in FLOATING for one in has.types.values())
        wanted = dataset_metadata(summary, self._publication, floating=floating) if self._metadata else {}
        return DatasetLoad(
            table, dataset, has.types, shape, differences, tally.rows, tally.filled, tally.sums, tally.sample,
            metadata_changes(view, wanted, self._custom_fields), has.extra,
        )  # fmt: skip

    def _bring_up(self, kept: KeptRows, table: SocrataTable, dataset: str, shape: str) -> bool:
        """See that it is known which rows a dataset holds; give whether nothing was known of it before."""
        known = kept.is_known(dataset, shape)
        if known and not self._settled(lambda: self._miscounted(kept, dataset)):
            return False
        kept.take_over(dataset, shape, self._api.keys(dataset, table.identifier), pushed=known)
        return not known

    def _miscounted(self, kept: KeptRows, dataset: str) -> list[str]:
        least, most = kept.bounds()
        count, lagging = self._api.count(dataset)
        if least <= count <= most:
            return []
        # Only a portal that says that it lags is worth waiting for: otherwise somebody else has written.
        return [f"{dataset} has {count:,} rows"] if lagging else [_FINAL]

    def _upsert(self, plan: Plan, load: DatasetLoad, kept: KeptRows) -> None:
        kept.begin()
        refused: list[tuple[str, str]] = []
        rows = _rows(plan.snapshot, plan.manifest, load.table, load.types, self._publication.time_zone)
        for batch in _bounded(rows):
            due = kept.due([key for key, _, _ in batch])
            wanted = [row for row in batch if row[0] in due]
            if not wanted:
                continue
            kept.sending(key for key, _, _ in wanted)
            found = self._send(load, wanted, len(refused))
            refused += found
            if len(refused) >= _SHOWN:
                raise RowsRefused(self.name, load.dataset, load.table.name, refused)
            if not found:
                kept.sent((key, digest) for key, digest, _ in wanted)
        gone = kept.gone()
        for start in range(0, len(gone), MOST_ROWS):
            keys = gone[start : start + MOST_ROWS]
            kept.removing(keys)
            self._remove(load, keys)
            kept.removed(keys)
        if refused:  # only now, so that one row keeps no other from being right
            raise RowsRefused(self.name, load.dataset, load.table.name, refused)

    def _send(self, load: DatasetLoad, rows: Sequence["_Row"], found: int = 0) -> list[tuple[str, str]]:
        """Send rows; give those that the portal does not take, found by halving what was sent, and what it says."""
        said = ""
        try:
            errors = self._api.upsert(load.dataset, _body(body for _, _, body in rows))
        except PortalRefused as refused:
            if refused.status not in _BISECTED:
                raise
            errors, said = len(rows), refused.said
        if not errors:
            return []
        if len(rows) == 1:
            return [(rows[0][0], said)]
        half = len(rows) // 2
        first = self._send(load, rows[:half], found)
        if found + len(first) >= _SHOWN:
            return first
        return first + self._send(load, rows[half:], found + len(first))

    def _remove(self, load: DatasetLoad, keys: Sequence[str]) -> None:
        identifier = load.table.identifier
        errors = self._api.upsert(
            load.dataset, _body(orjson.dumps({identifier: key, ":deleted": True}) for key in keys)
        )
        if not errors:
            return
        # A row that was gone already is an error to the portal, and none to us.
        still = self._settled(lambda: self._present(load, keys))
        if still:
            raise TargetFailed(
                self.name, load.dataset, f"rows are still there after they were removed: {', '.join(still[:_SHOWN])}",
                retryable=True,
            )  # fmt: skip

    def _present(self, load: DatasetLoad, keys: Sequence[str]) -> list[str]:
        return list(self._api.rows(load.dataset, load.table.identifier, keys))

    def _replace(self, plan: Plan, load: DatasetLoad, kept: KeptRows) -> None:
        def body() -> Iterator[bytes]:
            rows = _rows(plan.snapshot, plan.manifest, load.table, load.types, self._publication.time_zone)
            return _stream(one for _, _, one in rows)

        kept.forget()
        errors = self._api.replace(load.dataset, body)
        if errors:
            reason = f"the portal does not take {errors:,} rows of {load.table.name}; method: upsert tells which"
            raise TargetFailed(self.name, load.dataset, reason, retryable=False)
        kept.replaced(load.dataset, load.shape)

    def _settled(self, look: Callable[[], list[str]]) -> list[str]:
        """Look until nothing is wrong, or the time for it is over; give what is still wrong then."""
        for wait in SETTLING_WAITS:
            found = look()
            if not found or found == [_FINAL]:
                return found
            self._sleep(wait)
        return look()

    def _wrong(self, load: DatasetLoad) -> list[str]:
        count, _ = self._api.count(load.dataset)
        if count != load.rows:
            return [f"{load.dataset} has {count:,} rows, and {load.table.name} has {load.rows:,}"]
        return [*self._wrong_columns(load), *self._wrong_rows(load)]

    def _wrong_columns(self, load: DatasetLoad) -> Iterator[str]:
        fields = list(load.types)
        for start in range(0, len(fields), _AGGREGATES_AT_ONCE):
            part = fields[start : start + _AGGREGATES_AT_ONCE]
            asked = {f"filled_{number}": f"count({field})" for number, field in enumerate(part)}
            asked |= {f"sum_{number}": f"sum({field})" for number, field in enumerate(part) if field in load.sums}
            found = self._api.aggregates(load.dataset, asked)
            for number, field in enumerate(part):
                filled = int(found.get(f"filled_{number}") or 0)
                if filled != load.filled[field]:
                    yield f"{load.dataset}: {field} has {filled:,} values, and should have {load.filled[field]:,}"
                total = Decimal(str(found.get(f"sum_{number}") or 0))
                if field in load.sums and total != load.sums[field]:
                    yield f"{load.dataset}: {field} adds up to {total}, and should to {load.sums[field]}"

    def _wrong_rows(self, load: DatasetLoad) -> Iterator[str]:
        keys = list(load.sample)
        found = self._api.rows(load.dataset, load.table.identifier, keys) if keys else {}
        for key, wanted in load.sample.items():
            row = found.get(key)
            if row is None:
                yield f"{load.dataset}: the row {key} is missing"
                continue
            for field, value in wanted.items():
                declared = load.types[field]
                if comparable(row.get(field), declared) != comparable(value, declared):
                    yield f"{load.dataset}: {field} of the row {key} is another"
                    break


_Row = tuple[str, bytes, bytes]
"""Identifier of a row, hash of what is sent, and what is sent."""

_FINAL = "somebody else has written to it"


class _Tally:
    """Counts rows as they pass, and what they add up to; keeps some of them."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self.rows = 0
        self.filled = dict.fromkeys(types, 0)
        self.sums = {field: Decimal(0) for field, declared in types.items() if declared in NUMBERS}
        self._smallest: list[tuple[int, str, bytes]] = []

    def over(self, rows: Iterator[_Row]) -> Iterator[tuple[str, bytes]]:
        """Count rows, and give their identifiers and hashes."""
        for key, digest, body in rows:
            self.rows += 1
            for field, value in orjson.loads(body).items():
                if value is not None:
                    self.filled[field] += 1
                    if field in self.sums:
                        self.sums[field] += Decimal(value)
            one = (-int.from_bytes(digest), key, body)
            if len(self._smallest) < SAMPLE:
                heapq.heappush(self._smallest, one)
            else:
                heapq.heappushpop(self._smallest, one)
            yield key, digest

    @property
    def sample(self) -> dict[str, dict[str, Any]]:
        """Give the rows with the smallest hashes: spread over the table, and the same ones each time."""
        return {key: orjson.loads(body) for _, key, body in sorted(self._smallest, reverse=True)}


def _loads(plan: Plan) -> tuple[DatasetLoad, ...]:
    if not isinstance(plan, SocrataPlan):
        raise TypeError("this plan was made for another kind of target")
    return plan.loads


def _summary(manifest: Manifest, table: str) -> TableSummary:
    for one in manifest.tables:
        if one.name == table:
            return one
    names = tuple(one.name for one in manifest.tables)
    raise NoSuchTable(manifest.snapshot, table, parquet=True, tables=names)


def _rows(
    snapshot: Path, manifest: Manifest, table: SocrataTable, types: Mapping[str, str], zone: str
) -> Iterator[_Row]:
    """Give the rows of a table as they are sent."""
    encode = table.encoder(types, zone)
    for batch in table_batches(snapshot, manifest, table.name):
        for row in batch.to_pylist():
            written = encode(row)
            body = orjson.dumps(written)
            yield written[table.identifier], hashlib.blake2b(body, digest_size=_DIGEST).digest(), body


def _bounded(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Give rows in batches that are not too many and not too large."""
    batch: list[_Row] = []
    size = 0
    for row in rows:
        if batch and (len(batch) >= MOST_ROWS or size + len(row[2]) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row[2]) + 1
    if batch:
        yield batch


def _body(rows: Iterator[bytes]) -> bytes:
    return b"[" + b",".join(rows) + b"]"


def _stream(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Give a JSON array a stretch at a time."""
    before = b"["
    for row in rows:
        yield before + row
        before = b","
    yield b"[]" if before == b"[" else b"]"
