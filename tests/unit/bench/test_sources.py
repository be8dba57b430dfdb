from pathlib import Path

from sources import PARTS, measure_part


def test_both_copies_hold_all_rows_and_their_costs_are_compared(tmp_path: Path) -> None:
    found = measure_part(PARTS["csv"], 50, 1, tmp_path / "csv")
    assert (found["part"], found["rows"], found["target"]) == ("csv", 50, 2.0)
    assert found["ratio"]["cpu"] > 0
    assert all(found[copy]["cpu"] > 0 for copy in ("pregon", "reference"))
