"""Reading back what a dataset of a Socrata portal holds after a push."""

from collections.abc import Iterator
from decimal import Decimal

from pregon.publishers.socrata_api import SocrataApi
from pregon.publishers.socrata_load import DatasetLoad
from transforms.catalog.socrata import comparable

_AGGREGATES_AT_ONCE = 20


def wrong(api: SocrataApi, load: DatasetLoad) -> list[str]:
    """Say what is not as it should be: the number of rows, else values and sums of columns, and rows of a sample."""
    count, _ = api.count(load.dataset)
    if count != load.rows:
        return [f"{load.dataset} has {count:,} rows, and {load.table.name} has {load.rows:,}"]
    return [*_wrong_columns(api, load), *_wrong_rows(api, load)]


def _wrong_columns(api: SocrataApi, load: DatasetLoad) -> Iterator[str]:
    fields = list(load.types)
    for start in range(0, len(fields), _AGGREGATES_AT_ONCE):
        part = fields[start : start + _AGGREGATES_AT_ONCE]
        asked = {f"filled_{number}": ("count", field) for number, field in enumerate(part)}
        asked |= {f"sum_{number}": ("sum", field) for number, field in enumerate(part) if field in load.sums}
        found = api.aggregates(load.dataset, asked)
        for number, field in enumerate(part):
            filled = int(found.get(f"filled_{number}") or 0)
            if filled != load.filled[field]:
                yield f"{load.dataset}: {field} has {filled:,} values, and should have {load.filled[field]:,}"
            total = Decimal(str(found.get(f"sum_{number}") or 0))
            if field in load.sums and total != load.sums[field]:
                yield f"{load.dataset}: {field} adds up to {total}, and should to {load.sums[field]}"


def _wrong_rows(api: SocrataApi, load: DatasetLoad) -> Iterator[str]:
    keys = list(load.sample)
    found = api.rows(load.dataset, load.table.identifier, keys) if keys else {}
    for key, wanted in load.sample.items():
        row = found.get(key)
        if row is None:
            yield f"{load.dataset}: the row {key} is missing"
            continue
        for field, value in wanted.items():
            declared = load.types[field]
            if comparable(row.get(field), declared) != comparable(value, declared):
                yield f"{load.dataset}: {field} of the row {key} is another"
                break
