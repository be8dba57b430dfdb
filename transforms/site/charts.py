"""The geometry of line charts: where points and lines stand. Templates draw them as SVG, with labels around it.

    chart = line_chart([Series("score", points)], lowest=0, highest=100)
    chart.lines[0].path       # "M6,12L…"

They are told in the units of the drawing, which is as wide as the page lets it be.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 360, 170
MARGIN = 6
"""Room around the lines, for half a dot."""

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 25, 50)


@dataclass(frozen=True)
class Point:
    """A value at a moment."""

    moment: datetime
    value: float


@dataclass(frozen=True)
class Series:
    """Points in the order of time, under a name."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Line:
    """A series as it is drawn: the path of its line, and its points."""

    name: str
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Chart:
    """A chart as it is drawn. `rows` are the lines across, (y, value); `first` and `last` the ends of its time."""

    lines: tuple[Line, ...]
    rows: tuple[tuple[float, float], ...]
    first: datetime
    last: datetime
    width: int = WIDTH
    height: int = HEIGHT


def line_chart(series: Sequence[Series], *, lowest: float, highest: float) -> Chart:
    """Lay out series that all have points; values end at `lowest` and `highest`, within which the scale is chosen.

    The scale needs not begin at the lowest value: what changes is to be seen.
    """
    values = [point.value for one in series for point in one.points]
    moments = [point.moment for one in series for point in one.points]
    first, last = min(moments), max(moments)
    bottom, step, top = _scale(min(values), max(values), lowest, highest)
    across, down = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN

    def x(moment: datetime) -> float:
        passed = (moment - first) / (last - first) if last > first else 0.5
        return round(MARGIN + across * passed, 1)

    def y(value: float) -> float:
        return round(MARGIN + down * (1 - (value - bottom) / (top - bottom)), 1)

    lines = []
    for one in series:
        dots = tuple((x(point.moment), y(point.value)) for point in one.points)
        lines.append(Line(one.name, "M" + "L".join(f"{left},{up}" for left, up in dots), dots))
    count = round((top - bottom) / step)
    rows = [round(bottom + step * number, 6) for number in range(count + 1)]
    return Chart(tuple(lines), tuple((y(value), value) for value in rows), first, last)


def _scale(smallest: float, largest: float, lowest: float, highest: float) -> tuple[float, float, float]:
    """Give the ends of a scale that holds the values, and the step of its lines: round numbers, two to five steps."""
    for step in _STEPS:
        bottom = max(lowest, math.floor(round(smallest / step, 6)) * step)
        top = min(highest, math.ceil(round(largest / step, 6)) * step)
        if top - bottom < 2 * step:
            bottom = max(lowest, bottom - step)
            top = min(highest, max(top, bottom + 2 * step))
            bottom = max(lowest, min(bottom, top - 2 * step))
        if 2 <= round((top - bottom) / step) <= 5:
            return bottom, step, top
    return lowest, (highest - lowest) / 4, highest
