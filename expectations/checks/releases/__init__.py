"""Checks of one individual release and those before it, one module each."""

from expectations.checks.model import ReleaseCheck
from expectations.checks.releases import (
    amendment_entry,
    no_op,
    null_prior,
    release_date_order,
    release_id_independent,
    release_id_unique,
    tag_precondition,
    tag_section,
)

CHECKS: tuple[ReleaseCheck, ...] = (
    release_id_unique.CHECK,
    release_id_independent.CHECK,
    release_date_order.CHECK,
    tag_section.CHECK,
    tag_precondition.CHECK,
    amendment_entry.CHECK,
    null_prior.CHECK,
    no_op.CHECK,
)
"""All of them, in the order of reports."""
