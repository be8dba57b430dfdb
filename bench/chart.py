"""Draw results: `chart.py NAME.json NAME.svg`, with the peers' environment. What is shown is decided in bars.py."""

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "pregon"  # the same numbers, the same bytes
mpl.rcParams["svg.fonttype"] = "none"
mpl.rcParams["font.family"] = ["DejaVu Sans", "sans-serif"]

import matplotlib.pyplot as plt  # noqa: E402 - the backend is chosen first
from bars import Group, groups, peaks  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from report import about  # noqa: E402
from targets import MEMORY, MEMORY_AT  # noqa: E402

COLOURS = {"stage": "#8fbfdc", "sum": "#1f618d", "tool": "#d98880", "floor": "#95a5a6"}
INK, PALE, GOAL, ROW = "#222222", "#666666", "#c0392b", 0.27
WIDTH = 10.0


def rates(axes: Axes, found: list[Group]) -> None:
    """Draw the rates as bars under headings, from top to bottom."""
    place, places, labels = 0.0, [], []
    every = [bar.rate for group in found for bar in group.bars] + [bar.target for g in found for bar in g.bars]
    shown = [rate for rate in every if rate]
    left, right = min(shown) / 2.2, max(shown) * 2.6
    for group in found:
        axes.text(left, place, group.title, fontsize=9.5, fontweight="bold", va="center", color=INK)
        place += 1
        for bar in group.bars:
            axes.barh(place, bar.rate - left, left=left, height=0.74, color=COLOURS[bar.kind])
            if bar.target:
                axes.text(
                    bar.rate / 1.05, place, f"{bar.rate:,.0f}", fontsize=9, va="center", ha="right", color="white"
                )
                axes.plot([bar.target] * 2, [place - 0.5, place + 0.5], color=GOAL, linewidth=2)
                words, beside = f"target {bar.target:,.0f}", max(bar.target, bar.rate) * 1.06
                axes.text(beside, place, words, fontsize=8.5, va="center", color=GOAL)
            else:
                axes.text(bar.rate * 1.06, place, f"{bar.rate:,.0f}", fontsize=9, va="center", color=INK)
            places.append(place)
            labels.append(bar.label)
            place += 1
        place += 0.4
    axes.set_ylim(place - 0.6, -0.8)
    axes.set_xscale("log")
    axes.set_xlim(left, right)
    axes.set_yticks(places, labels, fontsize=9)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel("processes per second and core (log scale; longer is faster)", fontsize=9, color=PALE)
    _plain(axes, "x")


def memory(axes: Axes, found: list[tuple[int, int, str]]) -> None:
    """Draw the peak of memory by the size of the database."""
    sizes = [size for size, _, _ in found]
    axes.plot(sizes, [most / 1e6 for _, most, _ in found], color=COLOURS["sum"], marker="o", linewidth=1.6)
    top = max(MEMORY, *(most for _, most, _ in found)) / 1e6 * 1.15
    for size, most, stage in found:
        below = most / 1e6 > top / 3  # away from the line of the target
        axes.annotate(
            f"{most / 1e6:,.0f} MB\n({stage})",
            (size, most / 1e6),
            xytext=(0, -8 if below else 8),
            textcoords="offset points",
            ha="center",
            va="top" if below else "bottom",
            fontsize=8.5,
            color=INK,
        )
    axes.axhline(MEMORY / 1e6, color=GOAL, linewidth=1.4, linestyle="--")
    words = f" target at {MEMORY_AT:,} processes"
    axes.text(min(sizes) / 1.7, MEMORY / 1e6, words, fontsize=8.5, color=GOAL, va="bottom")
    axes.set_xscale("log")
    axes.set_xlim(min(sizes) / 1.7, max(sizes) * 1.7)
    axes.set_ylim(0, top)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=9)
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title("Pregón's peak memory (MB) by the size of the database", loc="left", fontsize=9.5, fontweight="bold")
    axes.set_xlabel("processes (log scale)", fontsize=9, color=PALE)
    _plain(axes, "y")


def _plain(axes: Axes, grid: Any) -> None:
    axes.grid(axis=grid, which="major", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", which="both", length=0, labelcolor=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def main() -> None:
    """Write the chart."""
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found, sizes = groups(results), peaks(results)
    caption = textwrap.wrap(about(results) + f". CPU time of whole programs. Measured {results['measured']}.", 150)
    heights = [ROW * sum(len(group.bars) + 1.4 for group in found) + 0.2] if found else []
    if results["memory"]:
        heights.append(2.3)
    head, foot, gap = 0.55, 0.62 + 0.17 * len(caption), 0.95
    height = head + sum(heights) + gap * (len(heights) - 1) + foot
    figure = plt.figure(figsize=(WIDTH, height))
    left, right, top = 2.35 / WIDTH, 9.8 / WIDTH, height - head
    for number, part in enumerate(heights):
        axes = figure.add_axes((left, (top - part) / height, right - left, part / height))
        if found and number == 0:
            rates(axes, found)
        else:
            memory(axes, sizes)
        top -= part + gap
    figure.text(
        0.02, 1 - 0.22 / height, "Pregón beside today's tools for publishing OCDS", fontsize=13, fontweight="bold",
        color=INK, va="center",
    )  # fmt: skip
    for number, line in enumerate(caption):
        figure.text(0.02, (0.17 * (len(caption) - number) - 0.05) / height, line, fontsize=7.8, color=PALE)
    figure.savefig(sys.argv[2], metadata={"Date": None, "Creator": "bench/chart.py"})


if __name__ == "__main__":
    main()
