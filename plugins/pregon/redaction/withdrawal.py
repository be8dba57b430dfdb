"""Processes that are taken back as a whole: held back in every account, and empty in the lake."""

from collections.abc import Collection, Iterable

from pregon.lake import Lake
from pregon.ledger import Ledger, MaskedCell, QuarantineRow
from pregon.redaction.lineage import structural_columns
from pregon.stages.context import CityContext
from pregon.stages.redacted import REDACTED, WITHDRAWN
from pregon.stages.since import rows_key
from pregon.stages.withheld import withheld_key


def hold_back(ledger: Ledger, lake: Lake, slug: str, withdrawn: Collection[str]) -> None:
    """Let processes count as held back, now and in the next run, which may not look at them. Safe to repeat."""
    head = ledger.head()
    if head is None or not withdrawn:
        return
    owners = {
        ocid: row
        for ocid, provenance in ledger.provenance(sorted(withdrawn)).items()
        for entry, row in provenance
        if entry == ""
    }
    for ocid, row in sorted(owners.items()):
        table, _, key = row.partition(":")
        ledger.redacting.quarantine(
            QuarantineRow(table=table, row=key, reason=REDACTED, message=WITHDRAWN, ocid=ocid), head.run_id
        )
    if not lake.exists(rows_key(slug, head.manifest)):
        return
    processes = {row: process for row, process in _served(lake, slug, head.manifest) if row in set(owners.values())}
    key = withheld_key(slug, head.manifest)
    before = lake.read_json(key) if lake.exists(key) else {}
    held = {ocid: processes[row] for ocid, row in owners.items() if row in processes}
    lake.put_json(key, {**before, **held})


def withdrawn_cells(context: CityContext, lake: Lake, withdrawn: Collection[str]) -> set[MaskedCell]:
    """Give all cells of rows that serve nothing but these processes, except what names and joins rows.

    Not those of lookup tables: an organization that serves no other process today may serve one tomorrow.
    """
    head, slug = context.ledger.head(), context.city.slug
    if head is None or not withdrawn:
        return set()
    key = withheld_key(slug, head.manifest)
    known = lake.read_json(key) if lake.exists(key) else {}
    gone = {process for ocid, process in known.items() if ocid in withdrawn}
    rows: set[str] = set()
    others: set[str] = set()
    for row, process in _served(lake, slug, head.manifest):
        (rows if process in gone else others).add(row)
    protected = structural_columns(context)
    columns = {
        name: set(table.columns) - protected[name] for _, name, table in context.city.tables() if not table.lookup
    }
    return {
        MaskedCell(table, name, column)
        for table, _, name in (row.partition(":") for row in rows - others)
        for column in columns.get(table, ())
    }


def _served(lake: Lake, slug: str, manifest: int) -> Iterable[tuple[str, str]]:
    """Stream which source row serves which process, as of a commit."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(lake.local(rows_key(slug, manifest))) as file:
        for batch in file.iter_batches(columns=["_row", "_process"]):
            yield from zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)
