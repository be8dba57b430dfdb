"""The connector for JSON APIs: page by page, in one walk per table.

A table is one chunk: pages that several tasks read at several times could not be laid against each other, so nobody
would notice what moved between them. A killed walk goes on after the last page that is safe.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pregon.sources.base import SourceSpec, SourceUnreadableError, TableSpec
from pregon.sources.batches import Batch
from pregon.sources.connector import Chunk, ChunkRead, Completion, Known, Place, TablePlan
from pregon.sources.http.client import Answer, HttpClient, open_client
from pregon.sources.http.errors import AddressNotFound, RequestRefused
from pregon.sources.rest.addresses import below, followed, next_link
from pregon.sources.rest.documents import MISSING, as_text, found_at, kind_of
from pregon.sources.rest.errors import ForeignAddress, IncompleteRead, PagingLoop, SourceMoved, UnexpectedAnswer
from pregon.sources.rest.paging import At, Mark, Page, Step, Walk
from pregon.sources.rest.rows import Rows, observed

_FIRST: dict[str, int | None] = {"page": 1, "offset": 0, "cursor": None, "link": None, "none": None}
_IN_UTC = "%Y-%m-%dT%H:%M:%SZ"


@contextmanager
def open_rest(source: SourceSpec, place: Place) -> Iterator["RestConnector"]:  # noqa: ARG001 - nothing is kept
    """Open a source of kind `rest`."""
    with open_client(source) as client:
        yield RestConnector(source, client)


class RestConnector:
    """Reads tables that an API gives as arrays of objects; only the declared columns are kept."""

    def __init__(self, source: SourceSpec, client: HttpClient) -> None:
        self._source = source
        self._client = client

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Ask for the first page: it tells the count, the columns, and whether the API lets us in.

        Raises:
            SourceError: the API refuses, does not answer, or answers in another form than the configuration says.
            MissingColumnError: a declared column is there under another spelling.
        """
        since = _since(table, known)
        api = self._api(table, since)
        answer = api.answer(api.first)
        page = api.page(answer, api.first)
        rows = Rows(table, self._source.name)
        rows.batch(page.records, 1, None)
        rows.check()
        plan = TablePlan(
            (Chunk(str(table.option("path")), {"since": since}),),
            since=since,
            expected=page.total,
            observed=observed(page.records, known.observed if known else {}),
            moving=api.style != "none",
        )
        if api.style == "none":
            plan.signature = hashlib.sha256(answer.body).hexdigest()
        if api.style == "page" and page.total is None:
            plan.notes["unchecked"] = "pages by number without a count: rows that move meanwhile can't be noticed"
        return plan

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read a table, from its first page or after one that is safe."""
        api = self._api(table, chunk.bounds.get("since"))
        reading = ChunkRead(iter(()))
        reading.batches = self._batches(api, Mark.from_json(after) if after else Mark(api.first), reading)
        return reading

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Ask for the count again.

        Where it has changed, it says nothing of the rows that were read: some of them may be gone, others may have come
        before the place that was being read. That none was lost between pages the walk itself has seen to.
        """
        if plan.expected is None:
            return Completion()
        api = self._api(table, plan.since)
        now = api.page(api.answer(api.first), api.first).total
        return Completion(expected=now if now == plan.expected else None)

    def _api(self, table: TableSpec, since: str | None) -> "_TableApi":
        return _TableApi(self._source, table, self._client, since)

    def _batches(self, api: "_TableApi", mark: Mark, reading: ChunkRead) -> Iterator[Batch]:
        table = api.table
        rows = Rows(table, self._source.name)
        place = {"source": self._source.name, "table": table.name}
        walk = Walk(
            api.ask,
            moved=lambda repairs: SourceMoved(repairs, **place),
            looping=lambda pages: PagingLoop(pages, **place),
            expired=(AddressNotFound, RequestRefused),
        )
        for records, following in api.steps(walk, mark):
            yield rows.batch(records, mark.record + 1, following.to_json())
            mark = following
        rows.check()
        if mark.lowest is not None and mark.read < mark.lowest * (1 - table.guards.expected):
            raise IncompleteRead(mark.read, mark.lowest, **place)
        reading.notes |= {"pages": api.pages, "bytes": api.bytes, **rows.notes()}
        reading.notes |= {
            name: count for name, count in (("repairs", walk.repairs), ("restarts", walk.restarts)) if count
        }


