"""What a failed stage may try again, by kind of error, and how long it may take."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from pregon.errors import PregonError
from transforms.errors import TransformError

BY_KIND_OF_ERROR = ExceptionRetryPolicy(
    rules=[
        # First, because an unreachable source may be a PregonError and a ConnectionError at once: time mends those.
        RetryRule(
            exception=[ConnectionError, TimeoutError],
            action=RetryAction.RETRY,
            retry_delay=timedelta(minutes=2),
            reason="the other side did not answer",
        ),
        RetryRule(
            exception=[PregonError, TransformError],
            action=RetryAction.FAIL,
            reason="the same input gives the same error: a person has to act",
        ),
    ]
)
"""Errors of neither kind (a full disk, a locked database) follow the task's own number of retries and delay."""


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
    "extract": Effort(retries=4, timeout=timedelta(hours=6)),
    "prepare": Effort(retries=2, timeout=timedelta(hours=2)),
    "map": Effort(retries=2, timeout=timedelta(hours=1)),
    "release": Effort(retries=2, timeout=timedelta(hours=1)),
    "check": Effort(retries=2, timeout=timedelta(hours=1)),
    "gate": Effort(retries=1, timeout=timedelta(minutes=30)),
    "commit": Effort(retries=3, timeout=timedelta(hours=2)),
    "build": Effort(retries=2, timeout=timedelta(hours=4)),
    "promote": Effort(retries=2, timeout=timedelta(hours=1)),
    "push": Effort(retries=4, timeout=timedelta(hours=2)),
}
"""Effort per stage: outside systems (extract, push, the ledger's database) are given more tries than our own work."""
