"""Questions to a portal in both versions of its interface, and what its answers mean.

SODA 2.1 (https://dev.socrata.com/docs/queries.html) is asked by `GET /resource/{dataset}.json`, SODA 3
(https://dev.socrata.com/docs/queries/) by `POST /api/v3/views/{dataset}/query.json` with the same language, and never
without an application token. What the columns are comes from `/api/views/{dataset}.json` in both.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from pregon.sources.base import SourceConfigurationError, SourceSpec, TableSpec
from pregon.sources.http.errors import AddressNotFound, RequestRefused
from pregon.sources.socrata.errors import QueryRefused, UnexpectedAnswer

if TYPE_CHECKING:
    from pregon.sources.http.client import Answer, HttpClient

_log = logging.getLogger(__name__)

ROW_ID, CREATED, UPDATED = ":id", ":created_at", ":updated_at"
SYSTEM_FIELDS = {ROW_ID: "row_identifier", CREATED: "fixed_timestamp", UPDATED: "fixed_timestamp"}
"""What the portal itself knows of a row; it must be asked for by name. https://dev.socrata.com/docs/system-fields"""

_PLAIN = re.compile(r"(:[a-z_]+|[a-z][a-z0-9_]*)\Z")
_CODE = re.compile(r'"(?:code|errorCode)"\s*:\s*"([^"]+)"')
_MESSAGE = re.compile(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)')
_WORDS = frozenset({
    "and", "as", "asc", "between", "by", "case", "desc", "distinct", "else", "end", "false", "from", "group", "having",
    "in", "is", "join", "like", "limit", "not", "null", "offset", "on", "or", "order", "search", "select", "then",
    "true", "union", "when", "where",
})  # fmt: skip
"""Words of the language, which can't be names of columns as they are."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the portal says of a dataset: field → type in its words, and when it last took rows (epoch seconds)."""

    columns: Mapping[str, str]
    rows_updated_at: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows that a condition holds for, their newest stamp, and whether the portal answered from an old copy."""

    rows: int
    newest: str | None = None
    lagging: bool = False


class Soda:
    """A portal that is asked about the datasets of one source."""

    def __init__(self, source: SourceSpec, client: "HttpClient") -> None:
        self._source = source
        self._client = client
        self._base = str(client.credentials.address or source.url).rstrip("/")
        self._third = source.options.get("api") == "3"
        credentials = client.credentials
        # Who signs in has a password of another meaning, and may have a token besides.
        token = credentials.extra.get("app_token") or (credentials.token if credentials.way == "none" else None)
        # The platform's own header; any other place for the token would show it in addresses.
        self._headers = {"X-App-Token": str(token)} if token else {}
        if self._third and not token and credentials.way == "none":
            raise SourceConfigurationError(
                "SODA 3 answers nobody without an application token",
                source=source.name,
                hint='name a connection whose password is the token, or set `api: "2.1"`',
            )

    def metadata(self, table: TableSpec) -> Metadata:
        """Give what the portal says of the dataset of a table.

        Raises:
            SourceConfigurationError: there is no such dataset.
            UnexpectedAnswer: it is none with rows (a map, a file, a link).
        """
        dataset = table.option("dataset")
        try:
            answer = self._client.get(f"{self._base}/api/views/{dataset}.json", table=table.name, headers=self._headers)
        except AddressNotFound as error:
            raise SourceConfigurationError(
                f"the portal has no dataset {dataset!r}",
                source=self._source.name,
                table=table.name,
                hint="correct `dataset:` of the table; it stands at the end of the dataset's address",
            ) from error
        document = answer.json()
        columns = document.get("columns") if isinstance(document, dict) else None
        if not isinstance(columns, list) or not columns:
            raise self._unexpected(table, f"{dataset} has no columns", "name a dataset with rows, not a map or a file")
        # The portal adds computed regions (`:@…`) on its own: they come and go, and are no drift.
        fields = {
            str(column["fieldName"]): str(column["dataTypeName"])
            for column in columns
            if not str(column["fieldName"]).startswith(":")
        }
        updated = document.get("rowsUpdatedAt")
        return Metadata(fields, None if updated is None else int(updated))

    def count(self, table: TableSpec, where: str | None, *, stamps: bool) -> Counted:
        """Count rows, and find the newest stamp among them (`stamps`; a view that groups has none)."""
        select = "count(*) AS counted_rows" + (f", max({UPDATED}) AS newest_stamp" if stamps else "")
        answer = self._ask(table, select, where)
        rows = self._listed(answer, table)
        if len(rows) != 1 or not str(rows[0].get("counted_rows", "")).isdigit():
            raise self._unexpected(table, "gives no count", "open the dataset in a browser to see what it is")
        newest = rows[0].get("newest_stamp")
        # An array names the datasets that lag; older portals say true or false.
        lagging = answer.headers.get("x-soda2-data-out-of-date", "false").strip().lower() not in ("false", "[]", "")
        return Counted(int(rows[0]["counted_rows"]), None if newest is None else str(newest), lagging)

    def rows(
        self,
        table: TableSpec,
        columns: Iterable[str],
        where: str | None,
        order: Iterable[str],
        limit: int,
        offset: int = 0,
    ) -> list[Mapping[str, Any]]:
        """Give rows in order, as the portal writes them: absent values have no key."""
        select = ", ".join(quoted(column) for column in columns)
        answer = self._ask(table, select, where, ", ".join(quoted(column) for column in order), limit, offset)
        return self._listed(answer, table)

    def _ask(
        self,
        table: TableSpec,
        select: str,
        where: str | None,
        order: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> "Answer":
        try:
            answer = self._answer(table, select, where, order, limit, offset)
        except RequestRefused as error:
            self._refused(table, error)
        # The portal's people ask for this number when something is wrong.
        request = answer.headers.get("x-socrata-requestid")
        _log.debug("%s.%s: request %s, %s bytes", self._source.name, table.name, request, len(answer.body))
        return answer

    def _answer(
        self, table: TableSpec, select: str, where: str | None, order: str | None, limit: int | None, offset: int
    ) -> "Answer":
        dataset = table.option("dataset")
        if self._third:
            query = f"SELECT {select}" + (f" WHERE {where}" if where else "") + (f" ORDER BY {order}" if order else "")
            body: dict[str, Any] = {"query": query, "includeSynthetic": False}
            if limit is not None:
                body["page"] = {"pageNumber": offset // limit + 1, "pageSize": limit}
            address = f"{self._base}/api/v3/views/{dataset}/query.json"
            return self._client.post(address, json=body, table=table.name, headers=self._headers)
        clauses = {"$select": select, "$where": where, "$order": order, "$limit": limit, "$offset": offset or None}
        params = {name: str(value) for name, value in clauses.items() if value is not None}
        address = f"{self._base}/resource/{dataset}.json"
        return self._client.get(address, table=table.name, params=params, headers=self._headers)

    def _refused(self, table: TableSpec, error: RequestRefused) -> NoReturn:
        """Tell what the portal says: `{code, error, message, data}`; older ones `{message, error}` or `errorCode`."""
        code, message = _told(error.body)
        if str(code).startswith("query."):
            hint = "correct `where:` or `order:` of the table; columns are named as in the dataset's API documentation"
        elif not self._headers:
            hint = "some portals refuse large questions without token: name a connection whose password is a token"
        else:
            hint = "ask for less at once: set `page_rows:` of the table to 1000"
        place = {"source": self._source.name, "table": table.name}
        raise QueryRefused(code, message or f"status {error.status}", **place, hint=hint) from error

    def _listed(self, answer: "Answer", table: TableSpec) -> list[Mapping[str, Any]]:
        document = answer.json()
        # SODA 3 was seen to give both the array and an object around it.
        rows = document.get("data") if isinstance(document, dict) else document
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._unexpected(table, "gives no list of rows", "set `api:` to the version that the portal speaks")
        return rows

    def _unexpected(self, table: TableSpec, problem: str, hint: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(problem, source=self._source.name, table=table.name, hint=hint)


def _told(body: str) -> tuple[str | None, str | None]:
    """Give code and message of an error; its end may be missing, since it repeats the whole question."""
    code, message = (found.search(body) for found in (_CODE, _MESSAGE))
    return code[1] if code else None, re.sub(r"\\(.)", r"\1", message[1]) if message else None


def quoted(column: str) -> str:
    """Write a column's name as the query language needs it: as it is, or between backticks."""
    return column if _PLAIN.match(column) and column not in _WORDS else f"`{column}`"


def literal(text: str) -> str:
    """Write a text as the query language needs it."""
    return "'" + text.replace("'", "''") + "'"


def both(*conditions: str | None) -> str | None:
    """Join conditions that must all hold; None where there is none."""
    given = [condition for condition in conditions if condition]
    return given[0] if len(given) == 1 else " AND ".join(f"({one})" for one in given) if given else None
