"""Values of failing rows are shown only where they tell nothing of a person and nothing that is not public yet."""

from pregon.city import read_city
from pregon.city_transform import read_transform
from pregon.table_expectations.hiding import hiding_of, released_value


def test_sealed_and_personal_values_are_hidden() -> None:
    city = read_city("riverbend")
    hiding = hiding_of(city, read_transform(city).mapping)
    assert hiding.value("bids", "amount", "$1,200.00") is None
    assert hiding.value("vendors", "legal_name", "Quill") is None
    assert hiding.value("vendors", "street", "17") is None
    assert hiding.value("solicitations", "estimate", "$1,2OO.00") == "$1,2OO.00"
    assert hiding.value("solicitations", "estimate", "call Maria Gonzalez") is None
    assert hiding.value("solicitations", "estimate", "m@quill.example") is None
    assert hiding.key("vendors", "V100016") == "V100016"
    assert "Quill" not in hiding.key("vendors", "m@Quill.example")


def test_what_a_page_would_write_otherwise_is_hidden_so_that_a_redaction_finds_what_is_shown() -> None:
    city = read_city("riverbend")
    hiding = hiding_of(city, read_transform(city).mapping)
    for text in ("O'Neil", "<b>", "a  1", "9" * 41):
        assert hiding.value("solicitations", "estimate", text) is None
    assert "'" in "O'Neil"
    assert hiding.key("solicitations", "<x>") != "<x>"


def test_of_releases_names_are_not_repeated() -> None:
    assert released_value("parties/name", "N/A") is None
    assert released_value("awards/value/amount", "-4") == "-4"
