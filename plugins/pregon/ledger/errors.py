"""Why the ledger refuses."""

from collections.abc import Sequence

from pregon.errors import PregonError
from transforms.counting import counted


class LedgerUnreachable(PregonError):
    """The ledger's database can't be opened; `location` is its path or URL without the password."""

    retryable = True

    def __init__(self, location: str, problem: str) -> None:
        super().__init__(
            f"the ledger at {location} can't be opened: {problem}",
            hint="look at its permissions, at the free room, and whether its server answers",
        )
        self.location = location


class LedgerDriverMissing(PregonError):
    """The Python package that talks to the ledger's database is not installed; `package` names it."""

    def __init__(self, location: str, package: str) -> None:
        super().__init__(
            f"the ledger at {location} needs the Python package {package}", hint="install pregon[postgresql]"
        )
        self.package = package


class LedgerTooNew(PregonError):
    """The ledger was written by a newer Pregón, whose tables this one does not know."""

    def __init__(self, location: str, revision: str) -> None:
        super().__init__(
            f"the ledger at {location} has the tables of a newer Pregón (revision {revision})",
            hint="use the version of Pregón that wrote it, or a newer one",
        )
        self.revision = revision


class ForeignLedger(PregonError):
    """The ledger belongs to another city; cities never mix."""

    def __init__(self, location: str, city: str, owner: str) -> None:
        super().__init__(f"the ledger at {location} belongs to {owner}, not to {city}")
        self.city = city
        self.owner = owner


class LedgerBusy(PregonError):
    """Another run kept the ledger longer than this one was ready to wait."""

    retryable = True

    def __init__(self, location: str, seconds: float) -> None:
        super().__init__(
            f"another run has been writing to the ledger at {location} for more than {seconds:g} s",
            hint="let the other run end, then repeat this one: nothing was written",
        )
        self.seconds = seconds


class StaleManifest(PregonError):
    """A run brings a manifest that is not newer than what the ledger holds already."""

    def __init__(self, run_id: str, manifest: int, committed: int, committed_by: str) -> None:
        super().__init__(
            f"run {run_id} brings manifest {manifest}, but run {committed_by} has committed manifest {committed}",
            hint="start a new run: it reads from where the ledger stands",
        )
        self.run_id = run_id
        self.manifest = manifest
        self.committed = committed


class RunConflict(PregonError):
    """A run with this id was committed before, with other content."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"run {run_id} was committed before with other content",
            hint="a repeated run must bring the same releases; start a new run for new ones",
        )
        self.run_id = run_id


class EntryOutOfStep(PregonError):
    """A release does not follow the last one of its process in the ledger."""

    def __init__(self, ocid: str, problem: str) -> None:
        super().__init__(f"{ocid}: {problem}", hint="make the releases again from the ledger as it is now")
        self.ocid = ocid


class UnknownProcess(PregonError):
    """An entry without release names a process that has none in the ledger either."""

    def __init__(self, ocid: str) -> None:
        super().__init__(f"{ocid} was never released, so there is nothing to keep up to date")
        self.ocid = ocid


class PublicationConflict(PregonError):
    """A snapshot of this name is on record with other content."""

    def __init__(self, snapshot: str) -> None:
        super().__init__(f"snapshot {snapshot} is on record with another time, run or ledger position")
        self.snapshot = snapshot


class RedactedMeanwhile(PregonError):
    """Something was redacted after a run had made its releases: they may still hold it."""

    def __init__(self, run_id: str, known: int, newest: int) -> None:
        super().__init__(
            f"run {run_id} made its releases before redaction {newest}, and may hold what was redacted",
            hint="start a new run: nothing of this one was committed",
        )
        self.run_id = run_id
        self.known = known
        self.newest = newest


class LedgerNotEmpty(PregonError):
    """A ledger into which a publication is to be restored holds something already."""

    def __init__(self, location: str) -> None:
        super().__init__(
            f"the ledger at {location} is not empty, and only into an empty one can a publication be restored",
            hint="if a run began it anew after the old one was lost, and nothing of it was published, move it away "
            "and repeat this",
        )
        self.location = location


class BrokenHistory(PregonError):
    """Published releases do not follow each other as a ledger's do; `ocid` is empty where it is all of them."""

    def __init__(self, ocid: str, problem: str) -> None:
        super().__init__(f"{ocid}: {problem}" if ocid else problem, hint="restore from another copy of the publication")
        self.ocid = ocid


class RedactionsLost(PregonError):
    """Published releases were redacted, and the rules by which they were are not in what is published."""

    def __init__(self, releases: int, ocids: Sequence[str]) -> None:
        named = ", ".join(ocids[:5]) + (" …" if len(ocids) > 5 else "")
        super().__init__(
            f"{counted(releases, 'published release')} must have been redacted or rewritten ({named}), and a run would "
            "publish again what its source still says",
            hint="repeat with --redacted, and record these redactions again before the next run",
        )
        self.releases = releases
        self.ocids = tuple(ocids)
