"""Whether a dataset of a portal can hold a table: its columns, their types, and its row identifier."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pregon.errors import PregonError
from transforms.catalog.socrata import SocrataTable

_SHOWN = {
    "calendar_date": "Date & Time (floating)",
    "text": "Text",
    "number": "Number",
    "checkbox": "Checkbox",
    "url": "URL",
}


class DatasetsUnfit(PregonError):
    """Datasets can't hold their tables; `problems` lists, by table, what has to be created or changed there."""

    def __init__(self, target: str, problems: Mapping[str, Sequence[str]]) -> None:
        told = "\n".join(f"{table}:\n" + "\n".join(f"  {one}" for one in found) for table, found in problems.items())
        super().__init__(
            f"target {target!r}: the portal's datasets can't hold the tables:\n{told}",
            hint="change the datasets at the portal as listed; nothing was sent",
        )
        self.target = target
        self.problems = problems


@dataclass(frozen=True)
class DatasetShape:
    """The types of a dataset's columns by field, of those that the table has; `extra` are others."""

    types: Mapping[str, str]
    extra: tuple[str, ...]


def columns_of(view: Mapping[str, Any]) -> dict[str, str]:
    """Give the type of each column of a dataset by its field; hidden ones are left out."""
    return {
        str(one["fieldName"]): str(one.get("dataTypeName", ""))
        for one in view.get("columns", [])
        if one.get("fieldName") and not str(one["fieldName"]).startswith(":")
    }


def identifier_of(view: Mapping[str, Any]) -> str | None:
    """Give the field that is a dataset's row identifier; None where only the portal's own ids are."""
    number = view.get("rowIdentifierColumnId")
    for one in view.get("columns", []):
        if number is not None and str(one.get("id")) == str(number):
            return str(one.get("fieldName"))
    return None


def shape_of(table: SocrataTable, view: Mapping[str, Any]) -> DatasetShape:
    """Give the shape of a dataset, as far as the table is concerned."""
    found = columns_of(view)
    own = {one.field for one in table.columns}
    return DatasetShape(
        {field: declared for field, declared in found.items() if field in own},
        tuple(field for field in found if field not in own),
    )


def problems(table: SocrataTable, view: Mapping[str, Any]) -> Iterator[str]:
    """Say what keeps a dataset from holding a table, a line for each thing that has to be done."""
    found = columns_of(view)
    for one in table.columns:
        if one.field not in found:
            shown = _SHOWN.get(one.proposed, one.proposed)
            yield f"create the column {one.field} of type {shown}, for {one.path}"
        elif found[one.field] not in one.fitting:
            fitting = " or ".join(sorted(one.fitting))
            yield f"the column {one.field} has type {found[one.field]}, and {one.path} needs {fitting}"
    identifier = identifier_of(view)
    if identifier != table.identifier:
        has = f"it is {identifier}" if identifier else "there is none"
        yield f"make {table.identifier} the dataset's row identifier ({has})"
