"""From what `file:` of a table says to local files: found on this machine, or fetched while the extract is planned."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pregon.sources.base import (
    SourceConfigurationError,
    SourceSpec,
    SourceUnavailableError,
    TableSpec,
    nearest,
)
from pregon.sources.connector import Place
from pregon.sources.files.addresses import path_of, problem_of, scheme_of, transport_of
from pregon.sources.files.containers import digest
from pregon.sources.files.patterns import Pattern
from pregon.sources.files.transports.base import Remote, Transport
from pregon.sources.files.transports.errors import ChecksumDiffers
from pregon.sources.files.transports.opening import open_transport
from pregon.sources.http.client import public_name

DONE = ".done"
CHECKSUMS = {".sha256": "sha256", ".md5": "md5"}
"""Suffix of a companion → what it holds, as sha256sum and md5sum write it."""
_COMPANIONS = (DONE, *CHECKSUMS)
_NAMES = 5
"""File names shown of a folder in which another one is missing."""


@dataclass(frozen=True, slots=True)
class Located:
    """A local file of a table. `name` is for people; `kept` is its key, if it was fetched and kept.

    `below`: it lies below the folder of `--from`, under its name. `identity` is what its server says of it.
    """

    path: Path
    name: str
    sha256: str
    kept: str | None = None
    below: bool = False
    identity: str | None = None

    def entry(self) -> dict[str, Any]:
        """Say where the tasks that read find it, and how they know that it is the same."""
        where = {"kept": self.kept} if self.kept else {"below": self.name} if self.below else {"path": str(self.path)}
        return {"name": self.name, "sha256": self.sha256, "bytes": self.path.stat().st_size, **where}

    def note(self) -> dict[str, Any]:
        """Say what a person, and the next extract, may want to know of it."""
        sign = {"identity": self.identity} if self.identity else {}
        return {"name": self.name, "sha256": self.sha256, "bytes": self.path.stat().st_size, **sign}


class Locator:
    """Finds the files of the tables of one source."""

    def __init__(self, source: SourceSpec, place: Place, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._source = source
        self._place = place
        self._sleep = sleep

    def locate(self, table: TableSpec, before: Sequence[Mapping[str, Any]] = ()) -> list[Located] | None:
        """Give the files of a table in their order.

        Args:
            table: its `file:` is a path, a pattern or an address.
            before: `Located.note` of each file of the last extract; then None is given if none has changed since, as
                far as their servers can be trusted with that.

        Raises:
            SourceConfigurationError: `file:` is missing or can't be understood, or the connection is of no use.
            SourceUnavailableError: there is no such file, a server does not give it, or somebody still writes it.
        """
        configured = str(table.option("file") or "")
        if not configured:
            raise self._misconfigured("has no file", table, hint="set `file:` of the table")
        if problem := problem_of(configured):
            raise self._misconfigured(problem, table, file=_shown(configured), hint="correct `file:` of the table")
        if transport_of(configured) is None:
            return self._local(table, configured)
        with open_transport(self._source, table, configured, sleep=self._sleep) as transport:
            return _Fetching(self._source, self._place, table, configured, transport).files(before)

    def _misconfigured(self, problem: str, table: TableSpec, **what: Any) -> SourceConfigurationError:
        return SourceConfigurationError(problem, source=self._source.name, table=table.name, **what)

    def _local(self, table: TableSpec, configured: str) -> list[Located]:
        text = configured.replace("{home}", str(self._place.home))
        path = Path(text).expanduser()
        folder = Path(path.anchor) if path.is_absolute() else self._place.from_dir
        if folder is None:
            raise SourceUnavailableError(
                "is a local file, and no folder is given",
                source=self._source.name,
                table=table.name,
                file=configured,
                hint="run with --from DIR, or set `file:` to an address",
            )
        pattern = Pattern(path.relative_to(path.anchor).as_posix() if path.is_absolute() else text)
        exact = folder / pattern.text
        found: Iterable[Path] = [exact] if exact.is_file() else folder.glob(pattern.glob)
        names = [item.relative_to(folder).as_posix() for item in found if item.is_file()]
        if pattern.date_format is not None:
            names = [name for name in names if pattern.matches(name)]
        if not names:
            raise _missing_locally(table, exact.parent, exact.name, configured, self._source.name)
        below = not path.is_absolute()
        return [
            Located(folder / name, name if below else PurePosixPath(name).name, digest(folder / name), below=below)
            for name in _newest(names, pattern, table)
        ]


class _Fetching:
    """Fetches the files of one table from a server."""

    def __init__(
        self, source: SourceSpec, place: Place, table: TableSpec, configured: str, transport: Transport
    ) -> None:
        self._place = place
        self._table = table
        self._transport = transport
        self._error: dict[str, Any] = {"source": source.name, "table": table.name, "file": _shown(configured)}
        # What comes after the host of a web address is no pattern: `?` begins its query.
        web = scheme_of(configured) in ("http", "https")
        self._pattern = None if web else Pattern(path_of(configured))

    def files(self, before: Sequence[Mapping[str, Any]]) -> list[Located] | None:
        listed = {file.name: file for file in self._transport.listing()}
        chosen = self._chosen(listed)
        self._transport.settle([file for file in chosen if not self._companion(file, listed)])
        fetched: dict[str, Located] = {}
        identities = {str(note["name"]): note.get("identity") for note in before}
        if before and [self._name(file) for file in chosen] == [str(note["name"]) for note in before]:
            for index, file in enumerate(chosen):
                if unless := identities[self._name(file)]:
                    self._fetch(index, file, listed, fetched, unless=str(unless))
            if not fetched and all(identities.values()):
                return None
        for index, file in enumerate(chosen):
            if file.name not in fetched:
                self._fetch(index, file, listed, fetched)
        return [fetched[file.name] for file in chosen]

    def _fetch(
        self,
        index: int,
        file: Remote,
        listed: Mapping[str, Remote],
        fetched: dict[str, Located],
        *,
        unless: str | None = None,
    ) -> None:
        """Fetch a file to a name of our own making, look at its checksum, and keep it."""
        table = self._table.name
        target = self._place.scratch / f"{table}.download"
        identity = self._transport.fetch(file, target, unless=unless)
        if identity is None:
            return
        self._check(file, target, listed)
        sha256 = digest(target)
        kept = self._place.keep(target, f"{table}/{index:05d}")
        name = self._name(file)
        fetched[file.name] = Located(self._place.kept(kept), name, sha256, kept, identity=identity or None)

    def _chosen(self, listed: Mapping[str, Remote]) -> list[Remote]:
        if self._pattern is None:
            return list(listed.values())
        required = self._table.option("companion")
        names = [
            name for name in listed
            if self._pattern.matches(name) and not _is_companion(name, listed)
            and (required is None or f"{name}{required}" in listed)
        ]  # fmt: skip
        if not names:
            raise self._missing(listed, required)
        return [listed[name] for name in _newest(names, self._pattern, self._table)]

    def _companion(self, file: Remote, listed: Mapping[str, Remote]) -> str | None:
        """Give the name of the file that says of this one that it is complete."""
        given = self._table.option("companion")
        suffixes = (*([given] if given else []), *_COMPANIONS)
        return next((name for suffix in suffixes if (name := f"{file.name}{suffix}") in listed), None)

    def _check(self, file: Remote, target: Path, listed: Mapping[str, Remote]) -> None:
        for suffix, algorithm in CHECKSUMS.items():
            companion = listed.get(f"{file.name}{suffix}")
            if companion is None:
                continue
            said = self._place.scratch / f"{self._table.name}.checksum"
            self._transport.fetch(companion, said)
            with said.open("rb") as stream:
                words = stream.read(4096).decode("ascii", "replace").lower().split()
            if digest(target, algorithm) not in (word.removeprefix("\\") for word in words):
                name = self._name(companion)
                raise ChecksumDiffers(name, **{**self._error, "file": self._name(file)})

    def _name(self, file: Remote) -> str:
        """Give the part of a file's path that people look at: below the folder that all of them are in."""
        return file.name.removeprefix(self._pattern.folder) if self._pattern else file.name

    def _missing(self, listed: Mapping[str, Remote], required: str | None) -> SourceUnavailableError:
        names = sorted(self._name(file) for file in listed.values())
        beside = f" with {required} beside it" if required else ""
        hint = _alike(str(self._error["file"]), names, "check `file:` of the table; ")
        return SourceUnavailableError(f"is not there{beside}", **self._error, hint=hint)


