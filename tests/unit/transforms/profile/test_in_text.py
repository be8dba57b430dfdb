import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.profile.in_text import Personal, may_hold_personal, personal_in


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Questions: ana.perez@mail.example", "e-mail", "ana.perez@mail.example"),
        ("Call (555) 010-4477 ext 3", "tel.", "(555) 010-4477"),
        ("Call 555.010.4477.", "tel.", "555.010.4477"),
        ("Tel: 601 2345678", "tel.", "Tel: 601 2345678"),
        ("Celular 3001234567", "tel.", "Celular 3001234567"),
        ("WhatsApp +57 300 123 4567", "tel.", "WhatsApp +57 300 123 4567"),
        ("SSN 123-45-6789", "SSN", "123-45-6789"),
        ("C.C. 79.123.456 de Bogotá", "cédula", "C.C. 79.123.456"),
        ("cédula de ciudadanía No. 1234567890", "cédula", "cédula de ciudadanía No. 1234567890"),
        ("CURP HEGG560427MVZRRL04", "CURP", "HEGG560427MVZRRL04"),
        ("Pay to GB82 WEST 1234 5698 7654 32", "IBAN", "GB82 WEST 1234 5698 7654 32"),
        ("Card 4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
        ("Card 378282246310005", "card", "378282246310005"),
    ],
)
def test_personal_data_is_found(text: str, kind: str, found: str) -> None:
    assert personal_in(text) == Personal(kind, found)
    assert may_hold_personal(text)


def test_the_rfc_of_a_person_is_believed_by_its_check_digit() -> None:
    found = [digit for digit in "0123456789A" if personal_in(f"RFC VECJ880326AB{digit}") is not None]

    assert len(found) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Write to compras@ciudad.example or info@city.example",
        "RFP-2024-0001412 and PO0000606-1-1",
        "From 2024-05-01 to 2027-06-30, FY 2024-2026",
        "Estimate of value: 1684.30 USD, 12,345,678.90 in all",
        "Order 4500123456",
        "On-Call 2024-2026, Call 2025-0017",
        "SSN 000-12-3456, 666-12-3456, 912-34-5678, 123-00-4567",
        "Card 4111 1111 1111 1112",
        "Pay to GB82 WEST 1234 5698 7654 33",
        "RFC XAXX010101000",
        "",
    ],
)
def test_other_numbers_and_the_mailboxes_of_offices_are_none(text: str) -> None:
    assert personal_in(text) is None


PIECES = st.sampled_from(
    ("555-010-4477", " ", "(555) ", "x@y.example", "C.C. ", "79.123.456", "2024-05-01", "RFP-", "123-45-6789", "tel ",
     "300123", "4567", "GB82WEST12345698765432", "+57 ", "A", "\n", ".", "HEGG560427MVZRRL04", "4111111111111111")
)  # fmt: skip


@given(st.lists(PIECES, max_size=6).map("".join), st.lists(PIECES, max_size=3).map("".join))
def test_where_nothing_may_be_held_nothing_is_found(text: str, other: str) -> None:
    if not may_hold_personal(f"{other}\n{text}"):
        assert personal_in(text) is None
