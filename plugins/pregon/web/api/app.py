"""The API of a publication: records and releases by their ids, after a cursor, and by what they say.

It reads the promoted snapshot alone. Answers are packages of the standard, made of the bytes that the static pages
hold. How an answer is described to programs and people: `pregon.web.api.description`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

import orjson
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from pregon.publication.source import Series
from pregon.web.api.answers import answer, problem
from pregon.web.api.description import description, documentation, page_names, schema_names
from pregon.web.api.parameters import Nothing, RecordFilter, ReleaseFilter, cursor_of
from pregon.web.api.snapshot import About, Found, Gone, SnapshotReader, open_snapshot
from pregon.web.cities import public_folder

API = "/api/v1"

_ATTEMPTS = 3
_Answer = TypeVar("_Answer")


class _Refused(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more


def _once(request: Request) -> None:
    """Refuse parameters that are given twice: nobody could know which is obeyed."""
    names = [name for name, _ in request.query_params.multi_items()]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        errors = [{"in": "query", "name": name, "problem": "is given more than once"} for name in repeated]
        raise _Refused(400, _SEVERAL, errors=errors)


_WRONG = "The request can't be understood: see errors. No se entiende la solicitud: vea errors."
_SEVERAL = "A parameter is given more than once. Un parámetro aparece más de una vez."
_NO_API = "There is no publication with an API here. Aquí no hay ninguna publicación con API."
_FAILED = "The server failed; its operator can see why. El servidor falló; su operador puede ver por qué."
_NO_ENTRY = "Not found in this publication. No se encuentra en esta publicación."


def api_app(public: Path) -> ASGIApp:
    """Make the API of a folder of publications, to be mounted where the path names the `city`."""
    app = FastAPI(
        title="Pregón", version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
        dependencies=[Depends(_once)],
    )  # fmt: skip

    def read(request: Request, ask: Callable[[SnapshotReader], _Answer]) -> tuple[About, _Answer]:
        """Ask the snapshot that is promoted now; again, where it is retired meanwhile."""
        folder = public_folder(public, request.path_params["city"])
        for _ in range(_ATTEMPTS):
            snapshot = open_snapshot(folder) if folder else None
            if snapshot is None:
                break
            try:
                return snapshot.about, ask(snapshot)
            except Gone:
                continue
        raise _Refused(404, _NO_API)

    @app.get("/records", operation_id="listRecords")
    def list_records(request: Request, chosen: Annotated[RecordFilter, Query()]) -> Response:
        about, found = read(request, lambda snapshot: snapshot.records(chosen))
        return _page(request, about, "records", found, chosen.model_dump(exclude_defaults=True))

    @app.get("/releases", operation_id="listReleases")
    def list_releases(request: Request, chosen: Annotated[ReleaseFilter, Query()]) -> Response:
        about, found = read(request, lambda snapshot: snapshot.releases(chosen))
        return _page(request, about, "releases", found, chosen.model_dump(exclude_defaults=True))

    # Ids of other publishers may hold slashes.
    @app.get("/records/{ocid:path}/releases/{id:path}", operation_id="getRelease")
    def get_release(request: Request, ocid: str, id: str, _: Annotated[Nothing, Query()]) -> Response:  # noqa: A002
        about, found = read(request, lambda snapshot: snapshot.release(ocid, id))
        return _single(request, about, "releases", found, f"/records/{quote(ocid, '')}/releases/{quote(id, '')}")

    @app.get("/records/{ocid:path}", operation_id="getRecord")
    def get_record(request: Request, ocid: str, _: Annotated[Nothing, Query()]) -> Response:
        about, found = read(request, lambda snapshot: snapshot.record(ocid))
        return _single(request, about, "records", found, f"/records/{quote(ocid, '')}")

    @app.get("/{name}", include_in_schema=False)
    def document(request: Request, name: str) -> Response:
        about, example = read(request, lambda snapshot: snapshot.example())
        schemas, pages = schema_names(about.languages), page_names(about.languages)
        language = schemas.get(name) or pages.get(name)
        if language is None:
            raise _Refused(404, _NO_ENTRY)
        described = description(app, API, about, example, language)
        if name in schemas:
            body = orjson.dumps(described, option=orjson.OPT_INDENT_2)
            return answer(request, body, "application/json", about.manifest.as_of)
        page = documentation(described, about, language)
        return answer(request, page, "text/html; charset=utf-8", about.manifest.as_of)

    @app.get("/", include_in_schema=False)
    def home(request: Request) -> Response:
        return document(request, "index.html")

    app.add_exception_handler(Exception, _failed)
    app.add_exception_handler(_Refused, _refused)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    return _HeadAsGet(app)


def _page(request: Request, about: About, series: Series, found: Found, query: Mapping[str, Any]) -> Response:
    """Answer with a page; each that holds something has a next one, so that followers know where to go on."""
    address = f"{about.base_url}{API}/{series}"
    links = {}
    if found.last is not None:
        links["next"] = f"{address}?{urlencode({**query, 'cursor': cursor_of(found.last)})}"
    uri = f"{address}?{urlencode(query)}" if query else address
    return answer(request, _package(about, series, found, uri, links), "application/json", about.manifest.as_of)


def _single(request: Request, about: About, series: Series, found: Found, path: str) -> Response:
    if found.last is None:
        raise _Refused(404, _NO_ENTRY)
    body = _package(about, series, found, f"{about.base_url}{API}{path}", None)
    return answer(request, body, "application/json", found.changed)


def _package(about: About, series: Series, found: Found, uri: str, links: Mapping[str, str] | None) -> bytes:
    metadata = {"uri": uri, "publishedDate": found.changed or about.manifest.published, **about.package}
    if links is not None:
        metadata["links"] = dict(links)
    head = orjson.dumps(metadata)
    return b'%b,"%b":[%b]}\n' % (head[:-1], series.encode(), b",".join(found.texts))


def _failed(_: Request, error: Exception) -> Response:
    del error  # it is logged; readers are not told what is inside
    return problem(500, _FAILED)


def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, _Refused):
        raise error
    return problem(error.status, error.detail, **error.more)


def _http_problem(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [{"in": one["loc"][0], "name": str(one["loc"][-1]), "problem": _told(one)} for one in error.errors()]
    return problem(400, _WRONG, errors=errors)


def _told(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "is not a known parameter"
    return str(error["msg"]).removeprefix("Value error, ")


class _HeadAsGet:
    """Answers HEAD as GET: the server itself leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
