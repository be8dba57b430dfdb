"""Checks of single values, one module each."""

from expectations.checks.fields import date_time
from expectations.checks.model import FieldCheck

CHECKS: tuple[FieldCheck, ...] = (date_time.CHECK,)
"""All of them, in the order of reports."""
