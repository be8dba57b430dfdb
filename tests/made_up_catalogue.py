"""A publication as its catalogue tells it, without any file on disk."""

from dataclasses import replace
from typing import Any

from made_up_publication import PUBLICATION

from transforms.catalog import Described
from transforms.snapshot import Content, Manifest, PublishedFile, TableColumn, TableSummary

HOSTILE = """</script><script>alert("x")</script>'"&--><img src=x onerror=alert(1)>{{ 7 * 7 }}{city}\u2028"""
PAGES = frozenset({"policy.html", "policy.es.html", "dictionary.html", "dictionary.es.html"})


def file(path: str, content: Content, segment: str, label: str, size: int = 1000) -> PublishedFile:
    media_type = {"gz": "application/gzip", "zip": "application/zip"}.get(path.rpartition(".")[2], "application/x-test")
    return PublishedFile(path, content, segment, label, media_type, "0a" * 32, size, "2026-02-28T23:30:00Z", "f", 7)


FILES = (
    file("bulk/compiled/2024.jsonl.gz", "compiled", "2024", "JSON Lines"),
    file("bulk/compiled/2025.jsonl.gz", "compiled", "2025", "JSON Lines"),
    file("bulk/compiled/full.jsonl.gz", "compiled", "full", "JSON Lines"),
    file("bulk/compiled/undated.jsonl.gz", "compiled", "undated", "JSON Lines"),
    file("bulk/records/full-001.json.zip", "records", "full", "JSON"),
    file("bulk/records/full-002.json.zip", "records", "full", "JSON"),
    file("bulk/tables/2025.parquet/awards.parquet", "tables", "2025", "Parquet"),
    file("bulk/tables/full.csv.zip", "tables", "full", "CSV"),
    file("bulk/tables/full.parquet/awards.parquet", "tables", "full", "Parquet"),
    file("bulk/tables/full.xlsx", "tables", "full", "XLSX"),
    file("commits.csv.gz", "commits", "full", "CSV"),
)
TABLES = (
    TableSummary(
        "processes", (), (),
        (
            TableColumn("ocid"),
            TableColumn("tender/value/amount", "decimal"),
            TableColumn("tender/hasEnquiries", "boolean"),
        ),
        7,
    ),
    TableSummary("awards", ("awards",), (), (TableColumn("awards/id"), TableColumn("awards/date", "timestamp")), 5),
    TableSummary(
        "awards_suppliers", ("awards", "awards/suppliers"), ("awards/id",), (TableColumn("awards/suppliers/id"),), 5
    ),
    TableSummary("tender_madeUp", ("tender/madeUp",), (), (TableColumn("tender/madeUp/thing", "json"),), 1),
)  # fmt: skip
MANIFEST = Manifest(
    snapshot="20260302T050000Z-0a1b2c3d",
    city="lindenau",
    name={"en": "City of Lindenau", "es": "Ciudad de Lindenau"},
    as_of="2026-03-02T05:00:00Z",
    published="2026-03-01T05:00:00Z",
    issued="2025-01-01T05:00:00Z",
    code_version="1",
    fingerprint="f",
    counts={"releases": 12, "records": 7},
    files=FILES,
    tables=TABLES,
)


def described(manifest: Manifest = MANIFEST, **changes: Any) -> Described:
    """Describe the made-up publication, changed as asked."""
    return Described(manifest, replace(PUBLICATION, **changes), PAGES)


def without_files() -> Manifest:
    """A publication of which nothing is published yet."""
    return replace(MANIFEST, files=(), tables=(), issued=None, counts={"releases": 0, "records": 0})
