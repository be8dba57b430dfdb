"""Field checks in tests: what a check says of one value at one path."""

from typing import Any

from expectations.checks.model import FieldCheck
from transforms.ocds import FieldTable, field_table, supported_extensions

FIELDS: FieldTable = field_table(supported_extensions())
STANDARD: FieldTable = field_table()

DAY = "2026-11-22"


def passes(check: FieldCheck, value: Any, path: str, day: str = DAY) -> bool:
    """Tell whether a value passes; both ways of asking have to agree, in that what passes together passes alone."""
    test = check.test_of(FIELDS[path])
    assert test is not None, path
    alone = test.passes(value, day)
    if test.all_pass is not None:
        try:
            together = test.all_pass([value, value], day)
        except TypeError:
            together = False
        assert alone or not together
    return alone


def asked(check: FieldCheck, fields: FieldTable = STANDARD) -> list[str]:
    """Give the paths at which a check is asked."""
    return [field.path for field in fields.values() if field.is_leaf and check.test_of(field) is not None]
