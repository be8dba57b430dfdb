"""Write what Nightingale needs to publish Riverbend: mapping workbook, codelist workbook and configuration.

`workbook.py DATABASE FOLDER SCHEMA` with the environment of Pregón. The workbook has those sheets of OCP's Field-Level
Mapping Template that Nightingale reads. SCHEMA is `full`, every field of the standard and of the city's extensions, as
in the template, or `mapped`, only those that are mapped: Nightingale walks through the schema for every cell, so a cut
workbook makes it faster than a publisher who uses the template has it.
"""

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

from openpyxl import Workbook
from riverbend_query import query, selects

from pregon.city import City, read_city
from transforms.ocds import FieldTable, extension_urls, field_table

SHEETS = {
    "(OCDS) 1. General (all stages)": ("ocid", "parties", "buyer", "relatedProcesses", "withheldInformation"),
    "(OCDS) 2. Planning": ("planning",),
    "(OCDS) 3. Tender": ("tender", "bids"),
    "(OCDS) 4. Award": ("awards",),
    "(OCDS) 5. Contract": ("contracts",),
    "(OCDS) 6. Implementation": ("contracts/implementation",),
}
CODELISTS = {
    "tender/status": "tender_status",
    "tender/procurementMethod": "method",
    "tender/mainProcurementCategory": "category",
    "tender/awardCriteria": "award_criteria",
    "tender/submissionMethod": "submission_method",
    "tender/documents/documentType": "document_type",
    "awards/status": "award_status",
    "contracts/status": "contract_status",
    "contracts/milestones/status": "order_status",
    "contracts/implementation/milestones/status": "invoice_status",
}
"""OCDS path → code list of the city; those of extensions do not reach Nightingale and are translated in SQL."""


def main() -> None:
    """Write the files into FOLDER."""
    database, folder, extent = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    folder.mkdir(parents=True, exist_ok=True)
    city = read_city("riverbend")
    fields = field_table(city.extensions)
    mapped = {path for part in selects(city.folder) for path in part.values}
    labels = {path: _label(path) for path in fields if path in mapped}
    unknown = mapped - labels.keys()
    if unknown:
        raise SystemExit(f"not in the standard: {sorted(unknown)}")
    _mapping(folder / "mapping.xlsx", city, fields, labels, extent)
    _codelists(folder / "codelists.xlsx", city, fields)
    settings = {
        "datasource": {"connection": str(database)},
        "mapping": {
            "file": str(folder / "mapping.xlsx"),
            "codelists": str(folder / "codelists.xlsx"),
            "ocid_prefix": city.ocid_prefix,
            "selector": query(city.folder, labels),
        },
        "publishing": {
            "publisher": city.publisher.name,
            "base_uri": city.base_url,
            "version": "1.1",
            "license": city.licence.uri,
            "publicationPolicy": city.publication_policy,
        },
        "output": {"directory": str(folder / "out")},
    }
    lines = []
    for section, values in settings.items():
        # Strings of JSON are strings of TOML.
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    (folder / "config.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(json.dumps({"paths": len(labels)}))


def _label(path: str) -> str:
    section, _, rest = path.partition("/")
    return f"{section} ({rest})" if rest else f"process ({section})"


def _mapping(file: Path, city: City, fields: FieldTable, labels: dict[str, str], extent: str) -> None:
    book = Workbook(write_only=True)
    elements = book.create_sheet("2. Data Elements")
    for _ in range(3):
        elements.append(["Riverbend"])
    for path, label in labels.items():
        elements.append([label, "eprocurement", path.partition("/")[0], path, "Yes", None, None, "string"])
    sheet = book.create_sheet("3. OCDS Extensions")
    sheet.append(["NAME", "URL"])
    for name, url in zip(city.extensions, extension_urls(city.extensions), strict=True):
        sheet.append([name, url])
    for title, sections in SHEETS.items():
        sheet = book.create_sheet(title)
        for _ in range(3):
            sheet.append([title])
        block = ""
        for path, label in labels.items():
            if _sheet(path) != sections[0] and _sheet(path) not in sections:
                continue
            if fields[path].parent != block:
                block = fields[path].parent
                sheet.append(["span", None, block])
            kind = "extension_field" if fields[path].extension else "field"
            sheet.append([kind, None, path, path.rpartition("/")[2], None, label])
    core, added = book.create_sheet("OCDS Schema 1.1.5"), book.create_sheet("OCDS Extension Schemas 1.1.5")
    columns = ["section", "path", "title", "description", "type", "range", "values", "links"]
    core.append([*columns, "codelist", "deprecated", "deprecationNotes"])
    added.append([*columns, "deprecated", "deprecationNotes"])
    wanted = set(fields) if extent == "full" else {parent for path in labels for parent in _with_parents(path)}
    for path, field in fields.items():
        if path not in wanted:
            continue
        kind = "array" if field.is_array else "object" if field.is_object else field.types[0]
        row = [
            field.extension or path.partition("/")[0],
            path,
            field.name,
            None,
            kind,
            None,
            field.format or None,
            None,
        ]
        if field.extension:
            added.append([*row, None, None])
        else:
            core.append([*row, f"{field.codelist}.csv" if field.codelist else None, None, None])
    book.save(file)


def _sheet(path: str) -> str:
    first = path.partition("/")[0]
    return "contracts/implementation" if path.startswith("contracts/implementation/") else first


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def _codelists(file: Path, city: City, fields: FieldTable) -> None:
    codes: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for path, name in CODELISTS.items():
        with (city.folder / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened):
                codes[fields[path].codelist or path].append((row["code"] or "null", name, row["source"]))
    book = Workbook(write_only=True)
    sheet = book.create_sheet("(OCDS) 1. Closed Codelists")
    for codelist, rows in codes.items():
        sheet.append(["codelist_name", f"Codelist: {codelist}.csv"])
        sheet.append(["codelist_headers", "Code", "Source codelist", "Source code"])
        for code, source_list, source in rows:
            sheet.append(["code", code, source_list, source])
    book.save(file)


if __name__ == "__main__":
    main()
