"""Sending one message: over TLS, without following anybody elsewhere, patient where time may help."""

import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pregon.errors import PregonError
from pregon.sources.http.exchange import public_name, retry_after
from pregon.sources.http.safety import PrivateAddressError, transport, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

ATTEMPTS = 4
FIRST_WAIT = 1.0
"""Seconds before a message is sent again; doubled each time."""
LONGEST_WAIT = 30.0
"""Seconds that are waited at most: whoever asks for more is told later, by another run or task."""

ANSWER_SECONDS = 30.0
CONNECT_SECONDS = 10.0
_ANSWER_BYTES = 2_000
"""How much of an answer is read: it is shown where it is a refusal, and means nothing else."""
_SHOWN = 200
_PASSING = frozenset({408, 425, 429})


class RecipientMisconfigured(PregonError):
    """What is configured is not enough to tell a recipient anything."""

    def __init__(self, recipient: str, problem: str, hint: str | None = None) -> None:
        super().__init__(f"announce to {recipient!r}: {problem}", hint=hint)
        self.recipient = recipient


class RecipientFailed(PregonError):
    """A recipient did not take a message; `address` is without what may be secret in it, `status` that of HTTP."""

    def __init__(
        self,
        recipient: str,
        address: str,
        reason: str,
        *,
        retryable: bool,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        later = "it is told by the next run, or by pregon announce"
        super().__init__(
            f"announce to {recipient!r}: {address}: {reason}",
            hint=later if retryable else "check its address and its rights; then pregon announce",
        )
        self.recipient = recipient
        self.address = address
        self.status = status
        self.retryable = retryable
        self.retry_after = retry_after


@contextmanager
def open_client(*, private_addresses: bool) -> "Iterator[httpx.Client]":
    """Open a client that connects to public addresses only unless `private_addresses`."""
    import httpx

    with httpx.Client(
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        transport=transport(private_addresses=private_addresses),
        headers={"User-Agent": "pregon"},
        follow_redirects=False,
    ) as client:
        yield client


def post(
    client: "httpx.Client",
    recipient: str,
    address: str,
    content: bytes,
    headers: Callable[[], Mapping[str, str]],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Send a message until it is taken (2xx); `headers` are asked for each time, because they may carry the time.

    Raises `RecipientFailed`: at once where the answer is a refusal or leads elsewhere, after some tries where there was
    none, or one of 408, 425, 429 and 5xx.
    """
    from tenacity import Retrying, retry_if_exception, stop_after_attempt
    from tenacity.wait import wait_exponential_jitter

    growing = wait_exponential_jitter(multiplier=FIRST_WAIT, max=LONGEST_WAIT, jitter=FIRST_WAIT)

    def delay(state: object) -> float:
        asked = getattr(state.outcome.exception(), "retry_after", None)  # type: ignore[attr-defined]
        return float(asked) if asked is not None else growing(state)  # type: ignore[arg-type]

    def worth_it(error: BaseException) -> bool:
        if not isinstance(error, RecipientFailed) or not error.retryable:
            return False
        return error.retry_after is None or error.retry_after <= LONGEST_WAIT

    retrying = Retrying(
        retry=retry_if_exception(worth_it), stop=stop_after_attempt(ATTEMPTS), wait=delay, sleep=sleep, reraise=True
    )
    retrying(_once, client, recipient, address, content, headers)


def _once(
    client: "httpx.Client", recipient: str, address: str, content: bytes, headers: Callable[[], Mapping[str, str]]
) -> None:
    import httpx

    shown = public_name(address)
    try:
        with within(ANSWER_SECONDS), client.stream("POST", address, content=content, headers=headers()) as answer:
            if answer.is_success:
                return
            raise _refusal(recipient, shown, answer)
    except PrivateAddressError as error:
        reason = f"{error.host} has a private address: set private_addresses where it lies in your own network"
        raise RecipientFailed(recipient, shown, reason, retryable=False) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        # Their words repeat the address, and what may be secret in it.
        raise RecipientFailed(
            recipient, shown, f"is no address of the web ({type(error).__name__})", retryable=False
        ) from None
    except httpx.HTTPError as error:
        reason = f"there is no answer ({type(error).__name__}: {error})"
        raise RecipientFailed(recipient, shown, reason, retryable=True) from error


def _refusal(recipient: str, shown: str, answer: "httpx.Response") -> RecipientFailed:
    status = answer.status_code
    if answer.is_redirect:
        return RecipientFailed(
            recipient, shown, f"leads elsewhere ({status}), where nothing is sent: configure the address it leads to",
            retryable=False, status=status,
        )  # fmt: skip
    said = _said(answer)
    return RecipientFailed(
        recipient,
        shown,
        f"answered {status}{f': {said}' if said else ''}",
        retryable=status in _PASSING or status >= 500,
        status=status,
        retry_after=retry_after(answer.headers.get("retry-after")),
    )


def _said(answer: "httpx.Response") -> str:
    """Give the beginning of what a recipient says about an error, on one line, even where its end is cut off."""
    import httpx

    said = bytearray()
    try:
        for block in answer.iter_raw():
            said += block
            if len(said) >= _ANSWER_BYTES:
                break
    except httpx.HTTPError:
        pass
    text = " ".join(said[:_ANSWER_BYTES].decode("utf-8", "replace").split())
    return "".join(sign for sign in text if sign.isprintable())[:_SHOWN]
