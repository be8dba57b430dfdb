"""The API of a Socrata portal, as far as a publisher needs it.

https://dev.socrata.com/publishers/soda-producer/soda-producer-basics.html (rows are written by upsert and replace),
https://dev.socrata.com/docs/queries/ (what was written is read back), https://dev.socrata.com/docs/response-codes
(202: ask again), and `/api/views`, in which a dataset says what it is.
"""

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pregon.publishers.base import TargetFailed
from pregon.publishers.portal_access import PortalAccess
from pregon.publishers.portal_http import PortalAnswer, PortalClient

PROCESSING_WAITS = (2.0, 4.0, 8.0, 16.0, 30.0, 60.0)
"""Seconds that are waited before a request is repeated that the portal still works on (202)."""

KEYS_AT_ONCE = 50_000
LONGEST_LIST = 3_000
"""Characters of a list of identifiers in an address: servers take none that is much longer than 8,000."""

_JSON = {"Content-Type": "application/json"}
_OUT_OF_DATE = "x-soda2-data-out-of-date"


class SocrataApi:
    """One portal, written to by the account whose API key the connection holds."""

    def __init__(self, access: PortalAccess, *, sleep: Callable[[float], None] = time.sleep) -> None:
        fields = access.fields
        if not fields.login or not fields.password:
            raise access.misconfigured(
                "has no login and password",
                "they are the id and the secret of an API key of the account that publishes",
            )
        pair = base64.b64encode(f"{fields.login}:{fields.password}".encode()).decode()
        token = str(fields.extra.get("app_token") or "")
        credentials = {"Authorization": f"Basic {pair}", **({"X-App-Token": token} if token else {})}
        self._client = PortalClient(access, credentials=credentials, secrets=[pair, token], sleep=sleep)
        self._target = access.target
        self._sleep = sleep

    def view(self, dataset: str) -> dict[str, Any]:
        """Give what a dataset says of itself: name, columns, licence. Raises `TargetFailed`."""
        found = self._asked("GET", f"api/views/{dataset}.json", dataset).json()
        if not isinstance(found, dict):
            raise self._failed(dataset, "the portal gives no metadata", retryable=True)
        return found

    def describe(self, dataset: str, changes: Mapping[str, Any]) -> None:
        """Change what a dataset says of itself; what is not named stays."""
        self._asked("PUT", f"api/views/{dataset}.json", dataset, json=dict(changes))

    def count(self, dataset: str) -> tuple[int, bool]:
        """Give the number of rows, and whether the portal says that what it reads from lags behind."""
        answer, (row,) = self._rows(dataset, {"$select": "count(*) as row_count"})
        return int(row["row_count"]), answer.headers.get(_OUT_OF_DATE) == "true"

    def keys(self, dataset: str, identifier: str) -> Iterator[str]:
        """Give the row identifiers that a dataset holds."""
        offset = 0
        while True:
            asked = {
                "$select": _quoted(identifier),
                "$order": _quoted(identifier),
                "$limit": KEYS_AT_ONCE,
                "$offset": offset,
            }
            _, rows = self._rows(dataset, {name: str(value) for name, value in asked.items()})
            yield from (str(row[identifier]) for row in rows if row.get(identifier) is not None)
            if len(rows) < KEYS_AT_ONCE:
                return
            offset += len(rows)

    def rows(self, dataset: str, identifier: str, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Give some rows, by their identifiers; those that are not there are left out."""
        column = _quoted(identifier)
        found = {}
        for part in _named(keys):
            asked = {"$where": f"{column} in ({', '.join(part)})", "$order": column, "$limit": str(len(part) + 1)}
            found.update({str(row[identifier]): row for row in self._rows(dataset, asked)[1]})
        return found

    def aggregates(self, dataset: str, asked: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
        """Give aggregates over all rows, by the name of their result: a function of SoQL and the field it is of."""
        select = ", ".join(f"{function}({_quoted(field)}) as {name}" for name, (function, field) in asked.items())
        rows = self._rows(dataset, {"$select": select})[1]
        return rows[0] if rows else {}

    def upsert(self, dataset: str, body: bytes) -> int:
        """Send rows to add, change or remove, as a JSON array; give how many of them the portal did not take."""
        return self._errors(dataset, self._asked("POST", f"resource/{dataset}.json", dataset, content=body))

    def replace(self, dataset: str, body: Callable[[], Iterator[bytes]]) -> int:
        """Send all rows in place of those there are; give how many of them the portal did not take."""
        return self._errors(dataset, self._asked("PUT", f"resource/{dataset}.json", dataset, stream=body))

    def close(self) -> None:
        """Close what connections are open."""
        self._client.close()

    def _errors(self, dataset: str, answer: PortalAnswer) -> int:
        found = answer.json()
        if not isinstance(found, dict) or not any(name.lower().startswith("rows") for name in found):
            raise self._failed(dataset, "the portal does not say how many rows it took", retryable=True)
        return int(found.get("Errors", 0))

    def _rows(self, dataset: str, params: Mapping[str, str]) -> tuple[PortalAnswer, list[dict[str, Any]]]:
        answer = self._asked("GET", f"resource/{dataset}.json", dataset, params=params)
        found = answer.json()
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self._failed(dataset, "the portal gives no rows", retryable=True)
        return answer, found

    def _asked(
        self,
        method: str,
        path: str,
        dataset: str,
        *,
        content: bytes | None = None,
        stream: Callable[[], Iterator[bytes]] | None = None,
        **what: Any,
    ) -> PortalAnswer:
        """Ask, and ask again while the portal still works on it: whatever is sent here may be sent twice."""
        headers = _JSON if method != "GET" else None
        for wait in (*PROCESSING_WAITS, None):
            body = stream() if stream else content
            answer = self._client.ask(method, path, resource=dataset, content=body, headers=headers, **what)
            if answer.status != 202:
                return answer
            if wait is not None:
                self._sleep(wait)
        raise self._failed(dataset, "the portal still works on it (202)", retryable=True)

    def _failed(self, dataset: str, reason: str, *, retryable: bool) -> TargetFailed:
        return TargetFailed(self._target, dataset, reason, retryable=retryable)


def _quoted(field: str) -> str:
    """Write a field so that no name is taken for a word of SoQL."""
    return f"`{field}`"


def _named(keys: Sequence[str]) -> Iterator[list[str]]:
    """Write identifiers as texts of SoQL, as many at a time as an address holds."""
    part: list[str] = []
    size = 0
    for key in keys:
        text = "'" + key.replace("'", "''") + "'"
        length = len(quote(text, safe="")) + 2
        if part and size + length > LONGEST_LIST:
            yield part
            part, size = [], 0
        part.append(text)
        size += length
    if part:
        yield part
