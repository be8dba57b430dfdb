"""The expectations that a suite may hold: those whose verdict on partitions is the verdict on the whole table.

An expectation of each row is judged partition by partition, and what failed is added up. One of a whole table is judged
on a small table with the same answer, which DuckDB makes of the whole one (`relations.reduced`). Others of Great
Expectations (medians, distributions) would need the table in one piece, and are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
"""Gravest first."""

Family = Literal["row", "pair", "whole"]

_BOUNDS = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
_LENGTHS = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
_COLUMN = frozenset({"column"})
_MOSTLY = frozenset({"mostly"})
IGNORE_ROWS = ("both_values_are_missing", "either_value_is_missing", "neither")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of expectation.

    `family`: judged by each value (`row`), by two values of a row (`pair`), or by all rows together (`whole`).
    `required` and `optional` name its arguments. `english` and `spanish` say it, with its arguments in braces.
    """

    family: Family
    required: frozenset[str]
    optional: frozenset[str]
    english: str
    spanish: str

    @property
    def arguments(self) -> frozenset[str]:
        """All arguments."""
        return self.required | self.optional


def _row(english: str, spanish: str, *required: str, optional: frozenset[str] = frozenset()) -> Kind:
    return Kind("row", _COLUMN | set(required), _MOSTLY | optional, english, spanish)


def _whole(
    english: str, spanish: str, *required: str, optional: frozenset[str] = frozenset(), column: bool = True
) -> Kind:
    return Kind("whole", (_COLUMN if column else frozenset()) | set(required), optional, english, spanish)


KINDS: Mapping[str, Kind] = {
    "expect_column_values_to_not_be_null": _row("{column} has a value", "{column} tiene un valor"),
    "expect_column_values_to_be_null": _row("{column} is empty", "{column} está vacío"),
    "expect_column_values_to_be_in_set": _row(
        "{column} is one of {value_set}", "{column} es uno de {value_set}", "value_set"
    ),
    "expect_column_values_to_not_be_in_set": _row(
        "{column} is none of {value_set}", "{column} no es ninguno de {value_set}", "value_set"
    ),
    "expect_column_values_to_match_regex": _row(
        "{column} has the form {regex}", "{column} tiene la forma {regex}", "regex"
    ),
    "expect_column_values_to_not_match_regex": _row(
        "{column} does not have the form {regex}", "{column} no tiene la forma {regex}", "regex"
    ),
    "expect_column_values_to_be_between": _row("{column} {range}", "{column} {range}", optional=_BOUNDS),
    "expect_column_value_lengths_to_be_between": _row(
        "the length of {column} {range}", "la longitud de {column} {range}", optional=_LENGTHS
    ),
    "expect_column_pair_values_to_be_equal": Kind(
        "pair", frozenset({"column_A", "column_B"}), frozenset({"ignore_row_if", "mostly"}),
        "{column_A} is {column_B}", "{column_A} es {column_B}",
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": Kind(
        "pair", frozenset({"column_A", "column_B"}), frozenset({"ignore_row_if", "mostly", "or_equal"}),
        "{column_A} is {after} {column_B}", "{column_A} es {after} {column_B}",
    ),
    "expect_column_values_to_be_unique": _whole(
        "no two rows have the same {column}", "no hay dos filas con el mismo {column}", optional=_MOSTLY
    ),
    "expect_compound_columns_to_be_unique": _whole(
        "no two rows have the same {column_list}", "no hay dos filas con los mismos {column_list}", "column_list",
        optional=_MOSTLY, column=False,
    ),
    "expect_column_distinct_values_to_contain_set": _whole(
        "each of {value_set} occurs in {column}", "cada uno de {value_set} aparece en {column}", "value_set"
    ),
    "expect_column_unique_value_count_to_be_between": _whole(
        "the number of different values of {column} {range}", "el número de valores distintos de {column} {range}",
        optional=_BOUNDS,
    ),
    "expect_column_max_to_be_between": _whole(
        "the largest {column} {range}", "el mayor {column} {range}", optional=_BOUNDS
    ),
    "expect_column_min_to_be_between": _whole(
        "the smallest {column} {range}", "el menor {column} {range}", optional=_BOUNDS
    ),
    "expect_column_mean_to_be_between": _whole(
        "the mean of {column} {range}", "el promedio de {column} {range}", optional=_BOUNDS
    ),
    "expect_column_sum_to_be_between": _whole(
        "the sum of {column} {range}", "la suma de {column} {range}", optional=_BOUNDS
    ),
    "expect_table_row_count_to_be_between": _whole(
        "the number of rows {range}", "el número de filas {range}",
        optional=_BOUNDS, column=False,
    ),
}  # fmt: skip
"""Every expectation that a suite may hold, by its type in Great Expectations."""

