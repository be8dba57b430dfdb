"""Personal data is suspected by names and forms, and a masked value is gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.profile.model import Suspicion
from transforms.profile.personal import by_name, by_values, is_masked, kinds_in, looks_like_person, mask, shows_person


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("Buyer Name", {"person"}),
        ("Buyer Email", {"email"}),
        ("Buyer Phone Number", {"phone"}),
        ("StaffContact", {"person"}),
        ("vendoremail", {"email"}),
        ("correo_electronico", {"email"}),
        ("Teléfono", {"phone"}),
        ("tax_id", {"tax_id"}),
        ("nit_del_proveedor", {"tax_id"}),
        ("documento_proveedor", {"tax_id"}),
        ("bank_account", {"bank_account"}),
        ("n_mero_de_cuenta", {"bank_account"}),
        ("nombre_del_banco", {"bank_account"}),
        ("Address 1", {"address"}),
        ("dirección", {"address"}),
        ("download_ip", {"network"}),
        ("ethnicity", {"sensitive"}),
        ("Genero", {"sensitive"}),
        ("nombre_representante_legal", {"person"}),
        ("asked_by", {"person"}),
        ("created_at", set()),
        ("contract_number", set()),
        ("Department", set()),
        ("title", set()),
        ("contact_type", set()),
    ],
)
def test_names_of_columns(name: str, data: set[str]) -> None:
    assert {one.data for one in by_name(name)} == data


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ("ana.perez@city.example", {"email"}),
        ("(416) 555-0123", {"phone"}),
        ("416-555-0123", {"phone"}),
        ("123-45-6789", {"tax_id"}),
        ("12-3456789", {"tax_id"}),
        ("GODE561231GR8", {"tax_id"}),
        ("10.1.2.3", {"network"}),
        ("DE89 3704 0044 0532 0130 00", {"bank_account"}),
        ("DE89 3704 0044 0532 0130 01", set()),
        ("12 Example St", {"address"}),
        ("Calle 26 No. 57-41", {"address"}),
        ("PO Box 12", {"address"}),
        ("Maria Gonzalez", {"person"}),
        ("SMITH, JOHN", {"person"}),
        ("Smith Paving Ltd.", set()),
        ("2024-001", set()),
        ("Road salt for the winter", set()),
        ("B69683203", set()),
    ],
)
def test_forms_of_values(value: str, data: set[str]) -> None:
    assert set(kinds_in(value)) == data


@pytest.mark.parametrize(
    "value",
    [
        "JOHN SMITH INC",
        "Maria's Catering Services",
        "ACS, INC",
        "Hale & Ostrow Roofing",
        "County of Cook",
        "GRUPO JOSE SA DE CV",
    ],
)
def test_firms_are_no_persons(value: str) -> None:
    assert not looks_like_person(value)


def test_among_firms_a_few_persons_are_told_and_only_they_are_masked() -> None:
    firms = [f"Paving {number} Ltd" for number in range(100)]
    found = by_values("Supplier", [*firms, "Pat Example", "Maria Example"])
    assert [(one.data, one.where) for one in found] == [("person", "values")]
    assert not is_masked(found)
    assert shows_person("Pat Example", found)
    assert not shows_person("Paving 3 Ltd", found)


def test_names_are_not_looked_for_where_no_person_is_suspected() -> None:
    assert not shows_person("Virginia Park")
    assert shows_person("write to ana@city.example")


def test_a_column_told_by_its_name_is_masked_whole() -> None:
    assert is_masked(by_name("Buyer Name"))
    assert is_masked([Suspicion(data="email", where="values", share=0.9)])
    assert not is_masked([Suspicion(data="email", where="text", rows=3)])


@given(st.text(min_size=1).filter(str.strip))
def test_what_is_masked_does_not_hold_the_value(value: str) -> None:
    assert value not in mask(value)
    assert not any(letter.isalnum() for letter in mask(value))


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1))
def test_a_mask_of_letters_and_digits_tells_their_number_only(value: str) -> None:
    assert mask(value) == "•" * len(value)
