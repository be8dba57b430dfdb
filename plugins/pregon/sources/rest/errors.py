"""What can be wrong with the answers of a JSON API, beyond what goes wrong on the way."""

from pregon.sources.base import SourceError, SourceUnreadableError


class UnexpectedAnswer(SourceUnreadableError):
    """An answer is JSON, but not of the form that the configuration says."""


class PagingLoop(SourceUnreadableError):
    """Pages repeat instead of following each other; `pages` were read before that showed."""

    def __init__(self, pages: int, *, source: str, table: str) -> None:
        super().__init__(
            f"gives the same page again after {pages:,}",
            source=source,
            table=table,
            hint="check `paging:` of the table: a parameter that the API does not know is ignored by many",
        )
        self.pages = pages


class ForeignAddress(SourceError):
    """The API's next address is on a host that the configuration does not name; `host` says which."""

    def __init__(self, host: str, *, source: str, table: str) -> None:
        super().__init__(
            f"its next page would be on another host ({host})",
            source=source,
            table=table,
            hint="if that is right, add the host to `hosts:` of the source",
        )
        self.host = host


class IncompleteRead(SourceError):
    """The pages ended before all rows had come that the API counts."""

    retryable = True

    def __init__(self, read: int, total: int, *, source: str, table: str) -> None:
        super().__init__(
            f"gives {read:,} rows, where it counts {total:,}",
            source=source,
            table=table,
            hint="run again; if it stays so, the API shows only a part: ask for less (`params:`), or page otherwise",
        )
        self.read = read
        self.total = total


class SourceMoved(SourceError):
    """Rows moved between pages so often that they could not be followed; `repairs` times they were."""

    retryable = True

    def __init__(self, repairs: int, *, source: str, table: str) -> None:
        super().__init__(
            f"rows moved between its pages {repairs:,} times while it was read",
            source=source,
            table=table,
            hint="run at a quieter hour, or ask for an order in which new rows come last (`params:`)",
        )
        self.repairs = repairs
