"""What decides how rows are read is in a table's fingerprint, so that a change of it reads them again."""

from typing import Any

import pytest
from made_up_sources import table


def fingerprint(**options: Any) -> str:
    return table(**options).fingerprint("files")


@pytest.mark.parametrize(
    "options", [{"quote": ""}, {"quote": "'"}, {"header": 0}, {"header": 2}, {"member": "a*"}, {"null_values": ["-"]}]
)
def test_another_way_of_reading_is_another_fingerprint(options: dict[str, Any]) -> None:
    assert fingerprint(**options) != fingerprint()


@pytest.mark.parametrize("options", [{"file": "elsewhere.csv"}, {"null_values": ()}, {"quote": None}])
def test_where_a_file_lies_and_what_is_not_said_make_no_difference(options: dict[str, Any]) -> None:
    assert fingerprint(**options) == fingerprint()
