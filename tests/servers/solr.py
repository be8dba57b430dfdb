"""Just enough of Solr for a CKAN on loopback, which keeps there what it shows of datasets: terms, no relevance."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from defusedxml import ElementTree

Document = Mapping[str, list[str]]

_TERM = re.compile(r'(\w+|\*):(?:\(([^)]*)\)|"([^"]*)"|([^\s()]+))')
_VALUE = re.compile(r'"([^"]*)"|([^\s"]+)')


def matches(document: Document, query: str) -> bool:
    """Tell whether a document is one that a query asks for: terms joined by AND, or all by OR."""
    parts = [re.sub(r"^\+?\((.*)\)$", r"\1", part.strip()) for part in query.split(" AND ")]
    return all(_part(document, part) for part in parts if part)


def _part(document: Document, part: str) -> bool:
    terms = list(_TERM.finditer(part))
    if not terms:  # words
        texts = " ".join(value for values in document.values() for value in values).lower()
        return all(word in texts for word in part.strip('"').lower().split())
    found = [_term(document, *term.groups()) for term in terms]
    return any(found) if " OR " in _TERM.sub("", part) else all(found)


def _term(document: Document, field: str, group: str | None, quoted: str | None, plain: str | None) -> bool:
    wanted = {a or b for a, b in _VALUE.findall(group)} - {"OR"} if group else {quoted if quoted is not None else plain}
    return "*" in wanted or bool(wanted & set(document.get(field, ())))


@contextmanager
def solr_server(schema: Path, port: int = 0) -> Iterator[str]:
    """Serve until the block ends, with a schema that is only shown; gives the address."""
    documents: dict[str, dict[str, list[str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            self._answer(schema.read_bytes() if path.endswith("/schema") else self._select(query))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if "/update" in self.path:
                self._update(body)
                self._answer(b'{"responseHeader": {"status": 0}}')
            else:
                self._answer(self._select(parse_qs(body.decode())))

        def _update(self, body: bytes) -> None:
            if body[:1] == b"[":
                for fields in json.loads(body):
                    listed = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
                    document = {name: [str(one) for one in found if one is not None] for name, found in listed.items()}
                    documents[document["index_id"][0]] = document
                return
            root = ElementTree.fromstring(body)
            for query in root.iter("query") if root.tag == "delete" else ():
                for key in [key for key, one in documents.items() if matches(one, query.text or "")]:
                    del documents[key]

        def _select(self, query: dict[str, list[str]]) -> bytes:
            asked = [*query.get("q", ()), *query.get("fq", ())]
            found = [one for one in list(documents.values()) if all(matches(one, part) for part in asked)]
            start, rows = int(query.get("start", ["0"])[0]), int(query.get("rows", ["10"])[0])
            docs = [
                {name: values if name in ("tags", "groups") else values[0] for name, values in one.items() if values}
                for one in found[start : start + rows]
            ]
            response = {"numFound": len(found), "start": start, "docs": docs}
            return json.dumps({"response": response, "facet_counts": {"facet_fields": {}}}).encode()

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}/solr/ckan"
        finally:
            http.shutdown()
            thread.join()
