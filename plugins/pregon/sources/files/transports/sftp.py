"""Files on an SFTP server.

The key of the server is pinned: without `host_key` in the connection nothing is sent to it. A file may be seen while it
is still being written: it is taken when size and time stay the same for a while, or when a companion says so.
"""

import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pregon.sources.base import (
    SourceConfigurationError,
    SourceLimitError,
    SourceSpec,
    SourceUnavailableError,
    TableSpec,
)
from pregon.sources.files.addresses import host_of, path_of
from pregon.sources.files.patterns import Pattern
from pregon.sources.files.transports.base import MAX_LISTED, Remote
from pregon.sources.files.transports.errors import FileNotSettled, LoginRefused, TransferFailed
from pregon.sources.files.transports.ssh import Login, Session, connect, login_of
from pregon.sources.http.errors import AnswerTooLarge
from pregon.sources.patience import Limits, patiently

if TYPE_CHECKING:
    from paramiko import SFTPAttributes

SETTLE_SECONDS = 5.0
"""So long size and time of a file have to stay the same, unless the source says otherwise (`settle`)."""

_REQUEST = 32 << 10
_WINDOW = 4 << 20
"""Bytes that are asked for at once, in requests as large as every server answers (draft-ietf-secsh-filexfer-02, 3)."""

T = TypeVar("T")


