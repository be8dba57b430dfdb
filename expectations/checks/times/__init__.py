"""Checks of a publication against the one before, one module each."""

from expectations.checks.model import TimeCheck
from expectations.checks.times import ocid

CHECKS: tuple[TimeCheck, ...] = (ocid.CHECK,)
"""All of them, in the order of reports."""
