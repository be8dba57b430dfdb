"""A check of one process asked of a document, and what it found in short."""

from typing import Any

from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Outcome, ProcessCheck


def outcome(check: ProcessCheck, **document: Any) -> Outcome | None:
    """Ask a check of a compiled release with these sections."""
    return check.run(CompiledRelease(document))


def failed(found: Outcome | None) -> list[tuple[str, str, str]]:
    """Give pointer, value and what it was held against of each failure."""
    assert found is not None, "the check does not apply"
    return [(one.pointer, one.value, one.other) for one in found.failures]


def applied(found: Outcome | None) -> int:
    """Give how often a check applied that found nothing wrong."""
    assert found is not None, "the check does not apply"
    assert not found.failures
    return found.applied
