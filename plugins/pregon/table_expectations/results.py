"""What was found of the expectations of a city's tables: the account of a run, and what the gate reads of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, Self

from expectations.weighing import ExpectationResult
from pregon.table_expectations.kinds import SEVERITIES, Severity
from pregon.table_expectations.suites import Origin

Verdict = Literal["passed", "failed", "not_applicable", "error"]
"""`not_applicable`: there was nothing to judge. `error`: it could not be judged, and its suite has to be mended."""

Judged = Literal["whole", "changed", "carried"]
"""How a verdict was found: on all rows, on the rows that changed since the last one, or not anew: nothing changed."""


@dataclass(frozen=True)
class Example:
    """A row that fails, by its key, and what it says; no value where it may be personal or is not public yet."""

    row: str
    value: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What was found of one expectation.

    `evaluated` rows had something to judge, `unexpected` of them fail it; `mostly` is the share of the evaluated that
    has to meet it. `observed` is what an expectation of the whole table saw. `words`: the expectation in `en` and `es`.
    """

    id: str
    type: str
    columns: tuple[str, ...]
    arguments: Mapping[str, Any]
    severity: Severity
    words: Mapping[str, str]
    verdict: Verdict
    judged: Judged
    evaluated: int
    unexpected: int
    mostly: float = 1.0
    observed: float | int | str | None = None
    examples: tuple[Example, ...] = ()
    error: str | None = None

    @property
    def share(self) -> float | None:
        """Share of the evaluated rows that fail, 0 to 1; None where no rows are evaluated."""
        return self.unexpected / self.evaluated if self.evaluated else None

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values, and the share."""
        return {**asdict(self), "share": self.share}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        fields = {name: part for name, part in value.items() if name != "share"}
        fields["columns"] = tuple(fields["columns"])
        fields["examples"] = tuple(Example(**one) for one in fields["examples"])
        return cls(**fields)


@dataclass(frozen=True)
class TableOutcomes:
    """What was found of a table with so many live rows."""

    table: str
    origin: Origin
    rows: int
    outcomes: tuple[Outcome, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        outcomes = [one.to_json() for one in self.outcomes]
        return {"table": self.table, "origin": self.origin, "rows": self.rows, "expectations": outcomes}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        outcomes = tuple(Outcome.from_json(one) for one in value["expectations"])
        return cls(value["table"], value["origin"], value["rows"], outcomes)


class Failure(NamedTuple):
    """An expectation that is not met: what the gate decides on. `share` is of the evaluated rows, None for a whole."""

    severity: Severity
    table: str
    origin: Origin
    expectation: Mapping[str, str]
    unexpected: int
    evaluated: int
    share: float | None
    error: str | None


@dataclass(frozen=True)
class ExpectationResults:
    """What a run found of all expectations; `manifest` numbers the extract that the source tables are of."""

    city: str
    run: str
    as_of: str
    manifest: int
    tables: tuple[TableOutcomes, ...] = ()

    def failures(self, severity: Severity | None = None) -> list[Failure]:
        """List what is not met, gravest first, then as the suites have it; only of one severity, where it is given."""
        found = [
            Failure(
                one.severity, table.table, table.origin, one.words, one.unexpected, one.evaluated, one.share, one.error
            )
            for table in self.tables
            for one in table.outcomes
            if one.verdict in {"failed", "error"} and severity in {None, one.severity}
        ]
        return sorted(found, key=lambda failure: SEVERITIES.index(failure.severity))

    @property
    def counts(self) -> dict[str, int]:
        """Expectations by verdict."""
        found = Counter(one.verdict for one in self._outcomes())
        return {verdict: found[verdict] for verdict in ("passed", "failed", "not_applicable", "error")}

    def _outcomes(self) -> Iterator[Outcome]:
        for table in self.tables:
            yield from table.outcomes

    def to_json(self) -> dict[str, Any]:
        """Give all as JSON: what `expectations.json` of a run holds (docs/reference/expectations.md)."""
        return {
            "city": self.city,
            "run": self.run,
            "as_of": self.as_of,
            "manifest": self.manifest,
            "counts": self.counts,
            "failures": [failure._asdict() for failure in self.failures()],
            "tables": [table.to_json() for table in self.tables],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        tables = tuple(TableOutcomes.from_json(table) for table in value["tables"])
        return cls(value["city"], value["run"], value["as_of"], value["manifest"], tables)


def say_failure(failure: Failure, language: str = "en") -> str:
    """Say in a line what is not met, and by how many rows."""
    said = f"{failure.table}: {failure.expectation[language]}"
    if failure.error:
        return f"{said} ({'no puede evaluarse' if language == 'es' else 'can not be judged'}: {failure.error})"
    if failure.share is None or not failure.unexpected:
        return f"{said} ({'no se cumple' if language == 'es' else 'is not so'})"
    if language == "es":
        return f"{said} ({failure.unexpected} de {failure.evaluated} filas no lo cumplen)"
    return f"{said} ({failure.unexpected:,} of {failure.evaluated:,} rows are not so)"


def gate_results(results: ExpectationResults) -> list[ExpectationResult]:
    """Give what is not met as the gate weighs it; of a whole table, and of what can't be judged, the share is 1."""
    return [
        {
            "severity": one.severity,
            "table": table.table,
            "expectation": one.id,
            "share": one.share or 1.0,
            "text": {language: f"{table.table}: {one.words[language]}" for language in ("en", "es")},
        }
        for table in results.tables
        for one in table.outcomes
        if one.verdict in {"failed", "error"}
    ]
