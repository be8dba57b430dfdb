"""Checks of a whole publication, one module each."""

from expectations.checks.datasets import tender_id
from expectations.checks.model import DatasetCheck

CHECKS: tuple[DatasetCheck, ...] = (tender_id.CHECK,)
"""All of them, in the order of reports."""
