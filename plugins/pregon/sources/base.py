"""What a city says of its sources, in the form that connectors take; and the errors that a source can raise.

Kept light: nothing heavy is imported here.
"""

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Literal, get_args

import orjson

from pregon.errors import PregonError

COLUMN_TYPES = ("text", "integer", "decimal", "date", "timestamp", "timestamptz", "boolean")
WITHOUT_INFLUENCE = frozenset(
    {"file", "newest", "companion", "page_rows", "chunks", "split_rows", "regenerated", "skip_unchanged"}
)
"""Settings of a table that change neither which rows it has nor how they are read."""
STAMPS = frozenset({":id", ":created_at", ":updated_at"})
"""Fields that a portal puts on rows by itself: https://dev.socrata.com/docs/system-fields"""
CURSOR_TYPES = ("integer", "date", "timestamp", "timestamptz")


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A declared column: its name in the source, and its type (one of `COLUMN_TYPES`)."""

    source_name: str
    type: str = "text"


Deletions = Literal["ignore", "mark", "cancel"]
"""What becomes of rows that are missing from a full read."""

Guard = Literal["shrink", "expected", "round_numbers", "emptied", "duplicates", "drift"]
"""What looks at each read of a table, and stops the run where it does not believe it."""
GUARDS: tuple[Guard, ...] = get_args(Guard)


@dataclass(frozen=True, slots=True)
class GuardSpec:
    """When a read of a table is not to be believed.

    Shares are 0 to 1. `shrink`: rows of the last full read that may be missing now. `expected`: by how much the
    source's own count may differ. `round_numbers`: refuse a number of rows that looks cut off and that no count
    confirms. `emptied`: refuse a column that had values and has none now. `duplicates`: rows that may repeat a key.
    """

    shrink: float = 0.1
    expected: float = 0.0
    round_numbers: bool = True
    emptied: bool = True
    duplicates: float = 0.05


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of a source, and the contract with it.

    `columns` maps our names to the source's; `key` are our names. `overlap` is re-read before the watermark of
    `cursor`. `deletions`: what becomes of rows that vanished from a full read: they stay (`ignore`), are marked as
    deleted (`mark`), or stay known and are marked, for their process to be cancelled (`cancel`). `options` are the
    settings that the kind alone understands, and `row_number`, `row_hash`, `absent`, `null_values` of all
    kinds.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, ColumnSpec]
    cursor: str | None = None
    overlap: timedelta = timedelta(0)
    deletions: Deletions = "ignore"
    lookup: bool = False
    guards: GuardSpec = field(default_factory=GuardSpec)
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def option(self, name: str) -> Any:
        """Give one setting of the kind, None where it is not set."""
        return self.options.get(name)

    @property
    def row_number(self) -> str | None:
        """Name of the column that numbers the records, if one is asked for."""
        value = self.option("row_number")
        return str(value) if value else None

    @property
    def row_hash(self) -> str | None:
        """Name of the column that identifies a row by its content, if one is asked for."""
        value = self.option("row_hash")
        return str(value) if value else None

    @property
    def types(self) -> dict[str, str]:
        """Name → type of every column of the raw parts, in declared order, row number and hash last unless declared."""
        types = {name: column.type for name, column in self.columns.items()}
        for made in (self.row_number, self.row_hash):
            if made:
                types.setdefault(made, "text")
        return types

    @property
    def content(self) -> dict[str, str]:
        """Name → type of the columns whose change makes another row of it: a portal's stamps are not among them."""
        stamps = {name for name, column in self.columns.items() if column.source_name in STAMPS}
        return {name: type_ for name, type_ in self.types.items() if name not in stamps} or self.types

    @property
    def absent(self) -> frozenset[str]:
        """Columns that this variant of the source does not have: as declared, and the hash, which the stage fills."""
        return frozenset((*(self.option("absent") or ()), *((self.row_hash,) if self.row_hash else ())))

    @property
    def read_columns(self) -> dict[str, str]:
        """Our name → source name of the columns that the source must have."""
        return {
            name: column.source_name
            for name, column in self.columns.items()
            if name not in self.absent and name != self.row_number
        }

    def fingerprint(self, kind: str) -> str:
        """Identify what decides how rows are read; where the file lies and how much is re-read does not."""
        value = {
            "kind": kind,
            "key": self.key,
            "columns": [[name, column.source_name, column.type] for name, column in self.columns.items()],
            # An empty quote and header 0 mean something; an empty list is the same as none.
            "options": {
                name: _plain(option)
                for name, option in self.options.items()
                if name not in WITHOUT_INFLUENCE and option is not None and option not in ((), [], frozenset())
            },
        }
        return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A system from which tables are read.

    `connection` names an Airflow connection; `url` holds no secret. `options` are the settings of its kind.
    """

    name: str
    kind: str
    tables: tuple[TableSpec, ...]
    url: str | None = None
    connection: str | None = None
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def cursor_text(value: date | int | None) -> str | None:
    """Write a cursor's value: ISO 8601, or a whole number."""
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that is most like `name`, differences of case and punctuation aside; None if none is."""
    plain = {_letters(candidate): candidate for candidate in known}
    found = difflib.get_close_matches(_letters(name), list(plain), n=1, cutoff=0.5)
    return plain[found[0]] if found else None


def same_letters(first: str, second: str) -> bool:
    """Tell whether two names differ in case, spaces and punctuation only."""
    return _letters(first) == _letters(second)


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum()) or name


def _plain(option: Any) -> Any:
    return (
        sorted(option) if isinstance(option, set | frozenset) else list(option) if isinstance(option, tuple) else option
    )


class SourceError(PregonError):
    """A source, or a table of it, can't be used as it is."""

    def __init__(
        self, problem: str, *, source: str, table: str | None = None, file: str | None = None, hint: str | None = None
    ) -> None:
        place = source if table is None else f"{source}.{table}"
        super().__init__(f"{place}: {file}: {problem}" if file else f"{place}: {problem}", hint=hint)
        self.problem = problem
        self.source = source
        self.table = table
        self.file = file


