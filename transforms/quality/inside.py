"""What only the internal report shows of a finding: examples, and the rows of the source systems behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from transforms.quality.model import Said


@dataclass(frozen=True)
class Example:
    """A place that fails a check, with the source row behind it.

    `pointer` is its JSON Pointer in the compiled release, `message` says what is wrong. `columns` (`table.column`) are
    those that the mapping fills it from; `constant` is what the mapping writes there instead of a column.
    """

    ocid: str
    pointer: str
    value: str
    message: Said
    table: str
    key: str
    columns: tuple[str, ...] = ()
    constant: str | None = None


@dataclass(frozen=True)
class SourceCount:
    """A source table (as `system.table`; "" where it is not known) and how many failures come from its rows."""

    name: str
    table: str
    failures: int


@dataclass(frozen=True)
class Inside:
    """Examples, source tables, and what checks of the whole name, each by the id of the check."""

    most: int
    examples: Mapping[str, Sequence[Example]] = field(default_factory=dict)
    sources: Mapping[str, Sequence[SourceCount]] = field(default_factory=dict)
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
