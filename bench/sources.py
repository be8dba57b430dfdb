"""How fast sources become raw Parquet, and in how much memory, beside the plainest tool that does the same copy.

`sources.py --rows 1000000 --only csv`: each part makes a source of that many made-up rows, then measures Pregón's
extract of it (keys, hashes, positions, rejects, manifest; a temporary lake) and the reference, in turn, `--repeat`
times, each as a program of its own. Prints medians and their ratio. A part is a module with `PART`; it is its own
program too, which does one step: `sources_csv.py STEP FOLDER ROWS`.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import sources_csv
import sources_postgresql
from measure import Cost, load, machine, measured, median
from source_part import Part

_WARM = 1_001
ROOT = Path(__file__).resolve().parents[1]
PARTS: dict[str, Part] = {part.name: part for part in (sources_csv.PART, sources_postgresql.PART)}


def measure_part(part: Part, rows: int, repeat: int, folder: Path) -> dict[str, Any]:
    """Make the source of a part, and measure both ways to copy it."""
    folder.mkdir(parents=True)
    say(f"{part.name}: making {rows:,} rows")
    with part.running(folder):
        for step in ("make", "pregon", "reference"):  # once, so that byte code is written and programs are read
            _step(part, step, folder, _WARM)
        _step(part, "make", folder, rows)
        costs: dict[str, list[Cost]] = {"pregon": [], "reference": []}
        starts: dict[str, float] = {}
        for number in range(1, repeat + 1):
            for step, found in costs.items():
                told, cost = _step(part, step, folder, rows)
                starts[step] = told["start"]
                if told["rows"] != rows:
                    raise SystemExit(f"{part.name}: {step} copied {told['rows']:,} of {rows:,} rows")
                found.append(cost)
                say(f"{part.name} {number}/{repeat}: {step} {_told(cost)}")
    ours, theirs = (median(found) for found in costs.values())
    return {
        "part": part.name,
        "rows": rows,
        "pregon": _json(ours, starts["pregon"]),
        "reference": _json(theirs, starts["reference"]),
        "what": part.reference,
        "ratio": {"cpu": round(ours.cpu / theirs.cpu, 2), "wall": round(ours.wall / theirs.wall, 2)},
        "target": part.target,
    }


def _step(part: Part, step: str, folder: Path, rows: int) -> tuple[dict[str, Any], Cost]:
    """Run one step as a program; give what it printed, and its cost."""
    shutil.rmtree(folder / "lake", ignore_errors=True)
    answer = folder / "answer.json"
    places = f"{ROOT}:{ROOT / 'plugins'}"
    cost = measured(
        [sys.executable, ROOT / "bench" / part.program, step, folder, str(rows)],
        log=folder / "log.txt",
        stdout=answer,
        # Byte code is cached, as in any installation, but not in the repository.
        environment={
            "PYTHONPATH": places,
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(folder.parent / "bytecode"),
            "TZ": "UTC",
        },
    )
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8") or "{}")
    return found, cost


def _json(cost: Cost, start: float) -> dict[str, float]:
    return {
        "cpu": round(cost.cpu, 2),
        "wall": round(cost.wall, 2),
        "memory_mb": round(cost.memory / 1e6),
        "start": round(start, 2),
    }


def _told(cost: Cost) -> str:
    return f"{cost.wall:.1f} s, {cost.cpu:.1f} s of CPU, {cost.memory / 1e6:,.0f} MB"


def say(text: str) -> None:
    """Tell how it goes, beside the results."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Measure the parts that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of each source (default: 1,000,000)")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=sorted(PARTS), help="parts to measure")
    parser.add_argument("--repeat", type=int, default=3, help="times that each is measured (default: 3)")
    parser.add_argument("--out", type=Path, help="file for the results, as JSON")
    given = parser.parse_args()
    results: dict[str, Any] = {"machine": machine(), "load": load(), "parts": []}
    with tempfile.TemporaryDirectory(prefix="pregon-sources-") as folder:
        for name in given.only:
            found = measure_part(PARTS[name], given.rows, max(given.repeat, 1), Path(folder) / name)
            results["parts"].append(found)
            say(
                f"{name}: {found['ratio']['cpu']} times the CPU and {found['ratio']['wall']} times the wall time of"
                f" {found['what']} (target: {found['target']}); {found['pregon']['memory_mb']:,.0f} MB"
            )
    text = json.dumps(results, indent=2)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
