"""Answers over HTTP: validators, compression, and problems that programs understand."""

import gzip
import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Request, Response

from pregon.web.headers import HEADERS, has_etag

PROBLEM = "application/problem+json"

_WORTH_COMPRESSING = 1_000
_LEVEL = 5


def answer(request: Request, body: bytes, media_type: str, modified: str | None = None) -> Response:
    """Answer with a body, compressed if the reader takes gzip, or with 304 if they have it.

    `modified` is when what it says was committed. It is compared for being the same and not for being older: after a
    rollback what is answered is older than what the reader has.
    """
    etag = hashlib.sha256(body).hexdigest()[:32]
    headers = {**HEADERS, "Vary": "Accept-Encoding"}
    if modified is not None:
        headers["Last-Modified"] = format_datetime(datetime.fromisoformat(modified).astimezone(UTC), usegmt=True)
    packed = len(body) >= _WORTH_COMPRESSING and _takes_gzip(request.headers.get("accept-encoding", ""))
    # Bytes that differ have another ETag (RFC 9110, 8.8.3.3).
    headers["ETag"] = f'"{etag}-gzip"' if packed else f'"{etag}"'
    if _is_known(request, headers["ETag"], modified):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, _LEVEL, mtime=0)
    return Response(body, headers=headers, media_type=media_type)


def problem(status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """Answer with a problem (RFC 9457); `more` are members of its own."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return Response(
        orjson.dumps(content), status_code=status, headers={**HEADERS, **(headers or {})}, media_type=PROBLEM
    )


def _takes_gzip(accepted: str) -> bool:
    for coding in accepted.split(","):
        name, _, quality = coding.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            _, _, value = quality.partition("=")
            try:
                return not value or float(value) > 0
            except ValueError:
                return False
    return False


def _is_known(request: Request, etag: str, modified: str | None) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        return has_etag(known, etag)
    since = request.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(since) == datetime.fromisoformat(modified)
    except (ValueError, TypeError):
        return False
