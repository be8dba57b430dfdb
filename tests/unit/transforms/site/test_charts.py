"""Charts keep within their box and number their lines with round numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.site.charts import HEIGHT, MARGIN, WIDTH, Point, Series, line_chart

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def series(values: list[float], name: str = "one") -> Series:
    return Series(name, [Point(FIRST + timedelta(days=number), value) for number, value in enumerate(values)])


def test_time_runs_from_left_to_right_and_values_from_bottom_to_top() -> None:
    (line,) = line_chart([series([90, 95, 100])], lowest=0, highest=100).lines
    (x1, y1), (x2, y2), (x3, y3) = line.dots
    assert x1 < x2 < x3
    assert y1 > y2 > y3
    assert line.path == f"M{x1},{y1}L{x2},{y2}L{x3},{y3}"


def test_points_stand_where_their_time_is() -> None:
    late = Series("one", [Point(FIRST, 1), Point(FIRST + timedelta(days=9), 2), Point(FIRST + timedelta(days=10), 3)])
    (first, _), (second, _), (third, _) = line_chart([late], lowest=0, highest=100).lines[0].dots
    assert (second - first) / (third - first) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([91.2, 99.8], [90, 92, 94, 96, 98, 100]),
        ([100, 100], [99.8, 99.9, 100]),
        ([0, 0], [0, 0.1, 0.2]),
        ([0, 34], [0, 10, 20, 30, 40]),
    ],
)
def test_lines_across_have_round_numbers(values: list[float], expected: list[float]) -> None:
    assert [value for _, value in line_chart([series(values)], lowest=0, highest=100).rows] == expected


shares = st.floats(0, 100)


@given(st.lists(shares, min_size=1, max_size=50), st.lists(shares, min_size=1, max_size=50))
def test_everything_is_within_the_box(one: list[float], two: list[float]) -> None:
    chart = line_chart([series(one), series(two, "two")], lowest=0, highest=100)
    assert 3 <= len(chart.rows) <= 6
    for line in chart.lines:
        for x, y in line.dots:
            assert MARGIN <= x <= WIDTH - MARGIN
            assert MARGIN <= y <= HEIGHT - MARGIN
    values = [value for _, value in chart.rows]
    assert values == sorted(values)
    assert 0 <= values[0] <= min(one + two) + 1e-9
    assert max(one + two) - 1e-9 <= values[-1] <= 100
