"""What goes wrong while files are fetched."""

from pregon.sources.base import SourceError, SourceUnavailableError


class LoginRefused(SourceError):
    """The server does not accept the login, or does not let it see this."""

    def __init__(self, problem: str, *, source: str, table: str, file: str) -> None:
        super().__init__(
            problem,
            source=source,
            table=table,
            file=file,
            hint="check login, password or private_key of the connection, and what its account may read",
        )


class HostKeyDiffers(SourceError):
    """The server is not the one whose key was pinned: it was set up anew, or somebody is in between."""

    def __init__(self, expected: str, found: str, *, source: str, table: str, file: str) -> None:
        super().__init__(
            f"the server shows the key {found}, not {expected}",
            source=source,
            table=table,
            file=file,
            hint="ask who runs it for its new key on another way, and set host_key of the connection to it",
        )
        self.expected = expected
        self.found = found


class FileNotSettled(SourceUnavailableError):
    """Somebody is still writing a file."""

    def __init__(self, problem: str, *, source: str, table: str, file: str) -> None:
        super().__init__(problem, source=source, table=table, file=file, hint="run again when it is complete")


class ChecksumDiffers(SourceUnavailableError):
    """A file is not what the checksum beside it says."""

    def __init__(self, companion: str, *, source: str, table: str, file: str) -> None:
        super().__init__(
            f"is not what {companion} says",
            source=source,
            table=table,
            file=file,
            hint="run again when both are there; if it stays so, the file was damaged on its way to the server",
        )
        self.companion = companion


class TransferFailed(SourceUnavailableError):
    """The server did not give a file, or broke off, however often it was asked within the budget."""

    def __init__(self, problem: str, *, source: str, table: str, file: str) -> None:
        hint = "check that the server runs; then run again"
        super().__init__(problem, source=source, table=table, file=file, hint=hint)
