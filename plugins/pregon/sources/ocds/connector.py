"""The connector for OCDS that is published already: files of any shape, or the pages of an API of packages."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from operator import itemgetter
from typing import Any

from pregon.sources.base import SourceConfigurationError, SourceSpec, TableSpec
from pregon.sources.batches import Batch, raw_text
from pregon.sources.casting import typed_batch
from pregon.sources.connector import MAX_CHUNKS, Chunk, ChunkRead, Completion, Connector, Known, Place, TablePlan
from pregon.sources.files.connector import FilesConnector
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.rows import Rows, TableReport, empty
from pregon.sources.files.text import find_encoding
from pregon.sources.http.client import HttpClient, open_client
from pregon.sources.http.errors import AddressNotFound, RequestRefused
from pregon.sources.ocds.rows import collect, read_documents, read_lines
from pregon.sources.ocds.shapes import DECODER, Shapes
from pregon.sources.rest.addresses import followed
from pregon.sources.rest.documents import as_text, found_at
from pregon.sources.rest.errors import ForeignAddress, PagingLoop, SourceMoved, UnexpectedAnswer
from pregon.sources.rest.paging import At, Mark, Page, Walk

TOGETHER = 32 << 20
"""Bytes of files that one task reads, unless a single file has more."""

NEXT = "links.next"
"""Where the packages of an API say which is the next (OCDS 1.1, hosting APIs)."""


@contextmanager
def open_ocds(source: SourceSpec, place: Place) -> Iterator["OcdsConnector"]:
    """Open a source of kind `ocds`."""
    with ExitStack() as stack:
        paged = any(not table.option("file") for table in source.tables)
        client = stack.enter_context(open_client(source)) if paged else None
        yield OcdsConnector(source, place, client)


class OcdsConnector:
    """Reads releases, each a row; a table is files, or pages."""

    def __init__(self, source: SourceSpec, place: Place, client: HttpClient | None) -> None:
        self._files = _Files(source, place)
        self._pages = _Pages(source, client) if client else None

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Plan to read all there is.

        Raises:
            SourceError: a file or an address is not there, or is not JSON.
        """
        return self._reader(table).plan(table, known)

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read a file from its start, or pages after one that is safe."""
        return self._reader(table).read(table, chunk, after)

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Nothing is left to do."""
        return self._reader(table).complete(table, plan)

    def _reader(self, table: TableSpec) -> Connector:
        # The local variant of a table of pages has both.
        return self._files if table.option("file") or self._pages is None else self._pages


class _Files(FilesConnector):
    """Files are found, fetched, unpacked and told apart by their bytes as those of kind `files`."""

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Plan to read all files; small ones together, since some publishers have one for each release."""
        plan = super().plan(table, known)
        files = sorted((file for chunk in plan.chunks for file in chunk.bounds["files"]), key=itemgetter("name"))
        groups: list[list[dict[str, Any]]] = []
        size = TOGETHER
        for file in files:
            if size + file["bytes"] > TOGETHER:
                groups.append([])
                size = 0
            groups[-1].append(file)
            size += file["bytes"]
        if len(groups) <= MAX_CHUNKS:
            several = {"several": True} if len(files) > 1 else {}
            plan.chunks = tuple(Chunk(_label(group, len(groups)), {"files": group, **several}) for group in groups)
        return plan

    def _rows(self, table: TableSpec, file: SourceFile, report: TableReport) -> Iterator[Rows]:
        name = file.inner_name.lower()
        kind = table.option("format") or ("jsonl" if name.endswith((".jsonl", ".ndjson")) else "json")
        if kind not in ("json", "jsonl"):
            raise SourceConfigurationError(
                f"has format {kind!r}, but OCDS is JSON",
                source=file.source,
                table=file.table,
                file=file.name,
                hint="set `format:` of the table to json or jsonl; for tables as CSV use a source of kind files",
            )
        encoding = find_encoding(file, table.option("encoding"))
        if encoding is None:
            raise empty(file, "is empty")
        report.encodings[encoding.name] = encoding.origin
        return (read_lines if kind == "jsonl" else read_documents)(file, table, encoding, report)


def _label(files: list[dict[str, Any]], groups: int) -> str:
    if groups == 1:
        return ""
    first, last = str(files[0]["name"]), str(files[-1]["name"])
    return first if len(files) == 1 else f"{first} to {last}"


class _Pages:
    """Follows the next addresses of an API of packages."""

    def __init__(self, source: SourceSpec, client: HttpClient) -> None:
        self._source = source
        self._client = client

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        del known
        self._ask(table, None, Shapes())
        return TablePlan((Chunk("pages"),), moving=True)

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        del chunk
        reading = ChunkRead(iter(()))
        reading.batches = self._batches(table, Mark.from_json(after) if after else Mark(None), reading)
        return reading

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        del table, plan
        return Completion()

    def _batches(self, table: TableSpec, mark: Mark, reading: ChunkRead) -> Iterator[Batch]:
        place = {"source": self._source.name, "table": table.name}
        shapes = Shapes()
        walk = Walk(
            lambda at: self._ask(table, at, shapes),
            moved=lambda repairs: SourceMoved(repairs, **place),
            looping=lambda pages: PagingLoop(pages, **place),
            expired=(AddressNotFound, RequestRefused),
        )
        for found, following in walk.chain(mark):
            batches = [_batch(table, rows) for rows in collect(found, table, mark.record + 1)]
            # Only after the last batch of a page may reading go on with the next one.
            yield from batches[:-1]
            yield replace(batches[-1], after=following.to_json())
            mark = following
        reading.notes |= {"pages": mark.pages, **shapes.counts}

    def _ask(self, table: TableSpec, at: At, shapes: Shapes) -> Page:
        address = str(at) if at is not None else str(table.option("pages"))
        answer = self._client.get(address, table=table.name)
        try:
            document = DECODER.decode(answer.body.decode("utf-8-sig"))
        except ValueError as error:
            raise self._error(table, f"is no JSON ({error})") from error
        target = as_text(found_at(document, str(table.option("next") or NEXT)))
        return Page(list(shapes.value(document)), None, self._followed(table, target, address) if target else None)

    def _followed(self, table: TableSpec, target: str, asked: str) -> str:
        try:
            base = str(table.option("pages"))
            address, foreign = followed(target, asked, base, self._source.options.get("hosts") or ())
        except ValueError as error:
            raise self._error(table, "gives a next address that is none") from error
        if foreign:
            raise ForeignAddress(foreign, source=self._source.name, table=table.name)
        return address

    def _error(self, table: TableSpec, problem: str) -> UnexpectedAnswer:
        hint = "look at the address in a browser"
        return UnexpectedAnswer(f"its answer {problem}", source=self._source.name, table=table.name, hint=hint)


def _batch(table: TableSpec, rows: Rows) -> Batch:
    first = min([*rows.records, *(reject.position for reject in rows.rejects)])
    columns = {
        name: cells if isinstance(cells, Sequence) else cells.to_pylist() for name, cells in rows.columns.items()
    }
    batch = typed_batch(table, columns, first, lambda index: raw_text(columns["document"][index]))
    return replace(batch, rejects=(*batch.rejects, *rows.rejects), unfit=None)
