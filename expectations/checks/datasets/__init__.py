"""Checks of a whole publication, one module each."""

from expectations.checks.datasets import (
    buyer,
    buyer_repetition,
    code_coverage,
    code_distribution,
    freshness,
    main_procurement_category,
    ocid_case,
    overfill,
    party_duplicates,
    party_pairs,
    related_process_identifier,
    related_process_title,
    release_date_not_run,
    tender_id,
    url_availability,
    value_distribution,
    value_repetition,
)
from expectations.checks.model import DatasetCheck

CHECKS: tuple[DatasetCheck, ...] = (
    ocid_case.CHECK,
    tender_id.CHECK,
    related_process_identifier.CHECK,
    related_process_title.CHECK,
    release_date_not_run.CHECK,
    freshness.CHECK,
    party_pairs.CHECK,
    party_duplicates.CHECK,
    buyer.CHECK,
    buyer_repetition.CHECK,
    main_procurement_category.CHECK,
    *code_distribution.CHECKS,
    *value_distribution.CHECKS,
    *value_repetition.CHECKS,
    overfill.CHECK,
    code_coverage.CHECK,
    url_availability.CHECK,
)
"""All of them, in the order of reports."""
