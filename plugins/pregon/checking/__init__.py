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
from typing import BinaryIO

from pregon.checking.containers import Unreadable, from_path, from_pipe, parts
from pregon.checking.documents import TextChecker, extension_ids
from pregon.checking.extensions import with_needs
from pregon.checking.identities import FileIdentities
from pregon.checking.report import EXAMPLES, Finding, FindingKind, Report

__all__ = ["Finding", "FindingKind", "Report", "check_file", "extension_ids", "files_below"]

Progress = Callable[[str, int], None]

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".json.zip", ".jsonl.zip")


def check_file(
    path: Path,
    *,
    extensions: Iterable[str] = (),
    examples: int = EXAMPLES,
    progress: Progress | None = None,
    stream: BinaryIO | None = None,
) -> Report:
    """Check one file, or `stream` under the name of `path`.

    `extensions` (registry ids) are those of releases and records that stand in no package, which could declare them;
    of each kind of finding `examples` are kept. Raises UnknownExtension or IncompatibleExtensions, and OSError where
    the file can't be opened; whatever is wrong inside it is a finding.
    """
    from transforms.ocds import field_table

    chosen = field_table(with_needs(extensions)).extensions
    report = Report(str(path), examples=examples)
    identities = FileIdentities()
    with ExitStack() as stack:
        opener = stack.enter_context(from_pipe(stream)) if stream else from_path(path)
        try:
            for part in parts(opener):
                TextChecker(report, part, identities, extensions=chosen, progress=progress).run()
        except Unreadable as error:
            report.add("unreadable", "", error.where, error.problem)
    return report


def files_below(folder: Path) -> Iterator[Path]:
    """Give the files below a folder whose names say that they hold JSON, in the order of their names."""
    for path in sorted(folder.rglob("*")):
        if path.name.lower().endswith(_SUFFIXES) and path.is_file():
            yield path
