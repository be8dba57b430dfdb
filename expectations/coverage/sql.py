"""The SQL by which DuckDB counts, made from the field table.

A compiled release is taken apart level by level, as the field table has them: the objects of one path become one row
each, with a column for every field that may stand in them. Columns hold the JSON text of their value, whatever it is, so
that nothing fails to be read and nothing is read as something else. null is SQL's NULL.
"""

import json
from collections.abc import Iterable, Sequence

from transforms.ocds import Field
from transforms.quoting import literal, quote

_FIRST = {
    "string": '"', "object": "{", "array": "[", "boolean": "tf", "number": "-0123456789", "integer": "-0123456789",
}  # fmt: skip
"""Characters with which the JSON text of a value of each type begins."""

LONGEST_CODE = 100
"""Characters of a code that are kept."""

_DEPARTMENT = {"id": "JSON", "name": "JSON"}
_HEAD = {
    "date": "JSON",
    "buyer": _DEPARTMENT,
    "planning": {"budget": {"period": {"startDate": "JSON"}}},
    "tender": {"tenderPeriod": {"startDate": "JSON", "endDate": "JSON"}, "procuringEntity": _DEPARTMENT},
    "awards": [{"date": "JSON"}],
    "contracts": [{"dateSigned": "JSON", "period": {"startDate": "JSON"}}],
}

MACROS = (
    # The text of a string whose first ten characters are a day, as `checks.days.day` has it; NULL for anything else.
    """CREATE OR REPLACE TEMP MACRO day_text(value) AS
       CASE WHEN regexp_matches(value->>'$', '^[0-9]{4}-[0-9]{2}-[0-9]{2}') AND left(value->>'$', 4) <> '0000'
                 AND TRY_CAST(left(value->>'$', 10) AS DATE) IS NOT NULL
            THEN value->>'$' END""",
    # An id or a name: a string or a number, and not empty.
    """CREATE OR REPLACE TEMP MACRO told(value) AS
       CASE WHEN left(value::VARCHAR, 1) IN ('"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')
            THEN nullif(value->>'$', '') END""",
)

_YEAR = """
    CAST(left(coalesce(
        day_text(head.tender.tenderPeriod.startDate),
        day_text(head.tender.tenderPeriod.endDate),
        list_min(list_transform(head.awards, lambda one: day_text(one.date))),
        list_min(list_transform(head.contracts, lambda one: day_text(one.dateSigned))),
        list_min(list_transform(head.contracts, lambda one: day_text(one.period.startDate))),
        day_text(head.planning.budget.period.startDate),
        day_text(head.date)
    ), 4) AS INTEGER)
"""
"""`expectations.facts.year_of` in SQL."""

DEPARTMENTS = """
    CREATE OR REPLACE TEMP TABLE departments AS
    SELECT row_number() OVER (ORDER BY id, name) AS number, * FROM (
        SELECT id, CASE WHEN id IS NULL THEN name END AS unnamed, min(name) AS name
        FROM (SELECT unnest(department) FROM placed) GROUP BY ALL
    )
"""

OBJECTS = """
    CREATE OR REPLACE TEMP VIEW objects AS
    SELECT year AS _year, number AS _department, line AS _object
    FROM placed JOIN departments ON department.id IS NOT DISTINCT FROM id
        AND CASE WHEN department.id IS NULL THEN department.name END IS NOT DISTINCT FROM unnamed
"""
"""The releases, as objects of the path "": one row each, with year and number of the department."""


def placed(path: str) -> str:
    """Give the statement that reads the lines of a file which hold an object, with their year and department."""
    return f"""
        CREATE OR REPLACE TEMP TABLE placed AS
        SELECT line, {_YEAR} AS year,
               CASE WHEN coalesce(told(head.buyer.id), told(head.buyer.name)) IS NOT NULL
                    THEN {{id: told(head.buyer.id), name: told(head.buyer.name)}}
                    ELSE {{id: told(head.tender.procuringEntity.id), name: told(head.tender.procuringEntity.name)}}
               END AS department
        FROM (
            SELECT line, from_json(line, {literal(json.dumps(_HEAD))}) AS head
            FROM (SELECT unnest(string_split(content, chr(10))) AS line FROM read_text({literal(path)}))
            WHERE CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END
        )
    """


def fields_of(fields: Iterable[Field], objects: str) -> str:
    """Give the query that makes of the `objects` of a path rows with a column for each of their fields."""
    structure = json.dumps({field.name: "JSON" for field in fields})
    return f"SELECT _year, _department, unnest(from_json(_object, {literal(structure)})) FROM {objects}"


def presence(fields: Iterable[Field], rows: str) -> str:
    """Give the query that counts the rows, and the values of each field."""
    counts = "".join(f", count({quote(field.name)})" for field in fields)
    return f"SELECT count(*){counts} FROM {rows}"


def counts(fields: Iterable[Field], rows: str) -> str:
    """Give the query that counts rows, then present, filled and misfits of each field, by year and by department.

    Its first three columns tell the group: whether it is one of a department, the year, the number of the department.
    """
    columns = ["grouping(_year)", "_year", "_department", "count(*)"]
    for field in fields:
        name = quote(field.name)
        columns.append(f"count({name})")
        columns.append(f"""count_if({name}::VARCHAR NOT IN ('""', '[]', '{{}}'))""")
        columns.append(f"count_if(left({name}::VARCHAR, 1) NOT IN ({_first(field)}))")
    return f"SELECT {', '.join(columns)} FROM {rows} GROUP BY GROUPING SETS ((_year), (_department))"


def _first(field: Field) -> str:
    return ", ".join(sorted({literal(one) for name in field.types for one in _FIRST[name]}))


def codes(fields: Sequence[Field], rows: str) -> str:
    """Give the query that counts the codes of each field by year: number of the field, year, code, count."""
    each = []
    for number, field in enumerate(fields):
        name = quote(field.name)
        values = f"unnest(from_json({name}, '[\"JSON\"]'))" if field.is_array else name
        each.append(f"SELECT {number} AS field, _year, {values} AS value FROM {rows} WHERE {name} IS NOT NULL")
    code = f"left(CASE WHEN left(value::VARCHAR, 1) = '\"' THEN value->>'$' ELSE value::VARCHAR END, {LONGEST_CODE})"
    return (
        f"SELECT field, _year, {code} AS code, count(*) FROM ({' UNION ALL '.join(each)})"
        " WHERE value IS NOT NULL GROUP BY ALL HAVING code <> '' ORDER BY ALL"
    )


def inner_objects(field: Field, rows: str, into: str) -> str:
    """Give the statement that makes a table of the objects which stand in a field, or in the array that it is."""
    name = quote(field.name)
    first = "[" if field.is_array else "{"
    values = f"unnest(from_json({name}, '[\"JSON\"]'))" if field.is_array else name
    inner = (
        f"SELECT _year, _department, {values} AS _object FROM {rows} WHERE left({name}::VARCHAR, 1) = {literal(first)}"
    )
    kind = "TABLE" if field.is_array else "VIEW"
    return (
        f"CREATE OR REPLACE TEMP {kind} {into} AS"
        f" SELECT * FROM ({inner}) WHERE left(_object::VARCHAR, 1) = {literal('{')}"
    )
