import pytest

from transforms.ocds import UnknownCodelist, codelist, codelists, supported_extensions


def test_a_closed_list_is_told_from_an_open_one() -> None:
    assert not codelist("tenderStatus").is_open
    assert codelist("documentType").is_open


def test_codes_are_compared_exactly() -> None:
    assert "USD" in codelist("currency")
    assert "usd" not in codelist("currency")


def test_titles_are_in_both_languages_and_an_unlisted_code_is_its_own_title() -> None:
    assert codelist("method").title("direct", "en") == "Direct award"
    assert codelist("method").title("direct", "es") == "Directa"
    assert codelist("method").title("swap", "es") == "swap"


def test_extensions_add_codes_and_lists() -> None:
    assert "subcontractor" not in codelist("partyRole")
    assert "subcontractor" in codelist("partyRole", ["subcontracting"])
    assert "partyScale" not in codelists()
    assert "sme" in codelist("partyScale", ["partyScale"])


def test_document_types_say_where_they_belong() -> None:
    assert codelist("documentType").codes["contractDraft"].facts["section"] == "tender, award"


def test_an_unknown_list_is_named_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownCodelist, match="tenderStatus") as error:
        codelist("tenderstatus")
    assert error.value.nearest[0] == "tenderStatus"


def test_each_code_has_titles() -> None:
    for found in codelists(supported_extensions()).values():
        assert found.codes
        for code in found.codes.values():
            assert code.titles["en"].strip()
            assert code.titles["es"].strip()


def test_no_two_codes_of_a_list_have_one_title() -> None:
    for found in codelists(supported_extensions()).values():
        for language in ("en", "es"):
            titles = [code.titles[language] for code in found.codes.values()]
            assert len(titles) == len(set(titles)), (found.name, language)
