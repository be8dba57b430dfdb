"""Checks of one compiled release, one module each."""

from expectations.checks.model import ProcessCheck
from expectations.checks.process import contract_in_awards

CHECKS: tuple[ProcessCheck, ...] = (contract_in_awards.CHECK,)
"""All of them, in the order of reports."""