@contextmanager
def open_sftp(
    source: SourceSpec, table: TableSpec, address: str, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator["SftpTransport"]:
    """Open the way to the files of a table: `sftp://host:port/pattern`, or `sftp:///pattern` at the connection's host.

    Raises:
        SourceConfigurationError: the connection is not defined, lacks something, or is for another host.
    """
    login = login_of(source, table, host_of(address))
    transport = SftpTransport(source, table, address, login, sleep)
    try:
        yield transport
    finally:
        transport.close()


class SftpTransport:
    """Lists folders and fetches files; a connection that broke is made anew."""

    def __init__(
        self, source: SourceSpec, table: TableSpec, address: str, login: Login, sleep: Callable[[float], None]
    ) -> None:
        self._pattern = Pattern(path_of(address))
        self._login = login
        self._limits = Limits.of(source.options)
        self._private = bool(source.options.get("private_addresses"))
        settle = source.options.get("settle")
        self._settle = SETTLE_SECONDS if settle is None else float(settle)
        self._sleep = sleep
        self._session: Session | None = None
        self._error: dict[str, Any] = {"source": source.name, "table": table.name, "file": address}

    def close(self) -> None:
        """End the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def listing(self) -> list[Remote]:
        """Give the files of all folders that the pattern can mean."""
        return self._patiently(self._listed, self._limits.answer_seconds)

    def settle(self, files: Sequence[Remote]) -> None:
        """Look twice at the size and the time of each file."""
        if not files:
            return
        self._sleep(self._settle)
        now = {file.name: file for file in self._patiently(self._looked_at(files), self._limits.answer_seconds)}
        for file in files:
            if now[file.name].identity != file.identity:
                raise FileNotSettled("is still being written", **{**self._error, "file": file.name})

    def fetch(self, file: Remote, target: Path, *, unless: str | None = None) -> str | None:
        """Save a file. Size and time are no proof that it is the one of last time, so it always is saved."""
        del unless
        self._patiently(self._saved(file, target), self._limits.file_seconds)
        return ""

    def _listed(self, session: Session) -> list[Remote]:
        if "**" in self._pattern.text:
            raise SourceConfigurationError(
                "has ** in its path, which may list the whole server",
                **self._error,
                hint="name the folders, or use *",
            )
        folders = [self._pattern.folder or "/"]
        parts = self._pattern.text[len(self._pattern.folder) :].split("/")
        found: list[Remote] = []
        for depth in range(len(parts)):
            below: list[str] = []
            wanted = Pattern(self._pattern.folder + "/".join(parts[: depth + 1]))
            for folder in folders:
                for name, attributes in self._entries(session, folder):
                    path = folder + name
                    if depth < len(parts) - 1 and _is_folder(attributes) and wanted.matches(path):
                        below.append(path + "/")
                    elif depth == len(parts) - 1 and _is_file(attributes):
                        found.append(_remote(path, attributes))
                if len(found) + len(below) > MAX_LISTED:
                    raise self._too_many()
            folders = below
        return found

    def _entries(self, session: Session, folder: str) -> Iterator[tuple[str, "SFTPAttributes"]]:
        found: list[SFTPAttributes] = []
        for attributes in session.files.listdir_iter(folder):
            found.append(attributes)
            if len(found) > MAX_LISTED:
                raise self._too_many()
        # Only now: while a list is under way, its answers would be taken for those of other requests.
        for attributes in found:
            name = attributes.filename
            if "/" in name or name in ("", ".", ".."):
                continue
            if _is_link(attributes):
                with suppress(FileNotFoundError):  # it leads nowhere
                    yield name, session.files.stat(folder + name)
            else:
                yield name, attributes

    def _too_many(self) -> SourceLimitError:
        hint = "name the folder of these files alone"
        return SourceLimitError(f"there are more than {MAX_LISTED:,} files in its folder", **self._error, hint=hint)

    def _looked_at(self, files: Sequence[Remote]) -> Callable[[Session], list[Remote]]:
        return lambda session: [_remote(file.name, session.files.stat(file.name)) for file in files]

    def _saved(self, file: Remote, target: Path) -> Callable[[Session], None]:
        limit = self._limits.file_bytes

        def save(session: Session) -> None:
            with session.files.open(file.name, "rb") as remote, target.open("wb") as stream:
                before = remote.stat()
                size = before.st_size or 0
                if size > limit:
                    raise AnswerTooLarge(
                        f"is larger than {limit:,} bytes", **{**self._error, "file": file.name}, hint="split the file"
                    )
                for start in range(0, size, _WINDOW):
                    end = min(start + _WINDOW, size)
                    pieces = [(at, min(_REQUEST, end - at)) for at in range(start, end, _REQUEST)]
                    for piece in remote.readv(pieces):
                        stream.write(piece)
                if stream.tell() != size or _sign(remote.stat()) != _sign(before):
                    raise FileNotSettled("changed while it was fetched", **{**self._error, "file": file.name})

        return save

    def _patiently(self, step: Callable[[Session], T], seconds: float) -> T:
        from paramiko import SSHException

        def once() -> T:
            session = self._opened()
            with session.within(seconds) as late:
                try:
                    return step(session)
                except PermissionError as error:
                    raise LoginRefused(f"the account may not read it ({error})", **self._error) from error
                except FileNotFoundError:
                    raise
                except (SSHException, EOFError, OSError) as error:
                    self.close()
                    problem = f"takes longer than {seconds:,g} s" if late.is_set() else f"breaks off ({error})"
                    raise TransferFailed(problem, **self._error) from error

        try:
            return patiently(once, self._limits, sleep=self._sleep)
        except FileNotFoundError as error:
            raise SourceUnavailableError(
                "is not there", **self._error, hint="check the folder in `file:` of the table; it begins at the root"
            ) from error

    def _opened(self) -> Session:
        if self._session is None:
            self._session = connect(
                self._login,
                self._error,
                private_addresses=self._private,
                read_seconds=self._limits.read_seconds,
            )
        return self._session


def _remote(path: str, attributes: "SFTPAttributes") -> Remote:
    return Remote(path, attributes.st_size or 0, _sign(attributes))


def _sign(attributes: "SFTPAttributes") -> str:
    return f"{attributes.st_size} {attributes.st_mtime}"


def _is_file(attributes: "SFTPAttributes") -> bool:
    return stat.S_ISREG(attributes.st_mode or 0)


def _is_folder(attributes: "SFTPAttributes") -> bool:
    return stat.S_ISDIR(attributes.st_mode or 0)


def _is_link(attributes: "SFTPAttributes") -> bool:
    return stat.S_ISLNK(attributes.st_mode or 0)
