"""What `pregon check` says of files that others published, as counts: under review in tests/contract/pregon/reports.

A change of these counts is looked at in review like a change of code. After one that is meant:

    PREGON_REFERENCE=… .venv/bin/python tests/reviewed_reports.py            # both files
    PREGON_REFERENCE=… .venv/bin/python tests/reviewed_reports.py quality    # only what the checks of quality say
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from pregon.checking import check_file, files_below
from pregon.checking.quality import Quality

FOLDERS = (
    "data/ocds_native/jalisco/records",
    "data/ocds_native/jalisco/releases",
    "data/ocds_native/portland",
    "data/ocds_native/uk_english",
    "conformance/sample-data",
)

REPORTS = Path(__file__).resolve().parent / "contract" / "pregon" / "reports"


def reports(reference: Path) -> dict[str, dict[str, Any]]:
    """Give the counts by kind of report and folder: `structure` by code, `quality` by check."""
    found: dict[str, dict[str, Any]] = {"structure": {}, "quality": {}}
    for folder in FOLDERS:
        found["structure"][folder], found["quality"][folder] = _of(reference / folder)
    return found


def _of(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    held: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    files = faulty = 0
    with Quality(examples=0) as quality:
        for path in files_below(folder):
            report = check_file(path, examples=0, quality=quality)
            files += 1
            faulty += bool(report.kinds)
            held.update(report.counts + report.entries)
            for kind in report.kinds.values():
                codes[kind.code] += kind.count
        said = quality.result()
    structure = {"files": files, "with_findings": faulty, "held": _sorted(held), "findings": _sorted(codes)}
    checks = {
        result.id: _verdict(result.passed, result.applied, result.failed, result.failed_processes)
        for result in said.summary.results.values()
        if result.applied
    }
    return structure, {"processes": said.summary.processes, "left_out": _sorted(said.left_out), "checks": checks}


def _verdict(passed: bool | None, applied: int, failed: int, processes: int) -> str:
    """Say it in one line, so that a change is one line of a difference."""
    return f"{'passed' if passed else 'failed'}: {failed} of {applied}" + (f", in {processes}" if processes else "")


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def main(wanted: list[str]) -> None:
    """Write the files."""
    default = Path(__file__).resolve().parents[2] / "shared"
    found = reports(Path(os.environ.get("PREGON_REFERENCE", default)).resolve())
    for name in wanted or sorted(found):
        text = json.dumps(found[name], indent=1, ensure_ascii=False, sort_keys=True)
        (REPORTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
