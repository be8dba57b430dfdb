"""The benchmark is a folder of scripts: their modules are found as when one of them is run."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[3] / "bench"))


def cost(cpu: float, memory: int = 100_000_000) -> dict[str, Any]:
    return {"wall": cpu, "cpu": cpu, "memory": memory, "cpu_range": [cpu, cpu]}


def measured(name: str, cpu: float, *, count: int = 1_000, memory: int = 100_000_000, **more: Any) -> dict[str, Any]:
    given = {"what": name, "unit": "processes", "start": 0.0, "missing": "", "wrong": "", "facts": {}}
    spent = cost(cpu, memory)
    del spent["cpu_range"]
    return {**given, "name": name, "count": count, "runs": [spent], "cost": spent, "rate": count / cpu, **more}


def published(processes: int, *, core: float, promote: float, memory: int, changed: float = 1.0) -> dict[str, Any]:
    return {
        "requested": processes,
        "processes": processes,
        "runs": 1,
        "stages": [measured("map", core, count=processes, memory=memory), measured("commit", 1, count=processes)],
        "tables": measured("build tables", 1.0),
        "changed": [measured("commit", 1.0, count=processes // 100)],
        "changed_processes": processes // 100,
        "costs": {
            "map+release+check": cost(core),
            "extract to promote": cost(promote),
            "extract to commit": cost(100.0),
            "changed, extract to commit": cost(changed),
        },
    }


@pytest.fixture
def results() -> dict[str, Any]:
    """Results of a run in which every target is met: 20,000 processes, 4 s, 40 s, a floor of 2 s."""
    package = {"releases": 20_000, "values": 5, "paths": 2, "only": ["/language"]}
    nightingale = measured(
        "ocdsnightingale", 1_000.0, count=20_000, facts={"query_cpu": 0.0, "mapped_paths": 2, "rows": 9}
    )
    part = {"entries": 20_000, "bytes": 10, "compressed": 1, "cpu": 2.0}
    return {
        "measured": "2026-11-22",
        "command": "python bench/peers.py",
        "machine": {"cores": 2, "processor": "made up", "memory_gib": 8.0, "system": "Linux", "python": "3.11"},
        "versions": {"pregon": "0.1.0", "ocdskit": "1.7.0"},
        "load": {"before": 0.1},
        "main": published(20_000, core=4.0, promote=5.0, memory=300_000_000),
        "floor": {"series": {"releases": part}, "files": {**part, "number": 4}, "cpu": 2.0, "cpu_range": [2.0, 2.0]},
        "behind_pregon": [measured("flatterer", 2.0, count=20_000, facts={"tables": 3, "rows": 4})],
        "chain": {
            "requested": 20_000,
            "processes": 20_000,
            "pregon": {"cost": cost(5.0), "start": 1.0},
            "nightingale": [nightingale],
            "behind": [measured("flatterer", 2.0, count=20_000)],
            "content": {"pregon": package, "nightingale": {**package, "only": []}},
            "cost": cost(1_002.0),
            "incomplete": [],
        },
        "memory": {
            "200000": published(200_000, core=40.0, promote=50.0, memory=900_000_000, changed=14.0),
            "400000": published(400_000, core=80.0, promote=100.0, memory=950_000_000, changed=15.0),
        },
    }
