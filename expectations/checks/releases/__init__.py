"""Checks of one individual release and those before it, one module each."""

from expectations.checks.model import ReleaseCheck
from expectations.checks.releases import tag_section

CHECKS: tuple[ReleaseCheck, ...] = (tag_section.CHECK,)
"""All of them, in the order of reports."""
