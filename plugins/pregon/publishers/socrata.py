"""Datasets of a Socrata portal: the rows of one table in each.

What differs from what the portal holds is sent, in batches, by upsert, so that `:updated_at` of the other rows stays
what it is; or everything in place of everything. The row identifiers that are not in the table any more are removed:
a dataset belongs to the publisher alone.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import orjson

from pregon.publication.tables.reading import NoSuchTable
from pregon.publishers.base import Plan, Step, TargetFailed, TargetMisconfigured
from pregon.publishers.portal_access import portal_access
from pregon.publishers.portal_http import PortalRefused
from pregon.publishers.socrata_api import SocrataApi
from pregon.publishers.socrata_load import (
    MOST_ROWS,
    DatasetLoad,
    SentRow,
    SocrataPlan,
    Tally,
    batches,
    body_of,
    sent_rows,
    stream_of,
)
from pregon.publishers.socrata_metadata import metadata_changes
from pregon.publishers.socrata_rows import KeptRows, RepeatedKey, kept_rows
from pregon.publishers.socrata_schema import DatasetsUnfit, problems, shape_of
from pregon.publishers.socrata_verifying import wrong
from transforms.catalog.socrata import FLOATING, SocrataTable, dataset_metadata
from transforms.publication import Publication
from transforms.snapshot import Manifest, TableSummary

SETTLING_WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds that are waited for what was written to be read: a portal's queries are answered from copies that lag."""

_SHOWN = 5
_MOST_REFUSED = 20
_BISECTED = frozenset({400, 413, 422})


class RowsRefused(TargetFailed):
    """A portal does not take some rows of a table; `keys` are the identifiers of those that were found."""

    def __init__(self, target: str, dataset: str, table: str, refused: Sequence[tuple[str, str]]) -> None:
        told = "; ".join(f"{key}{f' ({said})' if said else ''}" for key, said in refused[:_SHOWN])
        super().__init__(target, dataset, f"the portal does not take rows of {table}: {told}", retryable=False)
        self.keys = [key for key, _ in refused]


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

        What a portal reads from lags behind what was written, so it is asked again within a minute. Where it holds
        something else although it does not lag, all rows are sent again next time.
        """
        found: list[str] = []
        for load in _loads(plan):
            problems = self._settled(lambda one=load: wrong(self._api, one))  # type: ignore[misc]
            found += problems
            if problems and not self._api.count(load.dataset)[1]:
                with kept_rows(self._file(load.table.name)) as kept:
                    kept.doubt()
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
        tally = Tally(has.types)
        with kept_rows(self._file(table.name)) as kept:
            first = self._bring_up(kept, table, dataset, shape)
            try:
                kept.want(tally.over(sent_rows(snapshot, manifest, table, has.types, zone)))
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
        rows = sent_rows(plan.snapshot, plan.manifest, load.table, load.types, self._publication.time_zone)
        for batch in batches(rows):
            due = kept.due([key for key, _, _ in batch])
            wanted = [row for row in batch if row[0] in due]
            if not wanted:
                continue
            kept.sending(key for key, _, _ in wanted)
            found = self._send(load, wanted)
            refused += found
            if len(found) >= _SHOWN or len(refused) >= _MOST_REFUSED:  # not a row here and there: no more is tried
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

    def _send(self, load: DatasetLoad, rows: Sequence[SentRow], found: int = 0) -> list[tuple[str, str]]:
        """Send rows; give those that the portal does not take, found by halving what was sent, and what it says."""
        said = ""
        try:
            errors = self._api.upsert(load.dataset, body_of(body for _, _, body in rows))
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
            load.dataset, body_of(orjson.dumps({identifier: key, ":deleted": True}) for key in keys)
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
            rows = sent_rows(plan.snapshot, plan.manifest, load.table, load.types, self._publication.time_zone)
            return stream_of(one for _, _, one in rows)

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


_FINAL = "somebody else has written to it"


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
