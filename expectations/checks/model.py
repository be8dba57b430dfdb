"""The shape of every check: what it is called, how grave it is, what it says in both languages, and what it gives.

One module per check. A module of `checks/process` has one `CHECK`, or `CHECKS` where one rule is asked of several
roles or paths:

    CHECK = ProcessCheck(
        id="reference.contract_in_awards", version="1", severity="critical", paths=("contracts/awardID",),
        source="Pelican, reference.contract_in_awards", title=Texts(…), message=Texts(…), cost=Texts(…), run=_run,
    )

    outcome = CHECK.run(CompiledRelease(document))   # None: not applicable

There are three outcomes: not applicable (None), passed, and failed. A check never raises, whatever JSON it is given.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from expectations.checks.compiled import CompiledRelease
    from expectations.checks.earlier import Earlier
    from transforms.ocds import Field

Severity = Literal["critical", "warning", "info"]
"""Critical: readers can't use the data or conclude wrongly. Warning: it is probably wrong. Info: worth a look."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

WEIGHTS: Mapping[Severity, int] = {"critical": 5, "warning": 2, "info": 0}
"""What a check of each severity weighs in the score."""

Level = Literal["release", "process", "field", "dataset", "time"]

Steps = tuple[str | int, ...]
"""The way to a place in a document: keys and indexes."""

VALUE_LENGTH = 200
"""Characters of a value that a failure keeps."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A text in both languages."""

    en: str
    es: str

    def __getitem__(self, language: str) -> str:
        return self.es if language == "es" else self.en


class Failure(NamedTuple):
    """One place that fails a check.

    `value` is what stands there, `other` what it was held against; a check's message names them as {value} and {other}.
    """

    steps: Steps
    value: str = ""
    other: str = ""

    @property
    def path(self) -> str:
        """The path in the standard's terms, without indexes: `contracts/awardID`."""
        return "/".join(step for step in self.steps if isinstance(step, str))

    @property
    def pointer(self) -> str:
        """The place as JSON Pointer (RFC 6901)."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.steps)


def failure(steps: Steps, value: object = "", other: object = "") -> Failure:
    """Make a failure of any values; they are cut to `VALUE_LENGTH` characters."""
    return Failure(steps, _short(value), _short(other))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1] + "…"


class Outcome(NamedTuple):
    """What a check found in one process: how often it applied, and where it failed. Passed if there are no failures."""

    applied: int
    failures: Sequence[Failure] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """What every check tells of itself.

    `version` rises when the check's verdict on some document changes, so that a jump in a report can be explained.
    `message` may name {value} and {other} of a failure. `cost` says to a procurement officer why the finding matters.
    `paths` are OCDS paths without indexes; `source` says where the rule comes from.
    """

    id: str
    version: str
    severity: Severity
    title: Texts
    message: Texts
    cost: Texts
    source: str
    paths: tuple[str, ...] = ()
    level: Level = "process"


@dataclass(frozen=True, kw_only=True)
class ProcessCheck(Check):
    """A check of one compiled release. `run` gives None where it does not apply."""

    run: Callable[["CompiledRelease"], Outcome | None]


class FieldTest(NamedTuple):
    """Tells what is wrong with values of a field.

    `passes` is given a value and the last day that its release can know of (YYYY-MM-DD), and gives True where nothing
    is wrong. `all_pass` judges many values at once, for speed: True says that all of them pass, False says nothing; it
    may raise TypeError on values that are not of the field's type. A test without it must not depend on the day, for
    texts that pass are remembered.
    """

    passes: Callable[[Any, str], bool]
    all_pass: Callable[[list[Any], str], bool] | None = None


def _as_it_stands(value: Any) -> tuple[object, object]:
    return value, ""


@dataclass(frozen=True, kw_only=True)
class FieldCheck(Check):
    """A check of single values.

    `test_of` gives the test for the values of a field, or None where the check is not asked of it; only fields that
    hold a value are offered (`Field.is_leaf`). A test is given values that are there and not empty (None, "", [] and {}
    are the business of coverage), of whatever type. `show` gives {value} and {other} of a failure, for values that must
    not be shown as they stand.
    """

    test_of: Callable[["Field"], FieldTest | None]
    show: Callable[[Any], tuple[object, object]] = _as_it_stands
    level: Level = "field"


@dataclass(frozen=True, kw_only=True)
class ReleaseCheck(Check):
    """A check of one individual release, with those of its process that came before.

    `run` is given the release and an `Earlier`; None where it does not apply.
    """

    run: Callable[[Mapping[str, Any], "Earlier"], Outcome | None]
    level: Level = "release"


Query = Callable[..., list[tuple[Any, ...]]]
"""Runs a SELECT of DuckDB with parameters, and gives its rows."""


@dataclass(frozen=True)
class Links:
    """What came of asking for documents at their addresses.

    `asked` is when (RFC 3339). Of `documents` with an address `looked_at` were asked for, and `failed` gave none;
    `examples` are the first of these.
    """

    asked: str
    documents: int
    looked_at: int
    failed: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What checks of the whole are told beside the rows.

    `as_of` is the run's clock (RFC 3339), "" where there is none. `first_seen` are the clocks of this run and of
    earlier ones: a release with such a date was dated when it was first seen, as its source does not say when it
    changed.
    `update_days` and `delay_days` are what the city promises: that something changes at least so often, and that what
    changed is published within so many days. `same_checks` says whether the last publication was judged by the same
    checks, so that the counts of their failures can be compared. `links` is what came of asking for documents; None
    where nobody has.
    """

    as_of: str = ""
    first_seen: frozenset[str] = frozenset()
    update_days: int = 31
    delay_days: int = 7
    same_checks: bool = True
    links: Links | None = None


class DatasetOutcome(NamedTuple):
    """What a check found in a whole publication.

    `applied` counts what was looked at; `figures` are what a reader wants to see (counts, shares 0 to 1). `reason` says
    why it is not applicable (`applied` is 0 then), `remark` what a reader has to know of the verdict. `examples` are
    ocids, codes or names. `by_design` marks a failure that the data can't avoid, such as that of a city with a single
    buyer, or of a set so small that arithmetic decides: the remark says so, and it counts against no score.
    """

    applied: int
    passed: bool
    figures: Mapping[str, int | float | str | None] = {}
    examples: Sequence[str] = ()
    reason: Texts | None = None
    remark: Texts | None = None
    by_design: bool = False


@dataclass(frozen=True, kw_only=True)
class DatasetCheck(Check):
    """A check of a whole publication: SQL over the table `facts` (`expectations.facts`), and a verdict on its rows."""

    run: Callable[[Query, Setting], DatasetOutcome]
    level: Level = "dataset"


@dataclass(frozen=True, kw_only=True)
class TimeCheck(Check):
    """A check of a publication against the last: SQL over the tables `facts` and `previous`, which have one shape."""

    run: Callable[[Query, Setting], DatasetOutcome]
    level: Level = "time"
