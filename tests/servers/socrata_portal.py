"""A Socrata portal that is written to: SODA's producer API and `/api/views`, over the datasets of the read server.

Rules: https://dev.socrata.com/publishers/soda-producer/upsert, …/replace.html, /docs/row-identifiers.html,
/docs/datatypes/, /docs/authentication.html, /docs/response-codes. Where the platform leaves something open, this
portal takes the unkind way:

- columns that an upsert does not name stay as they are; a row that is to be removed and is not there is an error
- a row that does not fit is counted under `Errors`, and which one it was is not told (`whole_or_nothing`: the request
  is refused with 400 instead, and nothing of it is written)
- what was written is read only after some more requests (`lag`), which the header says (`admits_lag`) or does not
- long addresses, large bodies, and anything but JSON are refused
"""

import base64
import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from servers.socrata import Answer, Request, SocrataServer
from servers.socrata_datasets import Dataset, Stored

LONGEST_ADDRESS = 8_000
LICENCES = {"CC0_10", "CC_40_BY", "PDDL", "PUBLIC_DOMAIN"}
_CHANGEABLE = {"name", "description", "attribution", "attributionLink", "tags", "licenseId", "metadata", "category"}


@dataclass
class WritableDataset(Dataset):
    """A dataset with a row identifier, and what it says of itself.

    `lag`: so many requests for rows see it as it was before the last write.
    """

    identifier: str | None = None
    lag: int = 0
    admits_lag: bool = True
    says: dict[str, Any] = field(default_factory=dict)
    _before: list[Stored] | None = None
    _unseen: int = 0

    def metadata(self) -> dict[str, Any]:
        found = super().metadata()
        numbers = {one["fieldName"]: one["id"] for one in found["columns"]}
        chosen = {"rowIdentifierColumnId": numbers[self.identifier]} if self.identifier else {}
        return {**found, **chosen, **self.says}

    def written(self) -> None:
        """Note that it was written to: readers see that later."""
        self._unseen = self.lag

    def remember(self) -> None:
        if self._unseen == 0:
            self._before = copy.deepcopy(self.rows)

    def seen(self) -> list[Stored]:
        """Give the rows as a query sees them now."""
        self.stale = False
        if self._unseen and self._before is not None:
            self._unseen -= 1
            self.stale = self.admits_lag
            return self._before
        return self.rows

    def by_key(self) -> dict[str, dict[str, Any]]:
        """What it holds, by row identifier: for tests."""
        assert self.identifier is not None
        return {str(row.values[self.identifier]): row.values for row in self.rows}


