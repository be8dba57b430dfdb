"""What a failed stage may try again, by kind of error, and how long it may take."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow.sdk import Context, RetryDecision, RetryPolicy

from pregon.errors import PregonError
from transforms.errors import TransformError

_DEFECTS = (TypeError, AttributeError, NameError, ImportError, AssertionError, NotImplementedError)


class ByKindOfError(RetryPolicy):
    """Try again what time may mend; fail at once where the same input would give the same error.

    An error says itself with `retryable` that time may mend it, and with `retry_after` (seconds) how much. Errors that
    are not ours (a dropped connection, a full disk) follow the task's own number of tries and delay.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Decide; called on the worker."""
        del try_number, max_tries
        if isinstance(exception, _DEFECTS):
            return RetryDecision.fail("a defect of the program: a person has to act")
        if not isinstance(exception, PregonError | TransformError):
            return RetryDecision.default()
        if isinstance(exception, TransformError) or not exception.retryable:
            return RetryDecision.fail("the same input gives the same error: a person has to act")
        if context is not None and context["params"].get("from_dir"):
            return RetryDecision.fail("files in a folder do not come back by themselves")
        if exception.retry_after is not None:
            return RetryDecision.retry(
                timedelta(seconds=exception.retry_after), "the other side said when to ask again"
            )
        return RetryDecision.default()


BY_KIND_OF_ERROR = ByKindOfError()


@dataclass(frozen=True)
class Effort:
    """How often a stage is tried again and how long one try may take."""

    retries: int
    timeout: timedelta
    delay: timedelta = timedelta(minutes=1)

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for a task."""
        return {
            "retries": self.retries,
            "retry_delay": self.delay,
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=30),
            "retry_policy": BY_KIND_OF_ERROR,
            "execution_timeout": self.timeout,
        }


EFFORT = {
    "plan": Effort(retries=4, timeout=timedelta(hours=1)),
    "read": Effort(retries=4, timeout=timedelta(hours=6)),
    "extract": Effort(retries=4, timeout=timedelta(hours=6)),
    "prepare": Effort(retries=2, timeout=timedelta(hours=2)),
    "map": Effort(retries=2, timeout=timedelta(hours=1)),
    "release": Effort(retries=2, timeout=timedelta(hours=1)),
    "check": Effort(retries=2, timeout=timedelta(hours=1)),
    "expectations": Effort(retries=2, timeout=timedelta(hours=2)),
    "gate": Effort(retries=1, timeout=timedelta(minutes=30)),
    "commit": Effort(retries=3, timeout=timedelta(hours=2)),
    "build": Effort(retries=2, timeout=timedelta(hours=4)),
    "promote": Effort(retries=2, timeout=timedelta(hours=1)),
    "push": Effort(retries=4, timeout=timedelta(hours=2)),
    "announce": Effort(retries=4, timeout=timedelta(minutes=30)),
}
"""Effort per stage: outside systems (extract, push, the ledger's database) are given more tries than our own work."""
