"""Checks of a publication against the one before, one module each."""

from expectations.checks.model import TimeCheck
from expectations.checks.times import (
    code_shares,
    count_regression,
    new_codes,
    ocid,
    phase_stable,
    publication_delay,
    score,
    tender_title,
    totals_by_year,
)

CHECKS: tuple[TimeCheck, ...] = (
    ocid.CHECK,
    phase_stable.CHECK,
    count_regression.CHECK,
    totals_by_year.CHECK,
    tender_title.CHECK,
    code_shares.CHECK,
    new_codes.CHECK,
    score.CHECK,
    publication_delay.CHECK,
)
"""All of them, in the order of reports."""
