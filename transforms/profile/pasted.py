"""What a profile proposes, ready to paste: lines of city.yaml, a view of prepare.sql, bindings of mapping.yaml."""

import json
import re
from collections.abc import Iterable, Sequence

from transforms.ocds import field_table
from transforms.ocds.extensions import supported_extensions
from transforms.profile.kinds import NAMING
from transforms.profile.model import ColumnProfile, KeyProfile, Proposal, TableProfile, UndeclaredColumn
from transforms.profile.words import plain
from transforms.quoting import literal

_ORGANIZATION = re.compile(
    r"(?:buyer|parties|tender/procuringEntity|.*/(?:suppliers|tenderers|payee|payer|author|procuringEntity))(?:/|\Z)"
)
_TIMES = ("date", "timestamp", "timestamptz")


def city_yaml(
    table: str, key: KeyProfile, cursors: Sequence[str], columns: Sequence[ColumnProfile],
    undeclared: Sequence[UndeclaredColumn], null_values: Sequence[str] = (),
) -> str:  # fmt: skip
    """Give the lines for a table in city.yaml; "" where there is nothing to propose.

    `null_values` are those that the table has already.
    """
    lines = []
    found = {word.value for column in columns for word in column.null_words} - set(null_values)
    if found:
        listed = ", ".join(map(_quoted, [*null_values, *sorted(found)]))
        lines.append(f"  null_values: [{listed}]  # in all columns of the table")
    if key.candidates and key.wanting:
        best = key.candidates[0].columns
        naming = {column.name for column in columns if column.kind in NAMING}
        # Amounts and dates may be different together by chance.
        mark = "" if set(best) <= naming else "# "
        lines.append(f"  {mark}key: [{', '.join(best)}]  # different in every row that was read")
    lines += [f"  # cursor: {one}  # looks like the time of the last change" for one in cursors]
    if undeclared:
        lines.append("  # The source has more columns. List one only if it may be read:")
        for column in undeclared:
            hints = [*dict.fromkeys(f"suspected: {one.data}" for one in column.personal)]
            hints += [f"perhaps {column.proposals[0].path}"] if column.proposals else []
            told = f"  # {', '.join(hints)}" if hints else ""
            name = _own_name(column.source_name)
            source = "" if name == column.source_name else f" {{from: {_quoted(column.source_name)}}}"
            lines.append(f"  #   {name}:{source}{told}")
    return "\n".join([f"{table}:", *lines]) + "\n" if lines else ""


def prepare_sql(table: str, columns: Iterable[ColumnProfile]) -> str:
    """Give a view that parses the columns of a table."""
    selected = [f"       {_parsed(column)}" for column in columns if column.kind != "empty"]
    if not selected:
        return ""
    return "\n".join([f"CREATE VIEW {table} AS", "SELECT _row,", ",\n".join(selected), f"FROM source.{table};"]) + "\n"


def _parsed(column: ColumnProfile) -> str:
    name = column.name
    if column.declared_type != "text":
        return name
    if column.kind in ("money", "decimal"):
        return f"money({name}) AS {name}"
    if column.kind == "integer":
        return f"TRY_CAST(blank({name}) AS BIGINT) AS {name}"
    if column.kind in ("date", "timestamp") and column.date_formats:
        reads = [f"local_ts({name}, {literal(one.strptime)})" for one in column.date_formats]
        read = reads[0] if len(reads) == 1 else f"coalesce({', '.join(reads)})"
        return f"CAST({read} AS DATE) AS {name}" if column.kind == "date" else f"{read} AS {name}"
    return f"blank({name}) AS {name}"


def mapping_yaml(table: str, columns: Iterable[ColumnProfile], currency: str) -> str:
    """Give the bindings of a table's columns: the likely ones; what is less likely, and organizations, as comments."""
    taken: set[str] = set()
    bindings, remarks = [], []
    ranked = sorted(
        columns, key=lambda one: ("high", "medium", "low").index(one.proposals[0].confidence) if one.proposals else 3
    )
    for column in ranked:
        best = next((one for one in column.proposals if one.path not in taken), None)
        if best is None or column.kind == "empty":
            continue
        source = f"{table}.{column.name}"
        if _ORGANIZATION.match(best.path):
            remarks.append(f"  # parties: {best.path} from {source}{_told(best, column)}")
        elif best.confidence == "low" or not best.declared:
            remarks.append(f"  # {best.path}: {{from: {source}}}{_told(best, column)}")
        else:
            taken.add(best.path)
            bindings.append(f"  {best.path}: {{from: {source}{_settings(best, column)}}}{_told(best, column)}")
            bindings += _companions(best.path, source, currency, taken)
    return (
        "\n".join(["bindings:" if bindings else "# bindings:", *bindings, *remarks]) + "\n"
        if bindings or remarks
        else ""
    )


def _companions(path: str, source: str, currency: str, taken: set[str]) -> list[str]:
    """Give what goes with a binding: an amount needs a currency; the source's own words of a method name a code."""
    money = path.removesuffix("/amount") + "/currency"
    if path.endswith("/amount") and money not in taken:
        taken.add(money)
        return [f"  {money}: {{value: {currency}}}"]
    if path == "tender/procurementMethodDetails":
        taken.add("tender/procurementMethod")
        return [f"  tender/procurementMethod: {{from: {source}, codelist: method}}"]
    return []


def _settings(proposal: Proposal, column: ColumnProfile) -> str:
    field = field_table(supported_extensions())[proposal.path]
    if field.codelist and field.codelist != "currency":
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", field.codelist).lower()
        return f", codelist: {name}"
    if column.kind == "date" and proposal.path.endswith("/endDate"):
        return ", time: end"
    return ""


def _told(proposal: Proposal, column: ColumnProfile) -> str:
    told: list[str] = [] if proposal.confidence == "high" else [proposal.confidence]
    if not proposal.declared:
        told.append(f"needs the extension {proposal.extension}")
    told += dict.fromkeys(f"suspected: {one.data}" for one in column.personal)
    return f"  # {', '.join(told)}" if told else ""


def with_proposals(table: TableProfile, *, currency: str, null_values: Sequence[str] = ()) -> TableProfile:
    """Add the texts to a table's profile."""
    return table.model_copy(
        update={
            "city_yaml": city_yaml(table.name, table.key, table.cursors, table.columns, table.undeclared, null_values),
            "prepare_sql": prepare_sql(table.name, table.columns),
            "mapping_yaml": mapping_yaml(table.name, table.columns, currency),
        }
    )


def _own_name(source_name: str) -> str:
    """Make a name as city.yaml wants them: lower-case letters, digits and underscores, a letter first."""
    name = re.sub(r"[^a-z0-9]+", "_", plain(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", source_name))).strip("_")
    return name if re.match(r"[a-z]", name) else f"column_{name}".rstrip("_")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
