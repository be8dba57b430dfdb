"""Coverage of anybody's OCDS files: whatever they hold is taken as compiled releases, read a piece at a time.

Of a record its compiled release counts, else what its releases come to. Releases are merged by ocid, when all of them
were read (`pregon.checking.processes`).
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from expectations.coverage import cover
from pregon.checking import extension_ids, files_below
from pregon.checking.containers import Part, Unreadable, from_path, from_pipe, parts
from pregon.checking.dates import moment_of
from pregon.checking.documents import kind_of
from pregon.checking.places import Place
from pregon.checking.processes import KeptRelease, Processes
from pregon.checking.reading import JsonText
from pregon.coverage.publication import PublicationCoverage
from pregon.errors import PregonError
from transforms.ocds import release_schema
from transforms.releases import MergeRules
from transforms.releases.errors import UnmergeableState
from transforms.releases.merging import merge_releases

Tell = Callable[[str, int], None]

MOST_PROBLEMS = 20
"""Problems of reading that are told; of more the number."""

EVERY = 500
"""Documents between two signs of life."""


class NoSuchFile(PregonError):
    """A file to be counted is not there, or a folder holds none."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} {problem}", hint="name a city (see `pregon cities`), or files and folders that exist")
        self.path = path


def files_coverage(paths: Iterable[Path], tell: Tell | None = None) -> PublicationCoverage:
    """Count OCDS files: packages, records, releases; one document, an array or JSON Lines; plain, gzipped or zipped.

    The fields of all extensions are counted, declared or not. What can't be read is told in `problems`. `-` is
    standard input. Raises NoSuchFile, OSError.
    """
    chosen = list(_files(paths))
    with Processes() as processes:
        reading = _Reading(processes, tell)
        coverage = cover(reading.compiled(chosen), extension_ids())
    problems = (*reading.problems, *([f"and {reading.more:,} more"] if reading.more else ()))
    subject = str(chosen[0]) if len(chosen) == 1 else f"{len(chosen):,} files"
    return PublicationCoverage(subject, coverage, None, problems)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            below = list(files_below(path))
            if not below:
                raise NoSuchFile(path, "holds no file with a name such as *.json or *.jsonl.gz")
            yield from below
        elif path.exists() or str(path) == "-":
            yield path
        else:
            raise NoSuchFile(path, "does not exist")


class _Reading:
    """Gives the compiled releases of files, as lines; `processes` keep releases until all are known."""

    def __init__(self, processes: Processes, tell: Tell | None) -> None:
        self.processes = processes
        self.tell = tell
        self.done = 0
        self.problems: list[str] = []
        self.more = 0

    def _problem(self, text: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(text)
        else:
            self.more += 1

    def compiled(self, paths: Iterable[Path]) -> Iterator[bytes]:
        for path in paths:
            opened = from_pipe(sys.stdin.buffer) if str(path) == "-" else None
            if opened is None:
                yield from self._file(path, parts(from_path(path)))
            else:
                with opened as opener:
                    yield from self._file(path, parts(opener))
        yield from self._merged()

    def _file(self, path: Path, found: Iterator[Part]) -> Iterator[bytes]:
        try:
            for part in found:
                name = f"{path}: {part.name}" if part.name else str(path)
                with part.open() as stream:
                    yield from self._text(name, JsonText(stream))
        except Unreadable as error:
            self._problem(f"{path}: {error}")

    def _text(self, name: str, text: JsonText) -> Iterator[bytes]:
        documents = text.documents()
        while True:
            try:
                for document in documents:
                    for entry in self._entries(name, document.head, document.entries_key, document.entries):
                        text.repeated.clear()
                        yield from self._entry(name, entry)
            except Unreadable as error:
                self._problem(f"{name}: {error}")
                if not text.skip_line():
                    return
                documents = text.rest()
            else:
                return

    def _entries(self, name: str, head: Any, key: str, entries: Iterator[Any] | None) -> Iterator[Any]:
        """Give the releases or records of a package, or the document itself."""
        kind = kind_of(head, key)
        if kind in ("release package", "record package"):
            inside = entries if entries is not None else head["records" if kind == "record package" else "releases"]
            yield from inside if isinstance(inside, Iterator | list) else ()
        elif kind is None or kind == "versioned release":
            self._problem(f"{name}: holds {kind or 'a document that is no OCDS'}, which can't be counted")
        else:
            yield head

    def _entry(self, name: str, entry: Any) -> Iterator[bytes]:
        self.done += 1
        if self.tell and not self.done % EVERY:
            self.tell("releases and records", self.done)
        if not isinstance(entry, dict):
            self._problem(f"{name}: an entry is no object")
            return
        if isinstance(compiled := entry.get("compiledRelease"), dict):
            yield _line(compiled)
            return
        if kind_of(entry) == "compiled release":
            yield _line(entry)
            return
        inside = entry.get("releases")
        releases = inside if isinstance(inside, list) else [entry]
        whole = [one for one in releases if isinstance(one, dict) and "url" not in one]
        if len(whole) < len(releases):
            self._problem(f"{name}: {entry.get('ocid')}: links its releases, and has no compiled one")
        for release in whole:
            self._keep(name, release)

    def _keep(self, name: str, release: dict[str, Any]) -> None:
        kept = KeptRelease(name, Place(name), (), release)
        if not self.processes.keep(str(release.get("ocid")), moment_of(release.get("date")) or "", kept):
            self._problem(f"{name}: {release.get('ocid')}: is nested too deeply")

    def _merged(self) -> Iterator[bytes]:
        rules = MergeRules.from_schema(release_schema(extension_ids()))
        for ocid, kept in self.processes.by_process():
            releases = [one.release for one in kept]
            if len(releases) == 1:
                yield _line(releases[0])
                continue
            try:
                yield _line(merge_releases(releases, rules))
            except (UnmergeableState, KeyError, TypeError) as error:
                self._problem(f"{ocid}: its releases can't be merged ({error}); the last one is counted")
                yield _line(releases[-1])


def _line(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        # Numbers of more than 64 bits, and halves of surrogate pairs.
        return json.dumps(document, separators=(",", ":")).encode()
