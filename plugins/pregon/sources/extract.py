"""The extract stage: plan, read every portion, finish. The manifest comes last.

Killing it at any moment and running it again with the same clock gives the same bytes: pages that are safe in the lake
are not read again, and until the manifest exists everything else is made anew; when it exists, it is the answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pregon.errors import PregonError
from pregon.lake import Lake
from pregon.manifest import Manifest, ManifestError, Mark, check_as_of, latest, numbers, read, remove, run_id
from pregon.sources.base import Guard, SourceSpec
from pregon.sources.finishing import finish
from pregon.sources.masking import MaskedRows
from pregon.sources.planning import SourcePlan, configuration, hash_of, make_plan, read_plan, work_key
from pregon.sources.reading import PortionRead, Progress, Reader

__all__ = ["Extraction", "NotPlanned", "Progress", "extract"]


class NotPlanned(PregonError):
    """A portion is to be read, or an extract to be finished, that nobody has planned."""

    def __init__(self, city: str, source: str, as_of: datetime) -> None:
        super().__init__(
            f"{city}: there is no plan of the source {source} as of {as_of.isoformat()}",
            hint="repeat the run from its first task",
        )
        self.city = city
        self.source = source


@dataclass(frozen=True, slots=True)
class Extraction:
    """One extract of a city: `plan` each source, `read` each portion, `finish`; each may be another process's work.

    Attributes:
        lake: where pages, parts, images and manifests lie.
        city: slug of the city, the first part of every key.
        sources: the sources with their tables; names of tables are unique in the city.
        as_of: the run's clock (with zone, whole seconds).
        home: folder that `{home}` in addresses and paths stands for.
        from_dir: folder of local files (`--from`).
        full: read every table whole, whatever the watermarks say.
        used: where the ledger stands: numbers go on after it even if the lake has lost its manifests.
        accept: guards that a person has looked at and lets pass this once.
        progress: told of the rows as they come.
        masked: by table, the cells that are emptied, because a redaction took back what was made of them.
    """

    lake: Lake
    city: str
    sources: Sequence[SourceSpec]
    as_of: datetime
    home: Path
    from_dir: Path | None = None
    full: bool = False
    used: Mark | None = None
    accept: Collection[Guard] = ()
    progress: Progress | None = None
    masked: Mapping[str, MaskedRows] = field(default_factory=dict)

    def made(self) -> Manifest | None:
        """Give the manifest of this extract, if it is there already.

        Raises:
            ManifestError: it was made under another configuration.
        """
        last = latest(self.lake, self.city)
        if last is None or last.as_of != check_as_of(self.as_of):
            return None
        if last.config != configuration(self.sources):
            raise ManifestError(
                self.city,
                last.number,
                "this run has extracted already, under another configuration",
                hint="run again with a later --as-of",
            )
        return last

    def plan(self, source: str) -> SourcePlan:
        """Decide what is to be read of a source; what an earlier try of this extract read of it is dropped.

        Raises:
            SourceError: the source does not answer, or is not what its configuration says.
            ManifestError: the clock is before that of the last manifest, in the lake or used.
        """
        spec = next(one for one in self.sources if one.name == source)
        return make_plan(
            self.lake, self.city, spec, check_as_of(self.as_of), config=configuration(self.sources),
            previous=self._previous(), used=self.used, home=Path(self.home).absolute(), from_dir=self.from_dir,
            full=self.full,
        )  # fmt: skip

    def planned(self, source: str) -> SourcePlan | None:
        """Give the plan of a source in this extract, if it was made under the same configuration."""
        plan = read_plan(self.lake, self.city, check_as_of(self.as_of), source)
        wanted = (configuration(self.sources), self.full, hash_of(self.from_dir))
        return plan if plan is not None and (plan.config, plan.full, plan.folder) == wanted else None

    def read(self, source: str, number: int, *, afresh: bool = False) -> PortionRead:
        """Read one portion of a source; `afresh` reads one again that was read to its end.

        Raises:
            SourceError: the source does not answer, or is not what its configuration says.
            NotPlanned: there is no plan.
        """
        reader = self._reader(source)
        portion = reader.plan.portions[number]
        if afresh and reader.forget(portion):
            self.withdraw()
        return reader.read(portion)

    def finish(self) -> Manifest:
        """Make the manifest; the one that is there already when this is repeated.

        Raises:
            SourceError: a table is empty or of no use, a guard does not believe it, or the source moved too fast.
            NotPlanned: there is no plan of a source.
        """
        made = self.made() or finish(self._reader(*(source.name for source in self.sources)), accept=self.accept)
        self._forget_earlier()
        return made

    def withdraw(self) -> None:
        """Take the manifest of this extract back, unless the ledger has used it."""
        made = latest(self.lake, self.city)
        unused = self.used is None or (made is not None and made.number > self.used.number)
        if made is not None and made.as_of == check_as_of(self.as_of) and unused:
            remove(self.lake, self.city, made.number)

    def forget(self) -> None:
        """Drop everything that was planned and read."""
        self.lake.remove_prefix(work_key(self.city, check_as_of(self.as_of)))

    def _reader(self, *names: str) -> Reader:
        plans = {}
        for name in names:
            plan = self.planned(name)
            if plan is None:
                raise NotPlanned(self.city, name, self.as_of)
            plans[name] = plan
        home = Path(self.home).absolute()
        return Reader(
            self.lake, self.city, plans, self.sources, home, self.from_dir, self._previous(), self.progress, self.masked
        )

    def _previous(self) -> Manifest | None:
        """Give the manifest before this extract's own."""
        clock = check_as_of(self.as_of)
        for number in reversed(numbers(self.lake, self.city)):
            found = read(self.lake, self.city, number)
            if found.as_of != clock:
                return found
        return None

    def _forget_earlier(self) -> None:
        """Remove the pages of earlier extracts: what of them is wanted lies among the raw parts."""
        own = run_id(check_as_of(self.as_of))
        for folder in self.lake.folders(f"{self.city}/runs"):
            if folder != own:
                self.lake.remove_prefix(f"{self.city}/runs/{folder}/extract")


def extract(extraction: Extraction) -> Manifest:
    """Read what changed in all sources of a city since its last manifest, and write the next one.

    Repeated after a kill it goes on where it was; repeated after an error that time does not mend it reads afresh.

    Returns:
        The new manifest; the one that is there already when the same run is repeated.

    Raises:
        SourceError: a source is missing, unreadable, empty, or not what its configuration says. No manifest is written.
        ManifestError: the clock is before that of the last manifest, in the lake or used.
    """
    made = extraction.made()
    if made is None:
        try:
            for source in extraction.sources:
                plan = extraction.planned(source.name) or extraction.plan(source.name)
                for portion in plan.portions:
                    extraction.read(source.name, portion.number)
            made = extraction.finish()
        except PregonError as error:
            if not error.retryable:
                extraction.forget()
            raise
    extraction.forget()
    return made
