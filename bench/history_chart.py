"""Draw results of histories: `history_chart.py NAME.json NAME.svg`, with the peers' environment."""

import json
import sys
import textwrap
from pathlib import Path

from chart import INK, PALE, ROW, WIDTH, plt, rates
from history_report import groups
from report import about


def main() -> None:
    """Write the chart."""
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = groups(results)
    caption = textwrap.wrap(f"{about(results)}. Measured {results['measured']}.", 150)
    head, foot = 0.55, 0.62 + 0.17 * len(caption)
    body = ROW * sum(len(group.bars) + 1.4 for group in found) + 0.2
    height = head + body + foot
    figure = plt.figure(figsize=(WIDTH, height))
    if found:
        axes = figure.add_axes((2.35 / WIDTH, foot / height, 7.45 / WIDTH, body / height))
        rates(axes, found)
        axes.set_xlabel("per second (log scale; longer is faster)", fontsize=9, color=PALE)
    figure.text(
        0.02, 1 - 0.22 / height, "Histories: records and commits", fontsize=13, fontweight="bold", color=INK,
        va="center",
    )  # fmt: skip
    for number, line in enumerate(caption):
        figure.text(0.02, (0.17 * (len(caption) - number) - 0.05) / height, line, fontsize=7.8, color=PALE)
    figure.savefig(sys.argv[2], metadata={"Date": None, "Creator": "bench/history_chart.py"})


if __name__ == "__main__":
    main()
