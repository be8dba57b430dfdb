"""What a column holds is what most of its values look like, with a word from its name."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.profile.kinds import fitting, kind_of, looks
from transforms.profile.shapes import shape


def kind(name: str, *values: str) -> str:
    """The kind of a column with these values."""
    found = looks(Counter(map(shape, values)))
    return kind_of(name, found, len(set(values)), Counter(values), sorted(set(values)))


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("Due", ["01/12/2026", "02/03/2026", "12/31/2025"], "date"),
        ("CloseDate", ["2019-02-14 15:00:00", "2019-02-15 15:00:00"], "timestamp"),
        ("changed", ["2024-01-31T00:00:00Z", "2024-02-01T00:00:00Z"], "timestamptz"),
        ("Estimate", ["$0", "$640,000", "$2,000 - $3,000", "$1 - $2"], "range"),
        ("Award", ["771931.57", "$1,234.56", "12"], "money"),
        ("Award", ["1.5", "2"], "decimal"),
        ("bids_received", ["1", "2", "3", "10", "4"], "integer"),
        ("valor_del_contrato", ["2870993010534", "0", "15"], "integer"),
        ("Contract Number", ["24640", "19486", "27500"], "identifier"),
        ("Zip", ["60607", "60610", "48279-1712"], "identifier"),
        ("item", ["0012", "0013", "0100"], "identifier"),
        ("Status", ["Open"] * 3 + ["Awarded"] * 5, "code"),
        ("Category", ["7", "9", "10"] * 9, "code"),
        ("sole_trader", ["Y", "N", "N"], "boolean"),
        ("Title", ["Road salt", "New roof", "Advice on leases"], "text"),
        ("contract_pdf", ["http://x.example/1", "http://x.example/2"], "url"),
        ("mail", ["a.b@c.example", "d@e.example"], "email"),
        ("anything", [], "empty"),
    ],
)
def test_kinds(name: str, values: list[str], expected: str) -> None:
    assert kind(name, *values) == expected


def test_one_odd_value_among_a_few_is_no_other_kind() -> None:
    assert kind("Estimate", "$48,000.00", "$310,000.00", "$20,000.00", "$150,000.00", "approx. 9k") == "money"
    assert kind("Estimate", "$48,000.00", "approx. 9k") == "text"


def test_what_fits_a_kind() -> None:
    assert "money" in fitting("decimal")
    assert fitting("text") == frozenset()


@given(st.lists(st.sampled_from(["1", "2.5", "$3", "x", "01/02/2024", "Open", "N/A"]), max_size=30), st.randoms())
def test_the_order_of_values_does_not_matter(values: list[str], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert kind("column", *values) == kind("column", *shuffled)
