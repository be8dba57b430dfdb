"""Our codelists have the official codes and the official facts about them."""

from pathlib import Path

import pytest
from contract.ocds import official

from transforms.ocds import codelists

FACTS = {
    "Section": "section",
    "Category": "category",
    "Deprecated": "deprecated",
    "Valid Until": "valid_until",
    "URI Pattern": "uri_pattern",
}


@pytest.mark.parametrize("names", official.SETS, ids=lambda names: "+".join(names[:3]) or "standard")
def test_codes_are_the_official_ones(reference: Path, names: tuple[str, ...]) -> None:
    ours = {name: set(codelist.codes) for name, codelist in codelists(names).items()}
    assert ours == {name: set(codes) for name, codes in official.codelist_rows(reference, names).items()}


def test_facts_about_codes_are_the_official_ones(reference: Path) -> None:
    theirs = official.codelist_rows(reference, official.LARGEST)
    for name, codelist in codelists(official.LARGEST).items():
        for code in codelist.codes.values():
            row = theirs[name][code.code]
            assert dict(code.facts) == {ours: row[column] for column, ours in FACTS.items() if row.get(column)}


def test_there_are_302_currencies_and_no_others_are_allowed() -> None:
    currency = codelists()["currency"]
    assert len(currency.codes) == 302
    assert not currency.is_open
