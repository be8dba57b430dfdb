"""Codes that a city's folder names, held against the closed code lists of OCDS before anything runs.

A misspelt code in a disclosure condition would publish what it is to withhold; one in a code list or a constant would
send every process that uses it to quarantine.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence

from pregon.city import City, at
from pregon.city_transform import CityTransform
from transforms.mapping.errors import nearest
from transforms.mapping.model import Binding
from transforms.ocds import FieldTable, codelist


def unknown_codes(city: City, transform: CityTransform, fields: FieldTable) -> Iterator[str]:
    """Give one problem, with file and line, for each code that a closed list of its field does not have."""
    for number, condition in enumerate(city.disclosure.conditions):
        for test, values in (("unless", condition.unless or {}), ("when", condition.when or {})):
            for path, codes in values.items():
                for wrong in _wrong(fields, path, codes):
                    yield at(city.slug, "disclosure", "conditions", number, test, path) + wrong
    bindings: list[tuple[tuple[str, ...], str, Binding]] = [
        (("bindings", path), path, binding) for path, binding in transform.mapping.bindings.items()
    ]
    for name, party in transform.mapping.parties.items():
        bindings += [
            (("parties", name, "bindings", path), f"parties/{path}", binding)
            for path, binding in party.bindings.items()
        ]
    checked = set()
    for where, path, binding in bindings:
        constants = binding.value if isinstance(binding.value, tuple) else (binding.value,)
        for wrong in _wrong(fields, path, [value for value in constants if isinstance(value, str)]):
            yield transform.mapping.at(*where) + wrong
        file = binding.codelist
        if file is None or file not in transform.codelists or (file, path) in checked:
            continue
        checked.add((file, path))
        for source, code in transform.codelists[file].items():
            for wrong in _wrong(fields, path, [code] if code else []):
                yield f"cities/{city.slug}/codelists/{file}.csv:{_line(city, file, source)}: {wrong}"


def _wrong(fields: FieldTable, path: str, codes: Iterable[str]) -> Iterator[str]:
    field = fields.get(path)
    if field is None or field.codelist is None:
        return
    known = codelist(field.codelist, fields.extensions)
    if known.is_open:
        return
    for code in codes:
        if code not in known:
            yield f"{code!r} is not a code of {path} (list {known.name}){nearest(code, known.codes)}"


def _line(city: City, name: str, source: str) -> int:
    """Line of a source code in a code list of the city."""
    with (city.folder / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        cells: Sequence[str]
        for cells in reader:
            if cells and cells[0].strip() == source:
                return reader.line_num
    return 1
