"""How a dataset stood at one moment, as far as the portal tells without giving rows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from pregon.sources.socrata.soda import Counted, Metadata


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows that the table's condition holds for, their newest stamp, when the dataset last took rows, its columns.

    `columns` is a hash of their names and types, `updated` seconds since 1970.
    """

    rows: int
    newest: str | None
    updated: int | None
    columns: str

    @classmethod
    def of(cls, metadata: Metadata, counted: Counted) -> Self:
        """Put together what was asked."""
        columns = json.dumps(list(metadata.columns.items()), ensure_ascii=False)
        digest = hashlib.sha256(columns.encode()).hexdigest()[:16]
        return cls(counted.rows, counted.newest, metadata.rows_updated_at, digest)

    def text(self) -> str:
        """Write it as a signature."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """Read what `text` wrote; None for None."""
        return cls(**json.loads(text)) if text else None

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**value)
