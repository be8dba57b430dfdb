"""Asks the quality checks (`expectations`) of every process in the files that are checked.

    with Quality() as quality:
        report = check_file(path, quality=quality)
        found = quality.result()
        found.summary.score, found.summary.results, found.examples

A process is looked at once: its compiled release is the first that comes, in a record or on its own. Where none comes,
its releases are merged when all files were read. What is kept of a process is a row of facts, in a Parquet file of a
temporary folder, so memory does not grow with the files but for 100 bytes a process.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from expectations.assessment import Assessor
from expectations.checks import datasets
from expectations.checks.earlier import Earlier
from expectations.checks.model import SEVERITIES, Check, Failure, Level
from expectations.facts import Fact, facts_schema, facts_table
from expectations.summary import CheckResult, QualitySummary, summarize
from pregon.checking.dates import moment_of
from pregon.checking.places import Place
from pregon.checking.processes import KeptRelease, Processes
from pregon.checking.report import EXAMPLES
from transforms.ocds import release_schema
from transforms.releases.errors import UnmergeableState
from transforms.releases.merging import merge_release
from transforms.releases.rules import MergeRules

if TYPE_CHECKING:
    import pyarrow.parquet as pq

Release = dict[str, Any]
Releases = list[tuple[Mapping[str, Any], Earlier]]

_BATCH = 1_000
"""Rows of facts that are held before they are written."""

EVERY = 500
"""Processes between two signs of life."""


class FailedPlace(NamedTuple):
    """A place that fails a check.

    `where` is exact, or says with `…` between what that is known of: a pointer into one of the releases that stand
    there, or into what they come to.
    """

    file: str
    ocid: str
    where: str
    failure: Failure


class _Places(NamedTuple):
    """Where the compiled release of a process stands, and where its releases: there, or somewhere below."""

    compiled: Place
    releases: Place
    compiled_exact: bool = True
    releases_exact: bool = True

    def where(self, failure: Failure, *, of_release: bool) -> str:
        place = self.releases if of_release else self.compiled
        if self.releases_exact if of_release else self.compiled_exact:
            return place.where(failure.steps)
        return f"{place.where()} … {failure.pointer}"


@dataclass(frozen=True)
class QualityReport:
    """What the checks say of all files together.

    `left_out` counts releases and processes that could not be looked at, by the reason: `no_ocid`, `unmergeable`,
    `too_deep`. `examples` has the first places that fail each check.
    """

    summary: QualitySummary
    checks: Mapping[str, Check]
    examples: Mapping[str, list[FailedPlace]]
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> list[CheckResult]:
        """The results of checks that failed anywhere, the gravest first."""
        return [one for severity in SEVERITIES for one in self.summary.of(severity) if one.passed is False]

    @property
    def grave(self) -> bool:
        """Whether a check of severity critical or warning failed."""
        return any(one.severity != "info" for one in self.failed)

    def to_json(self, language: str = "en") -> dict[str, Any]:
        """Give the fields as JSON values; texts are in the language."""
        return {
            "processes": self.summary.processes,
            "score": self.summary.score,
            "left_out": dict(self.left_out),
            "checks": [self._check(one, language) for one in self.summary.results.values()],
        }

    def _check(self, result: CheckResult, language: str) -> dict[str, Any]:
        check = self.checks[result.id]
        found = {**result.to_json(), "title": check.title[language]}
        for name, text in (("reason", result.reason), ("remark", result.remark)):
            if text is not None:
                found[name] = text[language]
        if places := self.examples.get(result.id):
            found["places"] = [
                {
                    "file": one.file,
                    "ocid": one.ocid,
                    "where": one.where,
                    "path": one.failure.path,
                    "message": self.message(result.id, one, language),
                }
                for one in places
            ]
        return found

    def message(self, check: str, place: FailedPlace, language: str = "en") -> str:
        """Say what is wrong at a place."""
        return self.checks[check].message[language].format(value=place.failure.value, other=place.failure.other)


class Quality:
    """Takes what stands in the files, and judges it at the end. `examples` places are kept of each check."""

    def __init__(self, *, examples: int = EXAMPLES) -> None:
        self.file = ""
        self._most = examples
        self._examples: dict[str, list[FailedPlace]] = {}
        self._left_out: Counter[str] = Counter()
        self._rows: list[Fact] = []
        self._seen: set[int] = set()
        self._by_extensions: dict[tuple[str, ...], tuple[Assessor, MergeRules]] = {}
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        self._folder = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="pregon-check-")))
        self._processes = self._resources.enter_context(Processes())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._resources.close()

    # What stands in the files -----------------------------------------------------------------------------------------

    def record(self, record: Mapping[str, Any], place: Place, extensions: tuple[str, ...]) -> None:
        """Take a record: its compiled release, and its releases, which are all that there are of the process."""
        ocid = record.get("ocid")
        if not isinstance(ocid, str) or not ocid:
            self._left_out["no_ocid"] += 1
            return
        given = record.get("releases")
        embedded = [
            one for one in (given if isinstance(given, list) else ())
            if isinstance(one, dict) and one.get("ocid", "") == ocid
        ]  # fmt: skip
        embedded.sort(key=lambda one: moment_of(one.get("date")) or "")
        compiled = record.get("compiledRelease")
        if not isinstance(compiled, dict) and not embedded:
            return
        if not self._first(ocid):
            return
        known = len(embedded) == 1 and given == embedded
        of_releases = place.below("releases", 0) if known else place.below("releases")
        if isinstance(compiled, dict):
            places = _Places(place.below("compiledRelease"), of_releases, releases_exact=known)
        else:
            compiled = None
            places = _Places(place, of_releases, compiled_exact=False, releases_exact=known)
        self._assess(ocid, compiled, embedded, extensions, places, whole=True)

    def release(self, release: Release, place: Place, extensions: tuple[str, ...], *, compiled: bool) -> None:
        """Take a release that stands in no record: a compiled one is looked at, others wait until all are known."""
        ocid = release.get("ocid")
        if not isinstance(ocid, str) or not ocid:
            self._left_out["no_ocid"] += 1
        elif compiled:
            if self._first(ocid):
                self._assess(ocid, release, [], extensions, _Places(place, place), whole=True)
        elif hash(ocid) not in self._seen:
            kept = KeptRelease(self.file, place, extensions, release)
            if not self._processes.keep(ocid, moment_of(release.get("date")) or "", kept):
                self._left_out["too_deep"] += 1

    def _first(self, ocid: str) -> bool:
        """Tell whether a process was not looked at before; hashes are kept, as of all that stands once in a file."""
        key = hash(ocid)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    # The end ----------------------------------------------------------------------------------------------------------

    def result(self, progress: Callable[[str, int], None] | None = None) -> QualityReport:
        """Look at the processes whose releases were kept, and judge the whole. To be called once, after all files."""
        for number, (ocid, kept) in enumerate(self._processes.by_process(), start=1):
            if self._first(ocid):
                self._merged(ocid, kept)
            if progress and not number % EVERY:
                progress("processes", number)
        self._write()
        self._facts.close()
        checks = self._rules(())[0].checks
        from pregon.duck import parquet, session

        with session(self._folder, about="the checks of the whole") as connection:
            connection.execute(f"CREATE VIEW facts AS FROM {parquet([self._facts_path])}")

            def query(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
                return connection.execute(sql, parameters).fetchall()

            summary = summarize(query, checks, over_time=False)
        by_id = {check.id: check for check in (*checks, *datasets.CHECKS)}
        return QualityReport(summary, by_id, self._examples, self._left_out)

    def _merged(self, ocid: str, kept: list[KeptRelease]) -> None:
        last = kept[-1]
        self.file = last.file
        releases = [one.release for one in kept]
        alone = len(kept) == 1
        # What one release says is what it compiles to; its places are those in the file.
        compiled = {**last.release, "id": f"{ocid}-{last.release.get('date')}", "tag": ["compiled"]} if alone else None
        places = _Places(last.place, last.place, compiled_exact=alone, releases_exact=alone)
        self._assess(ocid, compiled, releases, last.extensions, places, whole=False)

    # One process ------------------------------------------------------------------------------------------------------

    def _assess(
        self,
        ocid: str,
        compiled: Any,
        releases: list[Release],
        extensions: tuple[str, ...],
        places: "_Places",
        *,
        whole: bool,
    ) -> None:
        """Look at one process; without `compiled` its `releases`, the oldest first, are merged.

        `whole`: the releases are all of the process, so what came before each is known.
        """
        assessor, rules = self._rules(extensions)
        try:
            asked, merged = _with_earlier(
                ocid, releases, rules, whole=whole, merge=compiled is None or len(releases) > 1
            )
            found, fact = assessor.assess(merged if compiled is None else compiled, asked)
        except UnmergeableState:
            self._left_out["unmergeable"] += 1
            return
        except RecursionError:
            self._left_out["too_deep"] += 1
            return
        for check, failure, _ in found:
            examples = self._examples.setdefault(check, [])
            if len(examples) < self._most:
                of_release = self._levels[check] == "release"
                examples.append(FailedPlace(self.file, ocid, places.where(failure, of_release=of_release), failure))
        self._rows.append(fact)
        if len(self._rows) >= _BATCH:
            self._write()

    @cached_property
    def _levels(self) -> dict[str, Level]:
        return {check.id: check.level for check in self._rules(())[0].checks}

    def _rules(self, extensions: tuple[str, ...]) -> tuple[Assessor, MergeRules]:
        if extensions not in self._by_extensions:
            merging = MergeRules.from_schema(release_schema(extensions))
            self._by_extensions[extensions] = (Assessor(extensions), merging)
        return self._by_extensions[extensions]

    # Facts ------------------------------------------------------------------------------------------------------------

    @property
    def _facts_path(self) -> Path:
        return self._folder / "facts.parquet"

    @cached_property
    def _facts(self) -> "pq.ParquetWriter":
        import pyarrow.parquet as pq

        return pq.ParquetWriter(self._facts_path, facts_schema())

    def _write(self) -> None:
        self._facts.write_table(facts_table(self._rows))
        self._rows.clear()


def _with_earlier(
    ocid: str, releases: Iterable[Release], rules: MergeRules, *, whole: bool, merge: bool
) -> tuple[Releases, Release]:
    """Give each release with what came before it, and what they all come to (nothing unless `merge`)."""
    found: Releases = []
    tags: set[str] = set()
    ids: set[str] = set()
    date = ""
    merged: Release = {}
    for release in releases:
        before = merged if whole else None
        found.append((release, Earlier(frozenset(tags), frozenset(ids), date, before, known=whole, rules=rules)))
        given = release.get("tag")
        tags.update(tag for tag in (given if isinstance(given, list) else ()) if isinstance(tag, str))
        if isinstance(release.get("id"), str | int):
            ids.add(str(release["id"]))
        day = release.get("date")
        date = day if isinstance(day, str) else date
        if merge:
            merged = merge_release(merged, {**release, "ocid": ocid, "date": date}, rules)
    return found, merged
