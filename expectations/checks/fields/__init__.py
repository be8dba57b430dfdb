"""Checks of single values, one module each."""

from expectations.checks.fields import (
    date_time,
    document_description_length,
    document_format,
    document_type,
    email,
    identifier_scheme,
    language,
    number_checks,
    ocid_prefix,
    personal_data,
    placeholder,
    placeholder_amount,
    telephone,
    trial,
)
from expectations.checks.model import FieldCheck

CHECKS: tuple[FieldCheck, ...] = (
    ocid_prefix.CHECK,
    personal_data.CHECK,
    trial.CHECK,
    date_time.CHECK,
    identifier_scheme.CHECK,
    number_checks.CHECK,
    placeholder.CHECK,
    telephone.CHECK,
    email.CHECK,
    language.CHECK,
    document_type.CHECK,
    document_format.CHECK,
    document_description_length.CHECK,
    placeholder_amount.CHECK,
    telephone.COUNTRY,
)
"""All of them, in the order of reports."""
