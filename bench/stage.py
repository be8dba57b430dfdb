"""Run one of Pregón's stages, in a process of its own: `stage.py STAGE HOME AS_OF`, with the environment of Pregón.

Results of stages are kept in HOME/results/AS_OF.json, where the next stage finds them. Prints one JSON object: what the
stage counted, and how many CPU seconds passed before it began (Python, imports, the compiled city).
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from expectations.checks.structure import StructureCheck
from pregon import pipeline
from pregon.memory import paused_collection
from pregon.pipeline import Built, Checked, Extracted, Mapped, Prepared, Promoted, Released, Run, Verdict
from pregon.stages.check import check_releases
from pregon.stages.context import CityContext

CITY = "riverbend"


class Results:
    """What the stages of a run handed on, as it would pass through XCom."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}

    def keep(self, stage: str, result: object) -> None:
        """Write a result for the next stage."""
        self.found[stage] = result
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.found))


def _start(run: Run, _: Results) -> dict[str, Any]:
    pipeline.validate(run)
    return {}


def _extract(run: Run, results: Results) -> dict[str, Any]:
    extracted = pipeline.extract(run)
    results.keep("extract", extracted.to_json())
    return {"rows": extracted.rows}


def _prepare(run: Run, results: Results) -> dict[str, Any]:
    prepared = pipeline.prepare(run, Extracted.from_json(results.found["extract"]))
    results.keep("prepare", prepared.to_json())
    return {"processes": prepared.processes}


def _map(run: Run, results: Results) -> dict[str, Any]:
    prepared = Prepared.from_json(results.found["prepare"])
    mapped = [pipeline.map_states(run, prepared, bucket) for bucket in prepared.buckets]
    results.keep("map", [part.to_json() for part in mapped])
    return {"processes": sum(part.processes for part in mapped)}


def _release(run: Run, results: Results) -> dict[str, Any]:
    released = [pipeline.release(run, Mapped.from_json(part)) for part in results.found["map"]]
    results.keep("release", [part.to_json() for part in released])
    return {"processes": sum(part.processes for part in released), "releases": sum(part.releases for part in released)}


def _schema(run: Run, results: Results) -> dict[str, Any]:
    """Hold the releases against the schema, and do nothing else: what `check` does of all its checks first."""
    validator = CityContext(run.city, run.place, run.clock).validator
    parts = [Released.from_json(part) for part in results.found["release"]]
    with paused_collection():
        for part in parts:
            provenance = run.lake.local(f"{run.work}/provenance/{part.bucket:03d}.jsonl.zst")
            check_releases(run.lake.local(part.key), provenance, StructureCheck(validator))
    return {"processes": sum(part.processes for part in parts), "releases": sum(part.releases for part in parts)}


def _check(run: Run, results: Results) -> dict[str, Any]:
    checked = [pipeline.check(run, Released.from_json(part)) for part in results.found["release"]]
    results.keep("check", [part.to_json() for part in checked])
    verdict = pipeline.decide(run, Prepared.from_json(results.found["prepare"]), checked)
    results.keep("verdict", verdict.to_json())
    return {
        "processes": sum(part.processes for part in checked),
        "releases": sum(part.passed for part in checked),
        "quarantined": sum(part.quarantined for part in checked),
    }


def _commit(run: Run, results: Results) -> dict[str, Any]:
    committed = pipeline.commit(
        run,
        Prepared.from_json(results.found["prepare"]),
        Verdict.from_json(results.found["verdict"]),
        [Checked.from_json(part) for part in results.found["check"]],
    )
    return {"processes": committed.processes, "releases": committed.releases}


def _build(run: Run, results: Results) -> dict[str, Any]:
    built = pipeline.build(run)
    results.keep("build", built.to_json())
    return {"files": built.files, "bytes": built.size}


def _promote(run: Run, results: Results) -> dict[str, Any]:
    built = Built.from_json(results.found["build"])
    promoted = pipeline.promote(run, built)
    results.keep("promote", promoted.to_json())
    return {"files": built.files, "bytes": built.size}


def _push(run: Run, results: Results) -> dict[str, Any]:
    promoted = Promoted.from_json(results.found["promote"])
    return {"files": sum(pipeline.push(run, promoted, target).files for target in run.city.targets)}


STAGES: dict[str, Callable[[Run, Results], dict[str, Any]]] = {
    "start": _start,
    "extract": _extract,
    "prepare": _prepare,
    "map": _map,
    "release": _release,
    "schema": _schema,
    "check": _check,
    "commit": _commit,
    "build": _build,
    "promote": _promote,
    "push": _push,
}


def main() -> None:
    """Run the stage that the command line names."""
    stage, home, as_of = sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
    run = Run.start(CITY, home=home, as_of=as_of)
    results = Results(home / "results" / f"{run.run_id}.json")
    before = time.process_time()
    counted = STAGES[stage](run, results)
    print(json.dumps({**counted, "start": before}))


if __name__ == "__main__":
    main()
