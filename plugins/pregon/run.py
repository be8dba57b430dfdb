"""A run and what its stages hand on: small references that pass through XCom as JSON; the data lie in the lake."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from expectations.gate import GATE_GUARDS, GateGuard
from pregon.city import City, read_city
from pregon.city_problems import nearest
from pregon.errors import PregonError
from pregon.home import Home
from pregon.lake import Lake
from pregon.sources.base import GUARDS, Guard

ACCEPTABLE: tuple[Guard | GateGuard, ...] = (*GUARDS, *GATE_GUARDS)
"""Guards that a person may accept for a run: those of the sources, and those of the gate. Checks are named by id."""

_FIRST_YEAR, _LAST_YEAR = 1981, 2099
"""A ZIP archive knows no year before 1980, gzip none after 2106; a year of local time lies beside that of UTC."""


class InvalidClock(PregonError):
    """A run's clock is a moment that the files of a publication can't carry."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(
            f"a run can't be as of {moment.isoformat()}",
            hint=f"gzip and zip carry moments of the years {_FIRST_YEAR} to {_LAST_YEAR}",
        )


class UnknownGuard(PregonError):
    """A guard is to be accepted that there is not."""

    def __init__(self, name: str, near: str = "") -> None:
        super().__init__(
            f"there is no guard or check {name!r}{near}",
            hint=f"guards are: {', '.join(ACCEPTABLE)}; checks are named by their ids, as the gate does",
        )
        self.name = name


class Reference:
    """A result that goes through XCom."""

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read what `to_json` gave; lists become tuples again."""
        return cls(**{name: tuple(part) if isinstance(part, list) else part for name, part in value.items()})


@dataclass(frozen=True)
class Run(Reference):
    """One run of a city under one clock. `home` and `from_dir` are absolute paths, `as_of` is RFC 3339 in UTC.

    `accept` names guards of sources and of the gate, and checks, that a person has looked at and lets pass in this run;
    `by` is that person.
    """

    slug: str
    home: str
    as_of: str
    from_dir: str | None = None
    full: bool = False
    accept: tuple[str, ...] = ()
    by: str | None = None

    @classmethod
    def start(
        cls,
        slug: str,
        *,
        home: Path,
        as_of: datetime,
        from_dir: Path | None = None,
        full: bool = False,
        accept: Iterable[str] = (),
        by: str | None = None,
    ) -> Self:
        """Begin a run; `as_of` needs a zone and is cut to whole seconds, because release dates have no fractions.

        Raises InvalidClock, UnknownGuard.
        """
        accept = tuple(accept)
        _refuse_unknown(accept)
        if as_of.tzinfo is None:
            raise ValueError("as_of needs a time zone")
        if not _FIRST_YEAR <= as_of.year <= _LAST_YEAR:
            raise InvalidClock(as_of)
        moment = as_of.astimezone(UTC).replace(microsecond=0)
        return cls(
            slug=slug,
            home=str(home.absolute()),
            as_of=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            from_dir=str(from_dir.absolute()) if from_dir else None,
            full=full,
            accept=accept,
            by=by,
        )

    @cached_property
    def clock(self) -> datetime:
        """`as_of` as a moment."""
        return datetime.strptime(self.as_of, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)

    @property
    def accepted(self) -> tuple[Guard, ...]:
        """The guards of sources in `accept`."""
        return tuple(guard for guard in GUARDS if guard in self.accept)

    @property
    def run_id(self) -> str:
        """Name of the run: its clock."""
        return f"{self.clock:%Y%m%dT%H%M%SZ}"

    @cached_property
    def city(self) -> City:
        """The city's configuration."""
        return read_city(self.slug)

    @property
    def place(self) -> Home:
        """The folder HOME."""
        return Home(Path(self.home))

    @property
    def lake(self) -> Lake:
        """Storage of the stages."""
        return self.place.lake

    @property
    def work(self) -> str:
        """Key of the folder with the run's work files, which can go after the commit."""
        return f"{self.slug}/runs/{self.run_id}"


def _refuse_unknown(accept: Iterable[str]) -> None:
    if unguarded := [name for name in accept if name not in ACCEPTABLE]:
        # Only now: the modules of all checks take their time.
        from expectations.checks.registry import checks_by_id

        known = checks_by_id()
        for name in unguarded:
            if name not in known:
                raise UnknownGuard(name, nearest(name, (*ACCEPTABLE, *known)))


@dataclass(frozen=True)
class Read(Reference):
    """What one task has read of the sources: rows, bytes of them in the lake, and the range of their cursor."""

    label: str
    rows: int
    size: int
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True)
class Extracted(Reference):
    """The manifest that was written. `rows` were read, `rejected` of them can't be used as rows at all."""

    manifest: int
    rows: int
    rejected: int


@dataclass(frozen=True)
class Prepared(Reference):
    """Prepared tables in buckets; none where nothing changed. `key` is their description in the lake."""

    key: str
    manifest: int
    buckets: tuple[int, ...]
    processes: int
    everything: bool


@dataclass(frozen=True)
class Mapped(Reference):
    """States of one bucket."""

    key: str
    bucket: int
    processes: int
    findings: int


@dataclass(frozen=True)
class Released(Reference):
    """New releases of one bucket; a process without a change has none."""

    key: str
    bucket: int
    processes: int
    releases: int
    quarantined: int


@dataclass(frozen=True)
class Checked(Reference):
    """The releases of one bucket that may be published, and those that may not."""

    key: str
    bucket: int
    processes: int
    passed: int
    quarantined: int


@dataclass(frozen=True)
class Expected(Reference):
    """How many expectations of tables were met, by verdict; `critical` of those not met are critical ones."""

    passed: int = 0
    failed: int = 0
    not_applicable: int = 0
    error: int = 0
    critical: int = 0


@dataclass(frozen=True)
class Verdict(Reference):
    """The gate's verdict: publish, flag, ask or stop.

    `asked` names what a person has to accept before the run may go on, as `Run.accept` does; `accepted` what one has,
    and `accepted_by` who.
    """

    outcome: str
    reasons: tuple[str, ...]
    processes: int
    passed: int
    quarantined: int
    asked: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    accepted_by: str | None = None

    def approved(self, by: str) -> Self:
        """Give the verdict after a person accepted all that was asked: publish, flagged."""
        if self.outcome != "ask":
            return self
        return dataclasses.replace(
            self, outcome="flag", asked=(), accepted=(*self.accepted, *self.asked), accepted_by=by
        )


@dataclass(frozen=True)
class Committed(Reference):
    """What the ledger took. `releases` 0: nothing new. `sequence` numbers its newest release."""

    releases: int
    processes: int
    sequence: int


@dataclass(frozen=True)
class Built(Reference):
    """A snapshot; `changed` is false where the current one already says the same."""

    snapshot: str
    changed: bool
    files: int
    size: int


@dataclass(frozen=True)
class Promoted(Reference):
    """The snapshot that readers see from now on."""

    snapshot: str
    path: str


@dataclass(frozen=True)
class Pushed(Reference):
    """What a target received."""

    target: str
    files: int


@dataclass(frozen=True)
class Announced(Reference):
    """Who was told what readers see, with how many messages; nobody, where all knew: then `snapshot` is None."""

    snapshot: str | None
    recipients: tuple[str, ...]
    messages: int
