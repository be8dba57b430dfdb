import pytest
from field_checks import FIELDS, asked, passes
from hypothesis import given
from hypothesis import strategies as st

from expectations.checks.fields.placeholder import CHECK

TITLE = "tender/title"


def test_code_lists_and_fields_with_a_check_of_their_own_are_left_alone() -> None:
    paths = asked(CHECK, FIELDS)

    assert "tender/title" in paths
    assert "tender/status" not in paths
    assert "parties/contactPoint/email" not in paths
    assert "tender/value/amount" not in paths
    assert "tender/items/unit/name" not in paths


@pytest.mark.parametrize(
    "value",
    [
        "n/a", "N/A.", "NA", "none", "Null", "(none)", "TBD", "tba", "unknown", "UNKNOWN VENDOR", "xxx", "XXXXX",
        "-", "--", ".", "?", "...", "test", "Sin dato", "POR DEFINIR", "prueba", "No aplica", "sin información",
        "Sin título", "99999", "00000", " n/a ", "Vendor Name", "vendor_name", "Objeto del contrato", "Razón social",
        "Não informado",
    ],
)  # fmt: skip
def test_stand_ins_fail(value: str) -> None:
    assert not passes(CHECK, value, TITLE)


@pytest.mark.parametrize(
    "value",
    [
        "Test pits at Levee Road", "None of the above, Inc.", "Repair of the unknown soldier's monument", "N", "X",
        "100", "0", "Vendor name badges", "Null Island survey", "A", "El Objeto", 7, {"a": 1},
    ],
)  # fmt: skip
def test_texts_that_say_something_pass(value: object) -> None:
    assert passes(CHECK, value, TITLE)


def test_two_letters_are_the_name_of_a_region() -> None:
    assert passes(CHECK, "ND", "parties/address/region")
    assert not passes(CHECK, "n/a", "parties/address/region")
    assert not passes(CHECK, "-", "parties/address/region")


def test_none_is_an_answer() -> None:
    assert passes(CHECK, "None", "tender/enquiries/answer")
    assert not passes(CHECK, "Description", "tender/enquiries/answer")


@pytest.mark.parametrize("value", ["0", "0000", "n/a", "TBD", "Vendor Nbr", "Contract No.", "NÚMERO DE CONTRATO", 0])
def test_ids_of_registers_that_are_none_fail(value: object) -> None:
    assert not passes(CHECK, value, "parties/identifier/id")


@pytest.mark.parametrize("value", ["10", "V100", "FIN", "RFP", "PO 17", "Purchasing-Office-Main", 5, True])
def test_other_ids_pass(value: object) -> None:
    assert passes(CHECK, value, "parties/identifier/id")


def test_entries_of_an_array_may_be_counted_from_zero() -> None:
    assert passes(CHECK, "0", "tender/items/id")
    assert not passes(CHECK, "Item Number", "tender/items/id")


def test_codes_of_units_are_short() -> None:
    assert passes(CHECK, "NA", "tender/items/unit/id")


@pytest.mark.parametrize("value", ["1900-01-01T00:00:00Z", "1970-01-01T00:00:00-05:00", "9999-12-31T23:59:59Z"])
def test_days_that_systems_write_for_none_fail(value: str) -> None:
    assert not passes(CHECK, value, "awards/date")
    assert passes(CHECK, "2026-01-01T00:00:00Z", "awards/date")


@given(
    st.lists(
        st.sampled_from(("n/a", "Título", "N/A", "Vendor Nbr", "a\nn/a", "0", "x", "Sin título", "É", "", "--", "A b"))
    ),
    st.sampled_from((TITLE, "parties/identifier/id", "tender/items/id")),
)
def test_what_passes_together_passes_alone(values: list[str], path: str) -> None:
    test = CHECK.test_of(FIELDS[path])
    assert test is not None
    assert test.all_pass is not None

    assert not test.all_pass(values, "") or all(test.passes(value, "") for value in values)
