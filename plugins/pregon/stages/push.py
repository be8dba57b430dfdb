"""The stage `push`: a snapshot to one target, and a report on it for internal use."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson

from pregon.publication.manifest import read_manifest
from pregon.publication.promote import refuse_older
from pregon.publishers import Plan, Publisher, publisher, push
from pregon.publishers import plan_push as plan_of
from pregon.run import Pushed, Run
from pregon.stages.context import CityContext
from transforms.packages import rfc3339
from transforms.snapshot import Manifest


def push_snapshot(
    run: Run, context: CityContext, snapshot: str, target: str, progress: Callable[[str, int], None] | None = None
) -> Pushed:
    """Send a snapshot to a target of the city, verify what arrived, and write the report.

    Raises `RollbackRefused` where it was made before a redaction, and what `pregon.publishers.push` raises.
    """
    folder, manifest = _of(run, context, snapshot)
    reached = _publisher(run, context, target)
    plan = push(reached, folder, manifest, context.publication, partial(progress, "files") if progress else None)
    # What it holds now, and not what this attempt sent: a repeated push leaves the same report.
    report = {
        "target": target,
        "kind": reached.kind,
        "snapshot": manifest.snapshot,
        "as_of": rfc3339(run.clock),
        "files": sum(step.action != "remove" for step in plan.steps),
        "bytes": sum(step.bytes for step in plan.steps if step.action != "remove"),
        "verified": True,
    }
    file = run.place.internal(run.slug) / "targets" / f"{target}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    return Pushed(target, len(plan.steps))


def plan_push(run: Run, context: CityContext, snapshot: str, target: str) -> Plan:
    """Say what a push would do, and send nothing; raises as `push_snapshot` does."""
    folder, manifest = _of(run, context, snapshot)
    return plan_of(_publisher(run, context, target), folder, manifest, context.publication)


def _publisher(run: Run, context: CityContext, target: str) -> Publisher:
    memory = run.place.internal(run.slug) / "targets" / target
    return publisher(target, run.city.targets[target], context.publication, run.city.build.permanent, memory)


def _of(run: Run, context: CityContext, snapshot: str) -> tuple[Path, Manifest]:
    folder = run.place.public(run.slug) / "snapshots" / snapshot
    manifest = read_manifest(folder)
    refuse_older(manifest, context.ledger.redacting.newest())
    return folder, manifest
