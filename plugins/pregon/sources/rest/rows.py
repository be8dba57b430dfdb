"""From the objects of a page to a batch: the declared columns, typed as declared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pregon.sources.base import MissingColumnError, TableSpec, same_letters
from pregon.sources.batches import UNREADABLE_ROW, Batch, Reject, raw_text
from pregon.sources.casting import typed_batch
from pregon.sources.rest.documents import MISSING, as_text, found_at, kind_of


class Rows:
    """Makes batches of a table's records, and notes which columns occurred and which nobody declared."""

    def __init__(self, table: TableSpec, source: str) -> None:
        self._table = table
        self._source = source
        self._wanted = table.read_columns
        self._tops = {path.partition(".")[0] for path in self._wanted.values()} | set(self._wanted.values())
        self.seen: Counter[str] = Counter()
        self.added: dict[str, None] = {}

    def batch(self, records: Sequence[Any], first: int, after: Mapping[str, Any] | None) -> Batch:
        """Give the batch of some records, the first of which has the number `first`."""
        rows = [record for record in records if isinstance(record, Mapping)]
        self.added |= dict.fromkeys(name for row in rows for name in row if name not in self._tops)
        columns = {name: self._values(path, rows) for name, path in self._wanted.items()}
        batch = typed_batch(
            self._table, columns, first, lambda index: raw_text(self._printable(rows[index])), after=after
        )
        if len(rows) == len(records):
            return batch
        import pyarrow as pa

        strays = [
            Reject(UNREADABLE_ROW, first + index, raw_text(as_text(record)), f"is {kind_of(record)}, not an object")
            for index, record in enumerate(records)
            if not isinstance(record, Mapping)
        ]
        # What is no object has no values: not one of them can be its key.
        arrow: Any = pa
        nothing = arrow.array([None] * len(strays), arrow.int64())
        unfit = batch.data.slice(0, 0) if batch.unfit is None else batch.unfit
        unfit = arrow.concat_batches([unfit, unfit.take(nothing)])
        return replace(batch, rejects=(*batch.rejects, *strays), unfit=unfit)

    def check(self) -> None:
        """Refuse a declared column that occurs under another spelling only.

        A name that never occurs is fine: many APIs leave out what is empty.

        Raises:
            MissingColumnError: another spelling of a declared name occurs.
        """
        for ours, theirs in self._wanted.items():
            if not self.seen[theirs] and any(same_letters(theirs, name) for name in self.added):
                raise MissingColumnError(ours, theirs, list(self.added), source=self._source, table=self._table.name)

    def notes(self) -> dict[str, Any]:
        """Give what there is to tell of the columns, as JSON values."""
        notes: dict[str, Any] = {}
        if self.added:
            notes["added_columns"] = list(self.added)
        if missing := [ours for ours, theirs in self._wanted.items() if not self.seen[theirs]]:
            notes["never_present"] = missing
        return notes

    def _values(self, path: str, rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
        found = [row[path] if path in row else found_at(row, path) for row in rows]
        self.seen[path] += sum(value is not MISSING for value in found)
        return [as_text(value) for value in found]

    def _printable(self, row: Mapping[str, Any]) -> dict[str, str | None]:
        """Give the declared columns of a row, nothing else of the source is ever kept."""
        texts = {name: as_text(found_at(row, path)) for name, path in self._wanted.items()}
        return {name: text and text.encode("utf-8", "backslashreplace").decode() for name, text in texts.items()}


def observed(records: Sequence[Any], before: Mapping[str, str]) -> dict[str, str]:
    """Give the columns that records have → their type in JSON's words.

    Where records differ in type, or all are null, that of `before` stands. Nothing is known where records differ in
    their members: such an API leaves out what is empty.
    """
    rows = [record for record in records if isinstance(record, Mapping)]
    if not rows or any(row.keys() != rows[0].keys() for row in rows):
        return {}
    types: dict[str, str] = {}
    for name in rows[0]:
        kinds = {kind_of(row[name]) for row in rows} - {"null"}
        if len(kinds) == 1:
            types[name] = kinds.pop()
        elif name in before:
            types[name] = before[name]
    return types
