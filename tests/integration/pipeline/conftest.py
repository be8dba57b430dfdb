"""One run of each city for all tests of the pipeline: they read what is published, and change nothing."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from city_copies import copy_city
from command_line import pregon
from made_once import made_once

from pregon.city import read_city
from pregon.home import Home
from pregon.ledger import Ledger
from pregon.synth import advance, generate

FOLDERS = {"chicago": "chicago", "toronto": "toronto", "scottsdale": "scottsdale", "bogota": "colombia_secop"}
"""City → folder of its real records below the reference material's `data/`."""

CITIES = ("riverbend", *FOLDERS)

EVENTS = "riverbend-events"
"""Riverbend, but first published from the events in its records."""

FIRST_RUN = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
PROCESSES = 300


@dataclass
class Published:
    """A city after its runs: where things lie."""

    slug: str
    home: Path
    runs: list[str] = field(default_factory=list)
    from_dir: Path | None = None

    @property
    def current(self) -> Path:
        """The folder that readers see."""
        return self.home / "public" / self.slug / "current"

    @property
    def database(self) -> Path:
        """Riverbend's e-procurement system."""
        return self.home / "sources" / f"{self.slug}.sqlite"

    @property
    def extensions(self) -> tuple[str, ...]:
        """Registry ids of the extensions that the city declares."""
        return read_city(self.slug).extensions

    def ledger(self) -> Ledger:
        """The book of record."""
        return Ledger.open(Home(self.home).ledger(self.slug), self.slug)

    def run(self, as_of: dt.datetime, *options: object) -> str:
        """Run the nine stages; give the id of the run."""
        source = ("--from", self.from_dir) if self.from_dir else ()
        done = pregon("run", self.slug, "--home", self.home, "--as-of", as_of.isoformat(), *source, *options)
        assert done.code == 0, done.err
        self.runs.append(f"{as_of:%Y%m%dT%H%M%SZ}")
        return self.runs[-1]


PublishedCity = Callable[[str], Published]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> PublishedCity:
    """Give a city with its publication; each is run once in a session, whichever worker needs it first.

    Riverbend runs three times over two stretches of time, so that what is published has a history.
    """

    def publish(slug: str) -> Published:
        from_dir = request.getfixturevalue("reference") / "data" / FOLDERS[slug] if slug in FOLDERS else None

        def make(home: Path) -> None:
            city = Published(slug.removesuffix("-events"), home, from_dir=from_dir)
            if slug in FOLDERS:
                city.run(dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC))
            elif slug == EVENTS:
                with pytest.MonkeyPatch.context() as patch:
                    with_events(city.slug, tmp_path_factory.mktemp("cities"), patch)
                    _live(city)
            else:
                _live(city)

        home = made_once(tmp_path_factory, f"published-{slug}", make)
        city = Published(slug.removesuffix("-events"), home, from_dir=from_dir)
        city.runs = sorted(path.name for path in (home / "internal" / city.slug / "runs").iterdir())
        return city

    return publish


def with_events(slug: str, folder: Path, patch: pytest.MonkeyPatch, history: str = "events") -> None:
    """Let the city be a copy of itself whose first publication is of events, or of what exists."""
    copy = copy_city(slug, folder)
    settings = (copy / "city.yaml").read_text(encoding="utf-8")
    kept = [line for line in settings.splitlines() if not line.startswith("history:")]
    (copy / "city.yaml").write_text("\n".join([*kept, f"history: {history}", ""]), encoding="utf-8")
    patch.setenv("PREGON_CITIES", str(folder))


def keep_key(city: Published) -> None:
    """Give the city a secret that other homes share: pseudonyms are part of what a release says."""
    key = city.home / "internal" / city.slug / "pseudonym.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(bytes(range(32)))


def _live(city: Published) -> None:
    """Run the synthetic city three times, with days between."""
    keep_key(city)
    city.database.parent.mkdir()
    url = f"sqlite:///{city.database}"
    generate(url, processes=PROCESSES, seed=5, as_of=FIRST_RUN)
    city.run(FIRST_RUN)
    for days in (2, 3):
        advance(url, days=days)
        city.run(FIRST_RUN + dt.timedelta(days=5 if days == 3 else days))


@pytest.fixture
def riverbend(published: PublishedCity) -> Published:
    """The synthetic city with its history: read only."""
    return published("riverbend")
