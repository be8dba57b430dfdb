"""Every check by its id, and what it is called: for settings and commands that name checks."""

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from expectations.checks import datasets, fields, process, releases, times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from expectations.checks.model import Check


@cache
def checks_by_id() -> "Mapping[str, Check]":
    """Give all checks of all levels, in the order of their ids."""
    every: tuple[Check, ...] = (
        *process.CHECKS, *releases.CHECKS, *fields.CHECKS, *datasets.CHECKS, *times.CHECKS
    )  # fmt: skip
    return MappingProxyType({check.id: check for check in sorted(every, key=lambda check: check.id)})
