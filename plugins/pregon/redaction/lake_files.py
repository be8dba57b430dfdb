"""The lake without what was taken back: raw parts, images and rejects are rewritten, and manifests told of it.

Why a second time is safe: a file appears whole under its name, a masked one is masked again to the same bytes, and the
manifests are renewed last, from the files as they lie.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pregon.duck import session
from pregon.lake import Lake
from pregon.manifest import numbers, read
from pregon.sources.hashing import row_hashes
from pregon.sources.masking import MaskedRows, without_masked_cells


@dataclass
class Masked:
    """What was done: files rewritten, cells emptied in them, rejected rows whose text was emptied."""

    files: set[str] = field(default_factory=set)
    cells: int = 0
    rejects: int = 0
    manifests: int = 0


def mask_lake(
    lake: Lake,
    city: str,
    masked: Mapping[str, MaskedRows],
    content: Mapping[str, Collection[str]],
    telling: Callable[[str], bool],
    scratch: Path,
) -> Masked:
    """Empty cells wherever the lake holds their row, and the text of rejected rows that tells what was taken back.

    `content` names by table the columns that a row's hash is made of.
    """
    done = Masked()
    concerned: set[str] = set()
    with session(scratch, about=f"{city}: the files of a redaction") as connection:
        for key, table in _tables(lake, city):
            rows = masked.get(table, {})
            if key.rpartition("/")[2].startswith("rejects"):
                touched, count = _mask_rejects(lake, key, rows, telling)
                done.rejects += count
            elif rows:
                touched, count = _mask_rows(lake, key, rows, content[table], connection, scratch)
                done.cells += count
            else:
                continue
            if touched:
                concerned.add(key)
            if count:
                done.files.add(key)
    done.manifests = _renew(lake, city, concerned)
    return done


def _tables(lake: Lake, city: str) -> Iterator[tuple[str, str]]:
    """Give every Parquet file of raw parts, images and rejects, with its table."""
    for folder, place in (("raw", 3), ("image", 2)):
        for key in lake.list(f"{city}/{folder}"):
            if key.endswith(".parquet"):
                yield key, key.split("/")[place]


def _mask_rows(
    lake: Lake, key: str, masked: MaskedRows, content: Collection[str], connection: Any, scratch: Path
) -> tuple[bool, int]:
    """Mask one file; tell whether it has such rows at all, and how many cells were emptied now."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    compute: Any = pc
    wanted = pa.array(list(masked), pa.string())
    count, target = 0, scratch / "masked.parquet"
    with pq.ParquetFile(lake.local(key)) as file:
        groups = range(file.num_row_groups)
        if not any(
            compute.any(compute.is_in(file.read_row_group(group, columns=["_row"]).column(0), value_set=wanted)).as_py()
            for group in groups
        ):
            return False, 0
        schema: Any = file.schema_arrow
        types = {name: declared_type(schema.field(name).type) for name in schema.names if name in content}
        unique = {"_hash", "_row", "_position"}
        with pq.ParquetWriter(
            target, schema, compression="zstd",
            use_dictionary=[name for name in schema.names if name not in unique],  # type: ignore[arg-type]
            write_statistics=[one.name for one in schema if one.name == "_row" or not pa.types.is_string(one.type)],
        ) as writer:  # fmt: skip
            for group in groups:
                batches = []
                for batch in file.read_row_group(group).combine_chunks().to_batches():
                    emptied = without_masked_cells(batch, batch.column("_row"), masked)
                    count += _nulls(emptied) - _nulls(batch)
                    if emptied is not batch:
                        hashes = row_hashes(connection, emptied, types)
                        hit = compute.is_in(batch.column("_row"), value_set=wanted)
                        place = schema.get_field_index("_hash")
                        kept = compute.if_else(hit, hashes, batch.column(place))
                        emptied = emptied.set_column(place, schema.field(place), kept)
                    batches.append(emptied)
                table = pa.Table.from_batches(batches, schema=schema)
                writer.write_table(table, row_group_size=max(table.num_rows, 1))
    if count:
        lake.put_file(key, target)
    return True, count


def _nulls(batch: Any) -> int:
    return sum(column.null_count for column in batch.columns)


def declared_type(arrow: Any) -> str:
    """Give the declared type of a column from that of its file, as hashes are made by it."""
    import pyarrow as pa

    if pa.types.is_timestamp(arrow):
        return "timestamptz" if arrow.tz else "timestamp"
    kinds = {
        "string": "text", "int64": "integer", "date32[day]": "date", "bool": "boolean",
    }  # fmt: skip
    return kinds.get(str(arrow), "decimal")


def _mask_rejects(lake: Lake, key: str, masked: MaskedRows, telling: Callable[[str], bool]) -> tuple[bool, int]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table: Any = pq.read_table(lake.local(key))
    rows, raws, details = (table.column(name).to_pylist() for name in ("_row", "_raw", "_detail"))
    hit = [
        row in masked or telling(raw or "") or telling(detail or "")
        for row, raw, detail in zip(rows, raws, details, strict=True)
    ]
    # A row that tells nothing any more is known again by its key alone.
    concerned = any(hit) or any(raw == "" for raw in raws)
    count = sum(one and bool(raw or detail) for one, raw, detail in zip(hit, raws, details, strict=True))
    if not count:
        return concerned, 0
    for name, values in (("_raw", raws), ("_detail", details)):
        place = table.schema.get_field_index(name)
        emptied = pa.array(["" if one else value for one, value in zip(hit, values, strict=True)], pa.string())
        table = table.set_column(place, table.schema.field(place), emptied)
    with lake.writer(key) as path:
        pq.write_table(table, path, compression="zstd")
    return True, count


def columns_with(lake: Lake, city: str, texts: Collection[str]) -> dict[str, int]:
    """Give the columns (`table.column`) of raw parts, images and rejects that still hold a text, with their rows.

    A row counts once in each file that has it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    compute: Any = pc
    found: Counter[str] = Counter()
    for key, table in _tables(lake, city) if texts else ():
        with pq.ParquetFile(lake.local(key)) as file:
            names = [one.name for one in file.schema_arrow if pa.types.is_string(one.type) and one.name != "_hash"]
            for group in range(file.num_row_groups):
                for name, column in zip(names, file.read_row_group(group, columns=names).columns, strict=True):
                    held: Any = None
                    for text in texts:
                        one = compute.match_substring(column, text)
                        held = one if held is None else compute.or_(held, one)
                    found[f"{table}.{name}"] += compute.sum(held).as_py() or 0
    return {name: count for name, count in sorted(found.items()) if count}


def _renew(lake: Lake, city: str, concerned: Collection[str]) -> int:
    """Write checksum and size of files that were rewritten into every manifest that names them."""
    count = 0
    for number in numbers(lake, city) if concerned else ():
        key = f"{city}/manifests/{number:06d}.json"
        before = lake.read_json(key)
        after = _with_checksums(lake, before, concerned)
        if after != before:
            lake.put_json(key, after)
            read(lake, city, number)  # what was written can be read
            count += 1
    return count


def _with_checksums(lake: Lake, value: Any, concerned: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_with_checksums(lake, member, concerned) for member in value]
    if not isinstance(value, dict):
        return value
    if "sha256" in value and value.get("key") in concerned:
        return lake.ref(value["key"], value["rows"]).to_json()
    return {name: _with_checksums(lake, member, concerned) for name, member in value.items()}
