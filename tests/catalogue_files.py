"""A made-up publication with its catalogue, as portals and tools find it."""

import hashlib
import json
import os
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from made_up_publication import PUBLICATION, made_up_source

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.tables import TableOptions
from transforms.site.policy import Policy, Withheld

if TYPE_CHECKING:
    from rdflib import Graph

_REFERENCE = Path(os.environ.get("PREGON_REFERENCE", Path(__file__).resolve().parents[2] / "shared"))
OFFICIAL = _REFERENCE / "catalogues"
"""Official schemas and shapes, if they are among the reference material.

`dcat-us-1.1/*.json`, `dcat-ap-3/*.ttl` (3.0) and `datapackage-2.0/datapackage.json`, as their projects publish them.
What they ask for is asked in our own words, too, so that nothing goes unjudged without them.
"""

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)
BASE = "https://data.lindenau.example/contracting/"
DATASET = f"{BASE}dataset/ocds"

POLICY = Policy(
    sources=("sql", "files", "sql"),
    persons=(("supplier", "publish"), ("tenderer", "withhold")),
    contact_points="withhold",
    withheld=(Withheld("bids", "tender/status", ("planned", "active"), when=False),),
    codes=(("documentType", ("bidTabulation",)),),
    schemes=("US-LD-VENDOR",),
    said={"changes": {"en": "Payments from 2027 on.", "es": "Pagos a partir de 2027."}},
)


def publish(folder: Path, *, tables: TableOptions = TableOptions(), **changes: Any) -> Snapshot:  # noqa: B008
    """Publish the made-up city with all that a catalogue can tell of."""
    publication = replace(PUBLICATION, **changes)
    return build_snapshot(
        folder, made_up_source(), publication, as_of=AS_OF, code_version="1", tables=tables, policy=POLICY
    )


def read(snapshot: Path, name: str) -> dict[str, Any]:
    """A file of the catalogue that is JSON."""
    found: dict[str, Any] = json.loads((snapshot / name).read_bytes())
    return found


def graph(file: Path) -> "Graph":
    """The graph of a file, as any reader of RDF finds it."""
    from rdflib import Graph

    with warnings.catch_warnings():
        # rdflib's reader of JSON-LD uses a class of its own that it deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        return Graph().parse(file, format="turtle" if file.suffix == ".ttl" else "json-ld")


def sha256(file: Path) -> str:
    """Checksum of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
