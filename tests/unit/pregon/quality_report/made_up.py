"""Failures that checks kept, written as the stages write them."""

from collections.abc import Iterable
from pathlib import Path

from unit.pregon.stages.town import MAPPING, town

from expectations.checks.model import Check, Severity, Texts
from pregon.quality_report.columns import Columns
from pregon.stages.assessing import FAILURES, Failed, failed_table
from transforms.mapping import read_mapping


def check(name: str, severity: Severity) -> Check:
    return Check(
        id=name, version="1", severity=severity, source="made up", title=Texts(f"{name} holds", f"{name} se cumple"),
        message=Texts("{value} is not {other}", "{value} no es {other}"), cost=Texts("It costs.", "Cuesta."),
    )  # fmt: skip


CHECKS = {
    one.id: one for one in (check("a.critical", "critical"), check("b.warning", "warning"), check("c.info", "info"))
}


def failure(name: str, **given: str) -> Failed:
    """Give a failure, but for what is given."""
    return {
        "ocid": "ocds-1", "check": name, "path": "tender/title", "pointer": "/tender/title", "value": "x", "other": "y",
        "table": "calls", "row": "C1", **given,
    }  # fmt: skip


def write_failures(folder: Path, failures: Iterable[Failed]) -> Path:
    """Write failures into a file of a folder."""
    import pyarrow.parquet as pq

    pq.write_table(failed_table(list(failures)), folder / FAILURES)
    return folder / FAILURES


def columns() -> Columns:
    """Give the columns of the made-up town."""
    return Columns(read_mapping(MAPPING, "mapping.yaml"), town())