class SocrataPortal(SocrataServer):
    """A portal. `publishers` may write: id of an API key → secret; others who sign in may not.

    `custom_fields` are the sets that its administrators made. `largest` is the most bytes of a body.
    """

    def __init__(self) -> None:
        super().__init__()
        self.publishers: dict[str, str] = {}
        self.custom_fields: dict[str, set[str]] = {}
        self.whole_or_nothing = False
        self.largest = 8 << 20
        self.writes: list[tuple[str, str, int]] = []

    def writable(
        self, dataset: str, types: Mapping[str, str], identifier: str | None, rows: Iterable[Mapping[str, Any]] = ()
    ) -> WritableDataset:
        """Add a dataset that can be written to."""
        made = WritableDataset(dataset, dict(types), self.clock, identifier=identifier)
        made.insert(*rows)
        self.datasets[dataset] = made
        return made

    def _answer(self, request: Request) -> Answer:
        if (
            len(request.path) + sum(len(name) + len(value) for name, value in request.parameters.items())
            > LONGEST_ADDRESS
        ):
            return _refused(414, "request_uri_too_long", "The address is too long")
        dataset = self._addressed(request)
        if dataset is None or request.method == "GET":
            return self._read(request, dataset)
        signed = self._who(request.headers.get("authorization"))
        token = request.headers.get("x-app-token")
        if token and token not in self.tokens:
            return _refused(403, "permission_denied", "Invalid app_token specified")
        if signed is None:
            return _refused(403, "permission_denied", "You must be logged in to write")
        if signed == "":
            return _refused(401, "authentication_required", "Invalid username or password")
        if signed not in self.publishers:
            return _refused(403, "permission_denied", "You do not have permission to write to this dataset")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _refused(415, "unsupported_media_type", "Send application/json")
        if len(request.raw) > self.largest:
            return _refused(413, "request_entity_too_large", f"More than {self.largest} bytes")
        if request.body is None:
            return _refused(400, "malformed_request", "The body is not JSON")
        if "/views/" in request.path:
            return self._describe(dataset, request)
        return self._write(dataset, request)

    def _addressed(self, request: Request) -> WritableDataset | None:
        parts = urlsplit(request.path).path.strip("/").split("/")
        if parts[:1] != ["resource"] and parts[:2] != ["api", "views"]:
            return None
        found = self.datasets.get(parts[-1].removesuffix(".json"))
        return found if isinstance(found, WritableDataset) else None

    def _read(self, request: Request, dataset: WritableDataset | None) -> Answer:
        if dataset is None or "/views/" in request.path:
            return super()._answer(request)
        truth = dataset.rows
        dataset.rows = dataset.seen()
        try:
            return super()._answer(request)
        finally:
            dataset.rows = truth

    def _who(self, header: str | None) -> str | None:
        """Give who signs in; None where nobody does, "" where the secret is wrong."""
        if not header or not header.startswith("Basic "):
            return None
        name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        known = {**self.users, **self.publishers}
        return name if known.get(name) == secret else ""

    def _signed_in(self, header: str | None) -> bool:
        return bool(self._who(header))

    def _write(self, dataset: WritableDataset, request: Request) -> Answer:
        rows = request.body if isinstance(request.body, list) else [request.body]
        if not all(isinstance(row, dict) for row in rows):
            return _refused(400, "malformed_request", "Rows have to be objects")
        unknown = sorted({name for row in rows for name in row} - dataset.types.keys() - {":deleted", ":id"})
        if unknown:
            return _refused(400, "soda.row.column-not-found", f"No such column: {unknown[0]}")
        self.writes.append((request.method, dataset.dataset, len(rows)))
        bad = [row for row in rows if not _fits(dataset, row)]
        if bad and self.whole_or_nothing:
            return _refused(400, "soda.data.type-mismatch", "A value can't be understood as the type of its column")
        dataset.remember()
        counts = {"Rows Created": 0, "Rows Updated": 0, "Rows Deleted": 0, "Errors": len(bad)}
        good = [row for row in rows if row not in bad]
        if request.method == "PUT":
            dataset.replace([_stored(dataset, row) for row in _last(dataset, good)])
            counts["Rows Created"] = len(dataset.rows)
        else:
            for row in good:
                counts[_upsert(dataset, row)] += 1
            dataset.rows_updated_at = int(dataset.clock.now.timestamp())
        dataset.written()
        return Answer(200, json.dumps(counts).encode(), {"Content-Type": "application/json; charset=utf-8"})

    def _describe(self, dataset: WritableDataset, request: Request) -> Answer:
        changes = request.body
        if request.method != "PUT" or not isinstance(changes, dict):
            return _refused(400, "malformed_request", "PUT an object")
        if unknown := sorted(changes.keys() - _CHANGEABLE):
            return _refused(400, "invalid_request", f"Unknown field: {unknown[0]}")
        if not changes.get("name", "a name"):
            return _refused(400, "invalid_request", "A name must not be empty")
        if changes.get("licenseId") not in {None, *LICENCES}:
            return _refused(400, "invalid_request", f"Unknown licence: {changes['licenseId']}")
        for name, fields in changes.get("metadata", {}).get("custom_fields", {}).items():
            if not fields.keys() <= self.custom_fields.get(name, set()):
                return _refused(400, "invalid_request", f"Unknown custom fields in {name}")
        if "tags" in changes:
            changes = {**changes, "tags": sorted(one.lower() for one in changes["tags"])}
        dataset.says.update(changes)
        dataset.view_last_modified = int(dataset.clock.tick().timestamp())
        return Answer(200, json.dumps(dataset.metadata()).encode(), {"Content-Type": "application/json"})


def _upsert(dataset: WritableDataset, row: Mapping[str, Any]) -> str:
    identifier = dataset.identifier
    key = row.get(identifier) if identifier else None
    found = [one for one in dataset.rows if identifier and one.values.get(identifier) == key]
    if row.get(":deleted"):
        if not found:
            return "Errors"
        dataset.clock.tick()
        dataset.rows.remove(found[0])
        return "Rows Deleted"
    values = {name: value for name, value in row.items() if name != ":deleted"}
    if found:
        merged = _stored(dataset, {**found[0].values, **values})
        found[0].values, found[0].updated = merged, dataset.clock.tick()
        return "Rows Updated"
    dataset.insert(_stored(dataset, values))
    return "Rows Created"


def _last(dataset: WritableDataset, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if dataset.identifier is None:
        return rows
    return list({row[dataset.identifier]: row for row in rows}.values())


def _fits(dataset: WritableDataset, row: Mapping[str, Any]) -> bool:
    if dataset.identifier and row.get(dataset.identifier) is None:
        return False
    return all(_understood(value, dataset.types[name]) for name, value in row.items() if name in dataset.types)


def _understood(value: Any, declared: str) -> bool:
    if value is None:
        return True
    try:
        match declared:
            case "number":
                # A number of JSON is a binary one to the platform's front, and loses digits.
                return isinstance(value, str) and Decimal(value).is_finite()
            case "checkbox":
                return isinstance(value, bool)
            case "calendar_date":
                return datetime.fromisoformat(value).tzinfo is None
            case "fixed_timestamp":
                return datetime.fromisoformat(value).tzinfo is not None
            case "url":
                return isinstance(value, dict) and value.keys() <= {"url", "description"} and bool(value)
            case _:
                return isinstance(value, str) and "\0" not in value
    except (ValueError, TypeError, InvalidOperation):
        return False


def _stored(dataset: WritableDataset, row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row as it is read back: numbers as plain texts, times with milliseconds, nothing that is null."""
    return {name: _served(value, dataset.types[name]) for name, value in row.items() if value is not None}


def _served(value: Any, declared: str) -> Any:
    if declared == "number":
        return format(Decimal(value), "f")
    if declared == "calendar_date":
        return datetime.fromisoformat(value).isoformat(timespec="milliseconds")
    return value


def _refused(code: int, name: str, message: str) -> Answer:
    body = json.dumps({"code": name, "error": True, "message": message})
    return Answer(code, body.encode(), {"Content-Type": "application/json"})
