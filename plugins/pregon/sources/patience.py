"""How often and how long something beyond our walls is tried: shared by all that reach other people's servers."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

from pregon.sources.base import SourceUnavailableError

FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0
"""Seconds before the second try, and the most before any: delays double."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient we are with a server, and how much we take from it; all of it the option `requests` of a source.

    The tries for one answer end after `tries`, or when the next would begin more than `budget` seconds after the first.
    One answer of a page takes at most `answer_seconds`, however steadily it drips, and `answer_bytes` once unpacked; a
    file `file_seconds` and `file_bytes`. `read_seconds` may pass without a byte.
    """

    tries: int = 6
    budget: float = 600.0
    answer_seconds: float = 900.0
    answer_bytes: int = 256 << 20
    file_seconds: float = 4 * 3600.0
    file_bytes: int = 5 << 30
    read_seconds: float = 120.0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Give the limits that a source's options set; what they do not set is as usual."""
        given = options.get("requests") or {}
        return cls(**{field.name: given[field.name] for field in fields(cls) if field.name in given})


def patiently(
    call: Callable[[], T],
    limits: Limits,
    *,
    sleep: Callable[[float], None] = time.sleep,
    first_delay: float | None = None,
) -> T:
    """Call until it succeeds; `SourceUnavailableError`, if it is retryable, is another try.

    Between tries passes as much as the error asks for (`retry_after`), else a growing time, a little different for
    everybody, so that tasks that failed together do not come back together.

    Raises:
        SourceUnavailableError: that of the last try, when tries or budget are used up.
    """
    from tenacity import Retrying, retry_if_exception

    first = FIRST_DELAY if first_delay is None else first_delay

    def delay(state: Any) -> float:
        asked = getattr(state.outcome.exception(), "retry_after", None)
        if asked is not None:
            return float(asked)
        growing = min(LONGEST_DELAY, first * 2 ** (state.attempt_number - 1))
        return float(growing * random.uniform(0.5, 1.0))  # noqa: S311 - not for secrets

    def enough(state: Any) -> bool:
        # Tenacity decides to stop when it has chosen the delay.
        spent = (state.seconds_since_start or 0.0) + state.upcoming_sleep
        return bool(state.attempt_number >= limits.tries or spent > limits.budget)

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, SourceUnavailableError) and error.retryable),
        wait=delay,
        stop=enough,
        sleep=sleep,
        reraise=True,
    )
    return retrying(call)
