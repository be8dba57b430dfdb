"""Static serving of `HOME/public`: what any web server would do, with the promises of the manifest.

Only what a manifest lists can be requested, by looking its path up: nothing beside the snapshot can be reached, and
internal or unfinished files have no address. Each request resolves `current` once. A file's ETag is its checksum.

Beside the files, `api/v1/` answers queries: `pregon.web.api`.
"""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse

from pregon.publication.manifest import MANIFEST, BrokenSnapshot, checksum, read_manifest
from pregon.publication.promote import resolve_current
from pregon.web.api import API, api_app
from pregon.web.cities import public_folder
from pregon.web.headers import HEADERS, has_etag
from transforms.feeds.topics import discovery_link, topics
from transforms.site.cities import PublishedCity, cities_page
from transforms.snapshot import Manifest, PublishedFile


@dataclass(frozen=True)
class Served:
    """A file that may be sent."""

    path: Path
    media_type: str
    sha256: str
    link: str | None = None


@lru_cache(maxsize=64)
def _index(snapshot: Path) -> tuple[Manifest, dict[str, Served]]:
    """Read a snapshot's manifest once: snapshots never change."""
    manifest = read_manifest(snapshot)
    links = _links(manifest)
    served = {
        one.path: Served(snapshot / one.path, _media_type(one), one.sha256, links.get(one.path))
        for one in manifest.files
    }
    served[MANIFEST] = Served(snapshot / MANIFEST, "application/json", checksum(snapshot / MANIFEST))
    return manifest, served


def _links(manifest: Manifest) -> dict[str, str]:
    """Give the headers `Link` of feeds: subscribers look for the hub there before they read the feed."""
    if manifest.hub is None or manifest.base_url is None:
        return {}
    base = manifest.base_url.rstrip("/")
    return {one.path: discovery_link(manifest.hub, f"{base}/{one.path}") for one in topics(manifest.files)}


def _media_type(one: PublishedFile) -> str:
    return f"{one.media_type}; charset=utf-8" if one.media_type.startswith("text/") else one.media_type


def create_app(public: Path) -> FastAPI:
    """Make the server of a folder of publications: `/` lists the cities, `/<city>/…` is a city's `current/`."""
    app = FastAPI(title="Pregón", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD"],
        allow_headers=["Range", "If-None-Match", "If-Modified-Since", "If-Range"],
        expose_headers=["ETag", "Last-Modified", "Content-Length", "Content-Range", "Accept-Ranges", "Link"],
    )

    @app.api_route("/", methods=["GET", "HEAD"])
    def cities() -> Response:
        return HTMLResponse(cities_page(list_cities(public)), headers=HEADERS)

    @app.api_route("/{city}", methods=["GET", "HEAD"])
    def without_slash(city: str) -> Response:
        return RedirectResponse(f"/{city}/", status_code=308) if _current(public, city) else _not_found()

    @app.api_route(f"/{{city}}{API}", methods=["GET", "HEAD"])
    def api_without_slash(city: str) -> Response:
        return RedirectResponse(f"/{city}{API}/", status_code=308) if _current(public, city) else _not_found()

    app.mount(f"/{{city}}{API}", api_app(public))

    @app.api_route("/{city}/{path:path}", methods=["GET", "HEAD"])
    def file(city: str, path: str, request: Request) -> Response:
        served = _current(public, city)
        found = served[1].get(path or "index.html") if served else None
        return _answer(found, request) if found else _not_found()

    return app


def list_cities(public: Path) -> list[PublishedCity]:
    """List the cities that have a promoted publication, by slug."""
    found = []
    for folder in sorted(public.glob("[!.]*")) if public.is_dir() else []:
        served = _current(public, folder.name)
        if served:
            found.append(PublishedCity(served[0]))
    return found


def _current(public: Path, city: str) -> tuple[Manifest, dict[str, Served]] | None:
    folder = public_folder(public, city)
    snapshot = resolve_current(folder) if folder else None
    if snapshot is None:
        return None
    try:
        return _index(snapshot)
    except BrokenSnapshot:
        return None


def _answer(found: Served, request: Request) -> Response:
    try:
        status = found.path.stat()
    except FileNotFoundError:  # a retired snapshot
        return _not_found()
    headers = {**HEADERS, **({"Link": found.link} if found.link else {})}
    response = FileResponse(
        found.path, media_type=found.media_type, headers={**headers, "ETag": f'"{found.sha256}"'}, stat_result=status
    )
    if _is_known(request, response.headers["etag"], int(status.st_mtime)):
        kept = ("etag", "last-modified")
        return Response(status_code=304, headers={**headers, **{name: response.headers[name] for name in kept}})
    return response


def _is_known(request: Request, etag: str, modified: int) -> bool:
    """Tell whether the client has these bytes (RFC 9110, 13.1: If-None-Match goes before If-Modified-Since)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return has_etag(known, etag)
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return modified <= int(parsedate_to_datetime(since).timestamp())
    except ValueError:
        return False


def _not_found() -> Response:
    return PlainTextResponse("Not found. No encontrado.\n", status_code=404, headers=HEADERS)
