"""From which cells of the source a value comes that was taken back: found out by trying.

`prepare.sql` may do anything, so nobody can read from it which column a value was made of. A few processes are
therefore prepared and mapped again, each time with one column of the rows behind the value emptied. A cell is masked
where the value changes without it, and nothing else that is published does.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pregon.duck import parquet, session
from pregon.errors import PregonError
from pregon.images import table_view_sql
from pregon.lake import Lake
from pregon.ledger import MaskedCell
from pregon.manifest import Manifest
from pregon.stages.context import CityContext
from pregon.stages.map import map_bucket
from pregon.stages.prepare import prepare_tables
from transforms.mapping.model import ContentId, identifying_columns, placeholders
from transforms.mapping.model import Mapping as CityMapping
from transforms.mapping.redaction import Path as FieldPath
from transforms.mapping.redaction import held_at, redacted
from transforms.quoting import literal, quote
from transforms.releases.identity import canonical, canonical_state

SAMPLE = 40
"""Processes on which a column is tried, of those that hold the value and of others that use the same rows."""


@dataclass
class Lineage:
    """`cells` are masked; `shared` (table, column) also make something else, and stay as they are."""

    cells: set[MaskedCell] = field(default_factory=set)
    shared: set[tuple[str, str]] = field(default_factory=set)
    #: tables whose rows stand behind the value, but in which no column was found that it comes from
    untraced: set[str] = field(default_factory=set)
    #: tables whose rows any process may come to use, while something is taken back in some processes only
    serving: set[str] = field(default_factory=set)


def trace(
    context: CityContext,
    lake: Lake,
    manifest: Manifest,
    served: Path,
    rows: Mapping[str, Sequence[str]],
    paths: Mapping[str, Sequence[FieldPath]],
    scratch: Path,
) -> Lineage:
    """Find the cells behind what was taken back.

    `served` lists which source rows serve which processes; `rows` gives, by ocid, the rows (`table:key`) behind the
    value, and `paths` what is taken back there, and under "" in every process. Nothing is changed.
    """
    sampled = {ocid: rows[ocid] for ocid in sorted(rows)[:SAMPLE]}
    behind, tried = _by_table(rows), _by_table(sampled)
    trial = _Trial(context, lake, manifest, served, sampled, paths, scratch)
    lineage = Lineage()
    protected = structural_columns(context)
    lookups = {name for _, name, declared in context.city.tables() if declared.lookup}
    for table, keys in sorted(behind.items()):
        if table in lookups and not paths[""]:
            lineage.serving.add(table)
            continue
        some = sorted(tried.get(table, ()))
        columns = [column for column in trial.filled(table, some) if column not in protected.get(table, ())]
        found = False
        for column in _making(trial, table, some, columns):
            found = True
            if trial.without(table, some, [column])[1]:
                lineage.shared.add((table, column))
            else:
                lineage.cells |= {MaskedCell(table, key, column) for key in keys}
        if not found:
            lineage.untraced.add(table)
    return lineage


def _by_table(rows: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for names in rows.values():
        for name in names:
            table, _, key = name.partition(":")
            found.setdefault(table, set()).add(key)
    return found


def _making(trial: "_Trial", table: str, keys: Collection[str], columns: Sequence[str]) -> Iterator[str]:
    """Give the columns without which the value changes; they are tried together first, because most make no part."""
    if not columns or not trial.without(table, keys, columns)[0]:
        return
    if len(columns) == 1:
        yield columns[0]
        return
    middle = len(columns) // 2
    yield from _making(trial, table, keys, columns[:middle])
    yield from _making(trial, table, keys, columns[middle:])


def structural_columns(context: CityContext) -> dict[str, set[str]]:
    """Give by table the columns that are never masked: keys, cursors, and what rows are joined and named by."""
    joined = _joining(context.transform.mapping)
    return {
        name: {*table.key, *((table.cursor,) if table.cursor else ()), *(joined & set(table.columns))}
        for _, name, table in context.city.tables()
    }


def _joining(mapping: CityMapping) -> set[str]:
    names = {mapping.process.key, *placeholders(mapping.process.ocid), mapping.process.modified or ""}
    for table, child in mapping.tables.items():
        names.update(child.on, child.on.values(), identifying_columns(child.id), [child.modified or ""])
        if isinstance(child.id, ContentId) and child.id.content == "all":
            # Without one of its cells the entry would be another one.
            names.update(binding.column or "" for binding in mapping.bindings.values() if binding.table == table)
    for party in mapping.parties.values():
        names.update([party.key, party.person or ""], placeholders(party.id))
        names.update(reference.source.partition(".")[2] for reference in party.references)
    return names


class _Trial:
    """A few processes with all their source rows, prepared and mapped as often as is asked."""

    def __init__(
        self,
        context: CityContext,
        lake: Lake,
        manifest: Manifest,
        served: Path,
        rows: Mapping[str, Sequence[str]],
        paths: Mapping[str, Sequence[FieldPath]],
        scratch: Path,
    ) -> None:
        self._context = context
        self._scratch = scratch
        self._paths = paths
        self._references = context.merge_rules.references
        self._columns: dict[str, list[str]] = {}
        self._number = 0
        self._tried: dict[tuple[str, ...], tuple[bool, bool]] = {}
        behind = [name for names in rows.values() for name in names]
        own = [row for ocid in rows for row in _process_rows(context, ocid)]
        with session(scratch, about="the source rows behind a redaction") as connection:
            listed = parquet([served])
            of_rows = f"SELECT DISTINCT _process FROM {listed} WHERE _row IN (SELECT unnest(?))"
            # Rows such as those of organizations serve others too, which a masked cell must not change.
            others = f"{of_rows} ORDER BY hash(_process) LIMIT {SAMPLE}"
            processes = [*_first(connection, of_rows, [own]), *_first(connection, others, [behind])]
            for _, name, _ in context.city.tables():
                wanted = (
                    f"SELECT substr(_row, {len(name) + 2}) FROM {listed} WHERE _process IN (SELECT unnest(?))"
                    f" AND _row BETWEEN {literal(name + ':')} AND {literal(name + ';')}"
                )
                target = scratch / f"{name}.parquet"
                connection.execute(
                    f"COPY (SELECT * FROM ({table_view_sql(lake, manifest, name)}) WHERE _row IN ({wanted}))"
                    f" TO {literal(str(target))} (FORMAT parquet)",
                    [processes],
                )
                described = connection.execute(f"DESCRIBE SELECT * FROM {parquet([target])}").fetchall()
                self._columns[name] = [row[0] for row in described if not row[0].startswith("_")]
        self._states = self._made({name: self._select(name) for name in self._columns})
        self._kept = {ocid: self._redacted(ocid, state) for ocid, state in self._states.items()}

    def filled(self, table: str, keys: Iterable[str]) -> list[str]:
        """Give the columns that hold anything in one of these rows."""
        if table not in self._columns:
            return []
        columns = self._columns[table]
        if not columns:
            return []
        with session(self._scratch, about=table) as connection:
            counts = ", ".join(f"count({quote(column)})" for column in columns)
            found = connection.execute(
                f"SELECT {counts} FROM {parquet([self._scratch / (table + '.parquet')])}"
                " WHERE _row IN (SELECT unnest(?))",
                [sorted(keys)],
            ).fetchone()
        return [column for column, count in zip(columns, found or (), strict=True) if count]

    def without(self, table: str, keys: Iterable[str], columns: Sequence[str]) -> tuple[bool, bool]:
        """Tell whether without these cells what was taken back changes, and whether anything else does."""
        known = self._tried.get((table, *columns))
        if known is not None:
            return known
        listed = ", ".join(literal(key) for key in sorted(keys))
        emptied = ", ".join(
            f"CASE WHEN _row IN ({listed}) THEN NULL ELSE {quote(column)} END AS {quote(column)}" for column in columns
        )
        emptied = f"SELECT * REPLACE ({emptied}) FROM ({self._select(table)})"
        outcome = self._outcome({name: emptied if name == table else self._select(name) for name in self._columns})
        self._tried[(table, *columns)] = outcome
        return outcome

    def _outcome(self, images: Mapping[str, str]) -> tuple[bool, bool]:
        try:
            states = self._made(images)
        except PregonError:
            return True, True  # the city's preparation can't do without these cells
        changes = any(
            self._held(ocid, state) != self._held(ocid, states.get(ocid)) for ocid, state in self._states.items()
        )
        kept = {ocid: self._redacted(ocid, state) for ocid, state in states.items()}
        return changes, kept != self._kept

    def _select(self, table: str) -> str:
        return f"SELECT * FROM {parquet([self._scratch / (table + '.parquet')])}"

    def _made(self, images: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        context = self._context
        self._number += 1
        folder = self._scratch / f"trial-{self._number:04d}"
        work = folder / "work"
        work.mkdir(parents=True)
        found = prepare_tables(
            context.city, context.transform, context.plan, images=images, cancelled={}, earlier=None, changed={},
            scratch=work, folder=folder,
        )  # fmt: skip
        states = {}
        for bucket in found.buckets:
            for state in map_bucket(
                context.city, context.plan, context.disclosure, folder=folder, bucket=bucket, scratch=work,
                published=context.published,
            ):  # fmt: skip
                ocid = state.local_id if context.plan.documents else f"{context.city.ocid_prefix}-{state.local_id}"
                states[ocid] = canonical_state(state.document)[0]
        shutil.rmtree(folder)
        return states

    def _held(self, ocid: str, state: dict[str, Any] | None) -> list[bytes]:
        paths = self._paths.get(ocid, self._paths.get("", ()))
        return [canonical(held.value) for path in paths for held in held_at(state or {}, path)]

    def _redacted(self, ocid: str, state: dict[str, Any]) -> bytes:
        paths = self._paths.get(ocid, self._paths.get("", ()))
        return canonical(redacted(state, paths, self._references) if paths else state)


def _process_rows(context: CityContext, ocid: str) -> list[str]:
    """Give the rows that are about a process as a whole."""
    return [row for entry, row in context.ledger.provenance([ocid]).get(ocid, ()) if entry == ""]


def _first(connection: Any, query: str, parameters: list[Any]) -> list[str]:
    return [str(row[0]) for row in connection.execute(query, parameters).fetchall()]