BY_KEY = frozenset({"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"})
"""Of those of whole tables, the ones that name the rows that fail."""

COMPARED = frozenset({f"expect_column_{what}_to_be_between" for what in ("values", "max", "min", "mean", "sum")})
"""What compares values with bounds. The library takes a text that looks like a date for one, and compares it with texts
no more: numbers alone are compared."""

_MANY = 6
"""Values of a set that are named; of more the number is told."""

_WORDS = {
    "en": {
        "between": "is from {low} to {high}", "least": "is at least {low}", "most": "is at most {high}",
        "more": "is more than {low}", "less": "is less than {high}", "any": "is anything",
        "after": "greater than", "after_or_equal": "at least", "and": "{some} and {count} others",
        "codelist": "the codes of {name}", "found": "a {column} of {table}", "list": " and ",
        "mostly": "{said} (in at least {share} of the rows)",
    },
    "es": {
        "between": "está entre {low} y {high}", "least": "es al menos {low}", "most": "es como máximo {high}",
        "more": "es mayor que {low}", "less": "es menor que {high}", "any": "es cualquiera",
        "after": "mayor que", "after_or_equal": "mayor o igual que", "and": "{some} y {count} más",
        "codelist": "los códigos de {name}", "found": "un {column} de {table}", "list": " y ",
        "mostly": "{said} (en al menos el {share} de las filas)",
    },
}  # fmt: skip

PARAMETER = "$PARAMETER"
"""Great Expectations' own way to say that an argument is given at run time: here the codes of an OCDS code list."""


def in_words(type_: str, arguments: Mapping[str, Any], language: str) -> str:
    """Say an expectation in English (`en`) or Spanish (`es`)."""
    kind, words = KINDS[type_], _WORDS[language]
    filled = {name: str(value) for name, value in arguments.items()}
    filled["range"] = _range(arguments, words)
    filled["after"] = words["after_or_equal" if arguments.get("or_equal") else "after"]
    if "value_set" in arguments:
        filled["value_set"] = _set(arguments["value_set"], words)
    if "column_list" in arguments:
        filled["column_list"] = words["list"].join(arguments["column_list"])
    if reference := referred(type_, arguments):
        filled["column_B"] = words["found"].format(table=reference[0], column=reference[1])
    said = (kind.english if language == "en" else kind.spanish).format(**filled)
    mostly = arguments.get("mostly", 1)
    if mostly == 1:
        return said
    space = "" if language == "en" else "\N{NO-BREAK SPACE}"
    return words["mostly"].format(said=said, share=f"{100 * mostly:g}{space}%")


def _set(values: Any, words: Mapping[str, str]) -> str:
    if isinstance(values, Mapping):
        return words["codelist"].format(name=values[PARAMETER])
    shown = ", ".join(map(str, values[:_MANY]))
    return shown if len(values) <= _MANY else words["and"].format(some=shown, count=len(values) - _MANY)


def _range(arguments: Mapping[str, Any], words: Mapping[str, str]) -> str:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is not None and high is not None:
        return words["between"].format(low=low, high=high)
    if low is not None:
        return words["more" if arguments.get("strict_min") else "least"].format(low=low)
    if high is not None:
        return words["less" if arguments.get("strict_max") else "most"].format(high=high)
    return words["any"]


def columns_of(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the columns that an expectation is about, in the order of its arguments."""
    named = [arguments[name] for name in ("column", "column_A", "column_B") if name in arguments]
    return (*named, *arguments.get("column_list", ()))


def referred(type_: str, arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    """Give (table, column) where `column_A` has to be found, if `column_B` is written `table.column`."""
    table, dot, column = str(arguments.get("column_B", "")).partition(".")
    return (table, column) if dot and type_ == "expect_column_pair_values_to_be_equal" else None