@dataclass(slots=True)
class _TableApi:
    """One table behind the API: what is asked for, and what answers mean. `pages` and `bytes` count what came."""

    source: SourceSpec
    table: TableSpec
    client: HttpClient
    since: str | None
    pages: int = 0
    bytes: int = 0

    @property
    def base(self) -> str:
        return self.client.credentials.address or str(self.source.url)

    @property
    def paging(self) -> Mapping[str, Any]:
        return self.table.option("paging") or {}

    @property
    def style(self) -> str:
        return str(self.paging.get("style", "none"))

    @property
    def first(self) -> At:
        start = self.paging.get("start")
        return _FIRST[self.style] if start is None else int(start)

    def steps(self, walk: Walk, mark: Mark) -> Iterator[Step]:
        if self.style == "page":
            return walk.numbers(mark, first=int(self.first or 0))
        if self.style == "offset":
            return walk.offsets(mark, seam=self.paging.get("repeat_last", True))
        return walk.chain(mark)

    def ask(self, at: At) -> Page | None:
        try:
            return self.page(self.answer(at), at)
        except AddressNotFound:
            # Many APIs have no page after the last one.
            if self.style == "page" and at != self.first:
                return None
            raise

    def answer(self, at: At) -> Answer:
        address, params = self._asked(at)
        answer = self.client.get(address, table=self.table.name, params=params)
        self.pages += 1
        self.bytes += len(answer.body)
        return answer

    def page(self, answer: Answer, at: At) -> Page:
        document = answer.json()
        path = str(self.table.option("records") or "")
        records = found_at(document, path)
        if records is None:
            records = []
        if not isinstance(records, list):
            raise self._unexpected(document, path, records)
        return Page(records, self._total(answer, document, at), self._next(answer, document, records, at))

    def _asked(self, at: At) -> tuple[str, dict[str, str] | None]:
        if self.style == "link" and at is not None:
            return str(at), None
        params = dict(self.table.option("params") or {})
        since = self.table.option("since")
        if since and self.since is not None:
            cursor = str(self.table.cursor)
            params[since["parameter"]] = _written(self.since, self.table.types[cursor], since.get("format"))
        if rows := self.table.option("page_rows"):
            params[self.paging["rows_parameter"]] = str(rows)
        if self.style in ("page", "offset", "cursor") and at is not None:
            params[self.paging.get("parameter", self.style)] = str(at)
        return below(self.base, str(self.table.option("path"))), params

    def _total(self, answer: Answer, document: Any, at: At) -> int | None:
        path, header = self.table.option("total"), self.table.option("total_header")
        if not (path or header):
            return None
        found = found_at(document, path) if path else answer.headers.get(header.lower(), MISSING)
        if found is MISSING and at != self.first:
            return None
        text = as_text(found) or ""
        if not text.strip().isdecimal():
            what = f"at {path!r}" if path else f"in the header {header!r}"
            raise self._error(f"has no count {what}", "correct `total:` or `total_header:` of the table, or remove it")
        return int(text)

    def _next(self, answer: Answer, document: Any, records: Sequence[Any], at: At) -> str | None:
        paging = self.paging
        if self.style == "link":
            if path := paging.get("next"):
                target = as_text(found_at(document, path))
            else:
                target = next_link(answer.headers.get("link", ""))
            return self._followed(target, at) if target else None
        if self.style != "cursor":
            return None
        if header := paging.get("next_header"):
            return answer.headers.get(header.lower()) or None
        if path := paging.get("last"):
            if not records:
                return None
            token = as_text(found_at(records[-1], path))
            if not token:
                raise self._error(f"has a last record without {path!r}", "correct `paging.last:` of the table")
            return token
        found = found_at(document, paging["next"])
        return None if found is False else as_text(found) or None

    def _followed(self, target: str, at: At) -> str:
        asked, _ = self._asked(at)
        try:
            address, foreign = followed(target, asked, self.base, self.source.options.get("hosts") or ())
        except ValueError as error:
            raise self._error("gives a next address that is none", "look at the answer in a browser") from error
        if foreign:
            raise ForeignAddress(foreign, source=self.source.name, table=self.table.name)
        return address

    def _unexpected(self, document: Any, path: str, found: Any) -> SourceUnreadableError:
        members = document if isinstance(document, Mapping) else {}
        arrays = [repr(name) for name, value in members.items() if isinstance(value, list)]
        has = f"it has arrays at: {', '.join(arrays)}" if arrays else f"it is {kind_of(document)}"
        if members and not arrays:
            has = f"it has: {', '.join(map(repr, list(members)[:10]))}"
        where = f"at {path!r}" if path else "at its top"
        what = "nothing" if found is MISSING else f"{kind_of(found)}, not an array,"
        return self._error(f"has {what} {where}", f"set `records:` of the table to the array's path; {has}")

    def _error(self, problem: str, hint: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"its answer {problem}", source=self.source.name, table=self.table.name, hint=hint)


def _since(table: TableSpec, known: Known | None) -> str | None:
    """Give the moment from which changes are asked for, None for everything."""
    mark = known.watermark if known else None
    if not table.cursor or mark is None or mark.value is None or mark.cursor != table.cursor:
        return None
    declared = table.types[table.cursor]
    if declared == "integer":
        return mark.value
    if declared == "date":
        return (date.fromisoformat(mark.value) - table.overlap).isoformat()
    return (datetime.fromisoformat(mark.value) - table.overlap).isoformat()


def _written(since: str, declared: str, form: str | None) -> str:
    """Write the moment as the API wants it: by default ISO 8601, with zone in UTC and to the second."""
    if declared == "integer":
        return (form or "{value}").replace("{value}", since)
    moment = date.fromisoformat(since) if declared == "date" else datetime.fromisoformat(since)
    if isinstance(moment, datetime) and moment.tzinfo:
        moment = moment.astimezone(UTC)
        form = form or _IN_UTC
    return moment.strftime(form) if form else moment.isoformat()
