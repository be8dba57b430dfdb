"""Draw the rates of peers.json as horizontal bars: `chart.py peers.json peers.svg`, with the peers' environment."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "pregon"  # the same numbers, the same bytes
mpl.rcParams["svg.fonttype"] = "none"
mpl.rcParams["font.family"] = ["DejaVu Sans", "sans-serif"]

import matplotlib.pyplot as plt  # noqa: E402 - the backend is chosen first
from matplotlib.patches import Patch  # noqa: E402

OURS, TOGETHER, THEIRS, FLOOR = "#7fb3d5", "#1f618d", "#d98880", "#aab7b8"
COMPARED = ("extract", "prepare", "map", "release", "check", "commit", "build")


def bars(results: dict[str, Any]) -> list[tuple[str, float, str]]:
    """Give label, processes per CPU second and colour of every bar, from top to bottom."""
    main = results["main"]
    processes = main["processes"]
    found = [
        (stage["name"], processes / stage["cost"]["cpu"], OURS) for stage in main["stages"] if stage["name"] in COMPARED
    ]
    found += [
        (name.replace("+", " + "), processes / main["costs"][name]["cpu"], TOGETHER)
        for name in ("map+release+check", "extract to promote")
    ]
    chain = results["chain"]
    for one in chain.get("nightingale", ()):
        label = "ocdsnightingale" + (", full template" if "template" in one["what"] else ", cut workbook")
        found += [(label, one["rate"], THEIRS)] if not one["missing"] else []
    found += [(one["name"], one["rate"], THEIRS) for one in results.get("behind_pregon", ()) if not one["missing"]]
    if chain.get("cost"):
        found.append(("the whole chain", chain["processes"] / chain["cost"]["cpu"], THEIRS))
    floor = sum(part["cpu"] for part in results["floor"].values())
    found.append(("floor: serialise, gzip once", processes / floor, FLOOR))
    return found


def main() -> None:
    """Write the chart."""
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = bars(results)[::-1]
    figure, axes = plt.subplots(figsize=(10, 0.36 * len(found) + 1.7))
    rates = [rate for _, rate, _ in found]
    drawn = axes.barh([label for label, _, _ in found], rates, color=[colour for _, _, colour in found], height=0.72)
    axes.bar_label(drawn, [f"{rate:,.0f}" for rate in rates], padding=4, fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(min(rates) / 2, max(rates) * 3)
    axes.set_xlabel("processes per second and core (log scale)")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", which="major", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title(
        f"Pregón and today's tools on its packages: {results['processes']:,} processes;"
        f" Nightingale and the whole chain: {results['nightingale_processes']:,}",
        loc="left",
        fontsize=11,
    )
    kinds = (
        (OURS, "Pregón, a stage"),
        (TOGETHER, "Pregón, stages together"),
        (THEIRS, "today's tools"),
        (FLOOR, "floor"),
    )
    axes.legend(
        handles=[Patch(color=colour, label=label) for colour, label in kinds],
        loc="lower center",
        bbox_to_anchor=(0.4, -0.2 - 1.2 / len(found)),
        ncols=4,
        frameon=False,
        fontsize=9,
    )
    figure.savefig(sys.argv[2], bbox_inches="tight", metadata={"Date": None, "Creator": "bench/chart.py"})


if __name__ == "__main__":
    main()
