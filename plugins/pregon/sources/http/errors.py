"""What servers answer instead of data, in words; classes say whether time may mend it."""

from pregon.sources.base import SourceError, SourceLimitError, SourceUnavailableError, SourceUnreadableError

_SHOWN = 200


class AuthenticationRejected(SourceError):
    """The server does not accept the credentials (401), or does not let them see this (403)."""

    def __init__(self, status: int, body: str = "", *, source: str, table: str | None = None, file: str | None) -> None:
        said = f": {body[:_SHOWN]}" if body else ""
        super().__init__(
            f"the server rejects the credentials ({status}{said})",
            source=source,
            table=table,
            file=file,
            hint="check the connection: token or password, and that its account may read this",
        )
        self.status = status


class AddressNotFound(SourceError):
    """There is nothing at the address (404, 410)."""

    def __init__(self, status: int, body: str = "", *, source: str, table: str | None = None, file: str | None) -> None:
        said = f": {body[:_SHOWN]}" if body else ""
        super().__init__(
            f"there is nothing at this address ({status}{said})",
            source=source,
            table=table,
            file=file,
            hint="check the address and the names of the table; the publisher may have moved it",
        )
        self.status = status


class RequestRefused(SourceError):
    """The server does not understand the request, or does not want it; `body` is the beginning of what it says."""

    def __init__(self, status: int, body: str, *, source: str, table: str | None = None, file: str | None) -> None:
        super().__init__(
            f"the server refuses the request ({status}): {body[:_SHOWN] or 'it says nothing more'}",
            source=source,
            table=table,
            file=file,
            hint="check the settings of the table; the source's documentation tells what it accepts",
        )
        self.status = status
        self.body = body


class ServerFailed(SourceUnavailableError):
    """The server gave no whole answer, however often it was asked within the budget."""

    def __init__(
        self,
        problem: str,
        *,
        source: str,
        table: str | None = None,
        file: str | None,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(
            problem,
            source=source,
            table=table,
            file=file,
            hint="check that the server answers in a browser; then run again",
        )
        self.status = status
        self.retry_after = retry_after


class Throttled(ServerFailed):
    """The server asks for fewer requests (429), for longer than the budget allows to wait."""


class StillWorking(ServerFailed):
    """The server is still preparing its answer (202)."""


class NotJson(ServerFailed):
    """Something else came where JSON was due: portals answer with a web page, and status 200, when they are down."""


class NotAFile(ServerFailed):
    """A web page came where a file was due, for the same reason."""


class AnswerTooLarge(SourceLimitError):
    """The answer is larger than a source may send."""


class UnknownAnswer(SourceUnreadableError):
    """The answer is written as nobody asked for."""


class PrivateAddressRefused(SourceUnreadableError):
    """An address leads into a private network, where a source of a city has no business unless it says so."""

    def __init__(self, host: str, *, source: str, table: str | None = None, file: str | None) -> None:
        super().__init__(
            f"leads to {host}, which is a private address",
            source=source,
            table=table,
            file=file,
            hint="set `private_addresses: true` of the source if it lies in your own network",
        )
        self.host = host


class BadRedirect(SourceUnreadableError):
    """A redirect leads to where none may: without encryption, another scheme, or too far."""
