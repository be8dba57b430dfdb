"""The part of the benchmark of sources that reads a CSV file: the extract stage, and DuckDB's own copy to Parquet.

The rows are made up, and shaped like a city's list of contracts: ids, Spanish texts with quotes, commas and line
breaks in some, dates, amounts, columns that are mostly empty.
"""

from pathlib import Path

from source_part import Part, extracted, run_step

FILE = "contracts.csv"

_COLUMNS = {
    "contract_no": "printf('PO-%08d', n)",
    "revision": "(n % 3)::VARCHAR",
    "title": "'Suministro de ' || ['asfalto', 'señalización', 'cómputo', 'uniformes'][1 + h % 4]"
    " || ' para el distrito ' || (h % 97) || CASE WHEN h % 10 = 0 THEN ', fase \"' || (h % 7) || '\"' ELSE '' END",
    "description": "CASE WHEN h % 25 = 0 THEN 'Incluye entrega,' || chr(10) || 'montaje y ' || h"
    " ELSE 'Lote ' || h % 9973 END",
    "department": "['Transportation', 'Water Management', 'Public Health', 'Fleet, Facilities'][1 + n % 4]",
    "vendor_id": "printf('%07d', h % 40009)",
    "vendor_name": "'Proveedor ' || (h % 40009) || ' S.A.'",
    "start_date": "strftime(DATE '2010-01-01' + (h % 5800)::INTEGER, '%m/%d/%Y')",
    "end_date": "CASE WHEN h % 5 = 0 THEN '' ELSE strftime(DATE '2012-01-01' + (h % 6100)::INTEGER, '%m/%d/%Y') END",
    "award_amount": "printf('%d.%02d', h % 9000000, n % 100)",
    "procurement_type": "CASE WHEN h % 6 = 0 THEN 'BID' ELSE '' END",
    "contract_pdf": "CASE WHEN h % 2 = 0 THEN 'https://example.org/contracts/' || n || '.pdf' ELSE '' END",
}


def make(folder: Path, rows: int) -> int:
    """Write the file."""
    import duckdb

    columns = ", ".join(f"{expression} AS {name}" for name, expression in _COLUMNS.items())
    duckdb.sql(f"""
        COPY (SELECT {columns} FROM (SELECT range AS n, (hash(range) % 1000000007)::BIGINT AS h FROM range({rows})))
        TO '{folder / FILE}' (FORMAT csv, HEADER)
    """)
    return rows


def pregon(folder: Path, _rows: int) -> int:
    """Extract the file, with a key of two columns."""
    from pregon.sources.base import ColumnSpec, GuardSpec, SourceSpec, TableSpec

    columns = {name: ColumnSpec(name) for name in _COLUMNS}
    guards = GuardSpec(round_numbers=False)
    key = ("contract_no", "revision")
    table = TableSpec("contracts", key, columns, guards=guards, options={"file": FILE})
    return extracted(folder, SourceSpec("portal", "files", (table,)))


def reference(folder: Path, _rows: int) -> int:
    """Copy the file with DuckDB alone, every value as text."""
    import duckdb

    target = folder / "copy.parquet"
    duckdb.sql(f"""
        COPY (SELECT * FROM read_csv('{folder / FILE}', all_varchar=true)) TO '{target}'
        (FORMAT parquet, COMPRESSION zstd)
    """)
    found: int = duckdb.sql(f"SELECT count(*) FROM '{target}'").fetchall()[0][0]
    return found


PART = Part(
    name="csv",
    program="sources_csv.py",
    reference="DuckDB's COPY of read_csv to Parquet",
    target=2.0,
    steps={"make": make, "pregon": pregon, "reference": reference},
)

if __name__ == "__main__":
    run_step(PART)
