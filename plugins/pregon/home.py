"""Where a run's files lie: the folder HOME of `--home` or `PREGON_HOME` (DESIGN 7)."""

import os
from dataclasses import dataclass
from pathlib import Path

from pregon.lake import Lake


def default_home() -> Path:
    """`PREGON_HOME`, else `./.pregon`."""
    return Path(os.environ.get("PREGON_HOME") or ".pregon").absolute()


def ledger_connection() -> str | None:
    """Airflow connection of the ledgers' database (`PREGON_LEDGER`); None: each city has a file in HOME."""
    return os.environ.get("PREGON_LEDGER") or None


@dataclass(frozen=True)
class Home:
    """The folder HOME: `public` may be served, `internal` never is without login."""

    root: Path

    @property
    def lake(self) -> Lake:
        """Raw records, images and work files of all cities."""
        return Lake(self.root / "lake")

    @property
    def sources(self) -> Path:
        """Databases of demonstration cities."""
        return self.root / "sources"

    def public(self, slug: str) -> Path:
        """Snapshots of a city and the pointer to the current one."""
        return self.root / "public" / slug

    def internal(self, slug: str) -> Path:
        """Ledger, reports and keys of a city."""
        return self.root / "internal" / slug

    def ledger(self, slug: str) -> Path:
        """Database of the ledger, where no connection is named for it."""
        return self.internal(slug) / "ledger.sqlite"
