"""A small Riverbend that has published what it should not have: the home address of somebody."""

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from city_copies import copy_city
from command_line import Outcome, pregon
from leak_search import files_with

from pregon.home import Home
from pregon.ledger import Ledger
from pregon.stages.ledger_location import ledger_location
from pregon.synth import advance, generate

FIRST_RUN = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
REDACTED = dt.datetime(2026, 6, 3, 15, tzinfo=dt.UTC)
HOME_ADDRESS = "17 Señorita Quill's Lane, rear door"
REASON = "home address of a private person"


@dataclass
class Town:
    """Riverbend, where things lie, and the vendor whose address went out."""

    home: Path
    vendor: str

    @property
    def party(self) -> str:
        return f"US-RB-VENDOR-{self.vendor}"

    @property
    def address(self) -> str:
        """What has to be redacted."""
        return f"parties/{self.party}/address/streetAddress"

    @property
    def current(self) -> Path:
        return self.home / "public" / "riverbend" / "current"

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(ledger_location(Home(self.home), "riverbend"), "riverbend")

    def run(self, days: float, *options: object) -> Outcome:
        as_of = FIRST_RUN + dt.timedelta(days=days)
        done = pregon("run", "riverbend", "--home", self.home, "--as-of", as_of.isoformat(), *options)
        assert done.code == 0, done.err
        return done

    def redact(self, *targets: object, reason: str = REASON, when: dt.datetime = REDACTED) -> Outcome:
        return pregon(
            "redact", "riverbend", *targets, "--reason", reason, "--by", "A. Clerk", "--home", self.home,
            "--as-of", when.isoformat(), *([] if "--dry-run" in targets else ["--yes"]),
        )  # fmt: skip

    def change_source(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.home / "sources" / "riverbend.sqlite")) as connection, connection:
            assert connection.execute(statement, values).rowcount > 0

    def leaks(self, text: str = HOME_ADDRESS) -> list[str]:
        """Files that hold a text; the city's own system is not ours to mend."""
        return files_with(self.home, text, beside=("sources",))


def history(home: Path) -> Town:
    """Two days of publications, in both of which the address stands."""
    (home / "sources").mkdir(parents=True)
    database = home / "sources" / "riverbend.sqlite"
    generate(f"sqlite:///{database}", processes=25, seed=5, as_of=FIRST_RUN)
    with closing(sqlite3.connect(database)) as connection:
        # Suppliers are published by name and address, firms at least.
        (vendor,) = connection.execute("SELECT vendor_id FROM award_suppliers ORDER BY award_no LIMIT 1").fetchone()
    town = Town(home, vendor)
    town.change_source("UPDATE vendors SET street = ?, is_individual = 'N' WHERE vendor_id = ?", HOME_ADDRESS, vendor)
    town.run(0)
    advance(f"sqlite:///{database}", days=2, share=0.2)
    town.run(2)
    return town


@pytest.fixture(scope="session")
def published_town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The town after two runs; read only."""
    return history(tmp_path_factory.mktemp("published"))


@pytest.fixture
def town(published_town: Town, tmp_path: Path) -> Town:
    """A copy of it that a test may change."""
    home = shutil.copytree(published_town.home, tmp_path / "home", symlinks=True)
    return Town(home, published_town.vendor)


CityWithTarget = Callable[[Path], None]


@pytest.fixture
def with_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let Riverbend push to a folder; give it."""
    folder = tmp_path / "portal"
    copy_city(
        "riverbend", tmp_path / "cities",
        city=("# Decided by the Procurement Office with the City Attorney",
              f"targets:\n  portal: {{kind: filesystem, path: {folder}}}\n\n# Decided by the Procurement Office"
              " with the City Attorney"),
    )  # fmt: skip
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / "cities"))
    return folder
