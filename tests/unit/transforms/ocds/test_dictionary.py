import pytest

from transforms.ocds import UnknownField, dictionary, field_table, full_title, supported_extensions


def test_rows_follow_the_table_in_both_languages() -> None:
    english, spanish = dictionary(["lots"], "en"), dictionary(["lots"], "es")
    assert [row.path for row in english] == [row.path for row in spanish] == list(field_table(["lots"]))


def test_the_full_title_leads_from_the_top() -> None:
    table = field_table()
    assert full_title(table, "tender/value/amount", "en") == "Tender › Estimated value › Amount"
    assert full_title(table, "awards/value/amount", "es") == "Adjudicaciones › Valor adjudicado › Monto"


def test_full_titles_of_all_fields_differ() -> None:
    for language in ("en", "es"):
        titles = [row.full_title for row in dictionary(supported_extensions(), language)]
        assert sorted(title for title in titles if titles.count(title) > 1) == []


def test_a_row_says_type_codelist_and_extension() -> None:
    rows = {row.path: row for row in dictionary(["lots"], "en")}
    status = rows["tender/lots/status"]
    assert (status.type, status.codelist, status.open_codelist) == ("string", "tenderStatus", False)
    assert (status.extension, status.required) == ("lots", False)
    assert rows["tender/lots"].type == "array of objects"
    assert rows["tender/submissionMethod"].type == "array of string"


def test_a_path_outside_the_table_has_no_title() -> None:
    with pytest.raises(UnknownField):
        full_title(field_table(), "tender/nothing", "en")
