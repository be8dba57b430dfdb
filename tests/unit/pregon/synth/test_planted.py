"""What must never be published is there, and is listed."""

import re
from pathlib import Path

import pytest

from pregon.synth import SECRET_PATTERNS, planted_secrets
from pregon.synth.planted import digits

from .conftest import Query


@pytest.fixture(scope="module")
def secrets(riverbend: Path) -> list[str]:
    return planted_secrets(f"sqlite:///{riverbend}")


@pytest.mark.parametrize("pattern", SECRET_PATTERNS[:-1], ids=lambda pattern: pattern.pattern)
def test_each_pattern_finds_listed_secrets(secrets: list[str], pattern: re.Pattern[str]) -> None:
    assert sum(pattern.search(secret) is not None for secret in secrets) >= 10


def test_every_pattern_finds_something_in_the_database(query: Query) -> None:
    [(address,)] = query("SELECT download_ip FROM plan_holders LIMIT 1")
    assert SECRET_PATTERNS[-1].fullmatch(address)


def test_amounts_of_sealed_bids_are_listed_unless_they_are_public_too(secrets: list[str], query: Query) -> None:
    sealed = {
        digits(amount)
        for (amount,) in query(
            "SELECT amount FROM bids JOIN solicitations USING (sol_no)"
            " WHERE lower(trim(solicitations.status_code)) IN ('open', 'eval', 'can')"
        )
    }
    listed = {secret for secret in secrets if re.fullmatch(r"[0-9]+\.[0-9]+", secret)}
    assert len(listed) > 30
    assert listed <= sealed
    public = {digits(amount) for (amount,) in query("SELECT amount FROM awards UNION SELECT amount FROM contracts")}
    assert listed.isdisjoint(public)


def test_sole_traders_are_listed_by_name_only_if_they_never_won(secrets: list[str], query: Query) -> None:
    listed = set(secrets)
    persons = query("SELECT vendor_id, legal_name, street FROM vendors WHERE is_individual = 'Y'")
    winners = {key for (key,) in query("SELECT vendor_id FROM award_suppliers")}
    assert len(persons) > 20
    for key, name, street in persons:
        assert street in listed
        assert (name.strip() in listed) == (key not in winners)


def test_drafts_and_internal_documents_carry_the_marker(query: Query) -> None:
    drafts = query("SELECT title FROM solicitations WHERE status_code = 'DRAFT'")
    memos = query("SELECT title, url FROM solicitation_documents WHERE visibility = 'INTERNAL'")
    assert drafts
    assert memos
    assert all("INTERNAL-ONLY" in text for row in (*drafts, *memos) for text in row)


def test_no_more_of_a_kind_than_asked_for(riverbend: Path) -> None:
    assert len(planted_secrets(f"sqlite:///{riverbend}", limit=2)) < 40