def _shown(configured: str) -> str:
    return public_name(configured) if scheme_of(configured) in ("http", "https") else configured


def _is_companion(name: str, listed: Mapping[str, Remote]) -> bool:
    return any(name.endswith(suffix) and name.removesuffix(suffix) in listed for suffix in _COMPANIONS)


def _newest(names: Iterable[str], pattern: Pattern, table: TableSpec) -> list[str]:
    """Sort names by date or by name; of them the newest, if the table wants no others."""
    found = sorted(names, key=pattern.order)
    newest = table.option("newest")
    return found[-int(newest) :] if newest else found


def _missing_locally(table: TableSpec, folder: Path, name: str, configured: str, source: str) -> SourceUnavailableError:
    """Say in which folder a file is missing, and which files there have a name like it."""
    place = {"source": source, "table": table.name, "file": configured}
    if not folder.is_dir():
        hint = "check `file:` of the table, and the folder after --from"
        return SourceUnavailableError(f"is not there: there is no folder {folder}", **place, hint=hint)
    names = sorted(item.name for item in folder.iterdir() if item.is_file())
    hint = _alike(name, names, "check `file:` of the table, and the folder after --from; ")
    return SourceUnavailableError(f"is not in the folder {folder}", **place, hint=hint)


def _alike(name: str, names: Sequence[str], otherwise: str) -> str:
    """Say which names there are, first the one that is most like the one that is missing."""
    # Their endings are alike anyway.
    stems = {PurePosixPath(one).stem: one for one in names}
    near = stems.get(nearest(PurePosixPath(name).stem, stems) or "")
    alike = [near, *(one for one in names if one != near)][:_NAMES] if near else names[:_NAMES]
    listed = ", ".join(map(repr, alike)) + (" …" if len(names) > _NAMES else "")
    return (f"did you mean {near!r}? " if near else otherwise) + (
        f"it holds: {listed}" if names else "it holds no files"
    )
