"""The root of the exceptions a person is meant to act on."""


class PregonError(Exception):
    """Something a person can mend: the message says what is wrong and where, `hint` what to do about it.

    `retryable` says that time may mend it, so that the same may be tried again; `retry_after` in how many seconds.
    `exit_code` is that of the command line.
    """

    retryable: bool = False
    retry_after: int | None = None
    exit_code: int = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint: str | None = None
        if hint:
            self.advise(hint)

    def advise(self, hint: str) -> None:
        """Say more of what to do about it."""
        self.hint = f"{self.hint}; {hint}" if self.hint else hint
        # For whoever sees the exception itself: the log of a task in Airflow.
        self.add_note(f"hint: {hint}")
