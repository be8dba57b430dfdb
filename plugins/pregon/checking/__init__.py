"""`pregon check`: validates any OCDS file, says what is wrong where, and never fails on a file that is broken.

    report = check_file(Path("releases.json.zip"))
    report.total, report.findings

What a file holds is found out, not told: release packages, record packages, single releases, records, compiled and
versioned releases, one document, an array or JSON Lines of them, plain, gzipped or zipped. The rules are OCDS 1.1.5
with the extensions that a package declares, plus what the schema can't say (see `content` and `documents`).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pregon.checking.containers import Unreadable, from_path, from_pipe, parts
from pregon.checking.documents import TextChecker, extension_ids
from pregon.checking.extensions import with_needs
from pregon.checking.identities import FileIdentities
from pregon.checking.report import EXAMPLES, Finding, FindingKind, Report

if TYPE_CHECKING:
    from pregon.checking.quality import Quality

__all__ = ["Finding", "FindingKind", "Report", "check_file", "extension_ids", "files_below"]

Progress = Callable[[str, int], None]

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".json.zip", ".jsonl.zip")


def check_file(
    path: Path,
    *,
    name: str | None = None,
    extensions: Iterable[str] = (),
    examples: int = EXAMPLES,
    progress: Progress | None = None,
    stream: BinaryIO | None = None,
    quality: "Quality | None" = None,
) -> Report:
    """Check one file, or `stream`; in the report it is called `name`, else by its path.

    `extensions` (registry ids) are those of releases and records that stand in no package, which could declare them;
    of each kind of finding `examples` are kept. What is said of processes is given to `quality`, too. Raises
    UnknownExtension or IncompatibleExtensions, and OSError where the file can't be opened; whatever is wrong inside it
    is a finding.
    """
    from transforms.ocds import field_table

    chosen = field_table(with_needs(extensions)).extensions
    report = Report(name or str(path), examples=examples)
    identities = FileIdentities()
    if quality is not None:
        quality.file = report.file
    with ExitStack() as stack:
        opener = stack.enter_context(from_pipe(stream)) if stream else from_path(path)
        try:
            for part in parts(opener):
                TextChecker(report, part, identities, extensions=chosen, progress=progress, quality=quality).run()
        except Unreadable as error:
            report.add("unreadable", "", error.where, error.problem)
    return report


def files_below(folder: Path) -> Iterator[Path]:
    """Give the files below a folder whose names say that they hold JSON, in the order of their names."""
    for path in sorted(folder.rglob("*")):
        if path.name.lower().endswith(_SUFFIXES) and path.is_file():
            yield path
