"""What can be wrong with a dataset of a Socrata portal, beyond what goes wrong on the way."""

from pregon.sources.base import SourceConfigurationError, SourceError, SourceUnreadableError


class QueryRefused(SourceConfigurationError):
    """The portal does not accept what it is asked; `code` is its own word for why, such as `query.soql.no-such-column`.

    Codes: https://dev.socrata.com/docs/response-codes
    """

    def __init__(self, code: str | None, message: str, *, source: str, table: str, hint: str) -> None:
        super().__init__(
            f"the portal refuses the question ({code}: {message})" if code else f"the portal refuses it ({message})",
            source=source,
            table=table,
            hint=hint,
        )
        self.code = code


class UnexpectedAnswer(SourceUnreadableError):
    """An answer is JSON, but not of the form that the interface promises."""


class DatasetMoved(SourceError):
    """A dataset that can only be read by offsets changed while it was read: rows may be lost between two pages."""

    retryable = True

    def __init__(self, before: int, now: int, *, source: str, table: str) -> None:
        super().__init__(
            f"changed while it was read ({before:,} rows before, {now:,} now), and it has no row ids to go by",
            source=source,
            table=table,
            hint="run again at a quieter hour, or read the dataset that this view is made of",
        )
        self.before = before
        self.now = now
