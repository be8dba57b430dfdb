import pytest
from field_checks import asked, passes

from expectations.checks.fields.trial import CHECK

PATH = "tender/title"


def test_it_is_asked_of_titles_and_names() -> None:
    assert {"tender/title", "awards/title", "contracts/title", "parties/name"} <= set(asked(CHECK))
    assert "tender/items/unit/name" not in asked(CHECK)


@pytest.mark.parametrize(
    "value",
    [
        "TEST", "Test 3", "test test", "Prueba #12", "Dummy", "This is a test solicitation", "Test vendor 2",
        "Contrato de prueba", "Lorem ipsum dolor", "RFP 12 - DO NOT BID", "Please ignore this", "Licitación de prueba",
        "Borrador 2",
    ],
)  # fmt: skip
def test_trials_fail(value: str) -> None:
    assert not passes(CHECK, value, PATH)


@pytest.mark.parametrize(
    "value",
    [
        "Test pits at Levee Road", "Testing laboratory services", "Prueba de carga del puente", "Pruebas de suelo",
        "COVID-19 test kits", "Demo Street resurfacing", "Sample analysis", "Ejemplo de convivencia, programa social",
        "Test & Measure, Inc.", "Pest control", "Contest judges", 7,
    ],
)  # fmt: skip
def test_what_a_city_buys_passes(value: object) -> None:
    assert passes(CHECK, value, PATH)