class SourceConfigurationError(SourceError):
    """The configuration of a source contradicts itself, or asks for what its kind can't do."""


class SourceUnavailableError(SourceError):
    """A source does not answer, or a file is not there."""

    retryable = True


class SourceMovedError(SourceUnavailableError):
    """A source changed while it was read: what was read of the table is of no one state, and has to be read afresh."""


class SourceUnreadableError(SourceError):
    """A source is there, but it isn't what the configuration says it is, or it is damaged."""


class SourceEncodingError(SourceUnreadableError):
    """Bytes that the configured encoding does not know; `offset` counts from 0, `line` from 1."""

    def __init__(self, encoding: str, byte: int, offset: int, line: int, *, source: str, table: str, file: str) -> None:
        super().__init__(
            f"byte 0x{byte:02x} at offset {offset}, line {line}, is not {encoding}",
            source=source,
            table=table,
            file=file,
            hint="correct `encoding:` of the table, or remove it to have it detected and reported",
        )
        self.encoding = encoding
        self.offset = offset
        self.line = line


class SourceLimitError(SourceUnreadableError):
    """A source exceeds what is safe to read: a member's name, an expansion, a size."""


class EmptySourceError(SourceError):
    """A source gives nothing, where nothing would look like the loss of everything."""


class MissingColumnError(SourceError):
    """A declared column is not in the source; `found` are the names that are."""

    def __init__(
        self, column: str, source_name: str, found: Iterable[str], *, source: str, table: str, file: str | None = None
    ) -> None:
        names = list(found)
        near = nearest(source_name, names)
        super().__init__(
            f"has no column {source_name!r}" + (f" (declared as {column})" if column != source_name else ""),
            source=source,
            table=table,
            file=file,
            hint=(f"did you mean {near!r}? " if near else "")
            + f"it has: {', '.join(map(repr, names)) or 'none'}; correct `columns:` of the table",
        )
        self.column = column
        self.source_name = source_name
        self.nearest = near
        self.found = tuple(names)


class EmptyKeyError(SourceError):
    """A key column holds no value in any row."""

    def __init__(self, column: str, rows: int, *, source: str, table: str) -> None:
        super().__init__(
            f"the key column {column!r} is empty in all {rows:,} rows",
            source=source,
            table=table,
            hint="the source has changed, or `key:` and `columns:` of the table name the wrong column",
        )
        self.column = column
        self.rows = rows


class NothingUsableError(SourceError):
    """Every row that was read had to be rejected; `rejected` counts them by reason."""

    def __init__(self, rejected: Mapping[str, int], example: str, *, source: str, table: str) -> None:
        counts = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(rejected.items()))
        super().__init__(
            f"all rows were rejected ({counts}); the first because of {example}",
            source=source,
            table=table,
            hint="correct the types, the delimiter or the key of the table",
        )
        self.rejected = dict(rejected)
