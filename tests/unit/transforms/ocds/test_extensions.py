import itertools

import pytest

from transforms.ocds import (
    RECOMMENDED,
    IncompatibleExtensions,
    UnknownExtension,
    extension_urls,
    extensions,
    field_table,
    supported_extensions,
)
from transforms.ocds.extensions import checked


def test_urls_name_the_pinned_ref() -> None:
    assert extension_urls(["lots"]) == [
        "https://raw.githubusercontent.com/open-contracting-extensions/ocds_lots_extension/v1.1.5/extension.json"
    ]


def test_urls_come_in_one_order_whatever_the_input() -> None:
    for ids in itertools.permutations(["lots", "bids", "budget"]):
        assert extension_urls(ids) == extension_urls(["bids", "lots", "budget"])


def test_recommended_extensions_are_pinned_to_the_release_for_1_1_5() -> None:
    assert {extensions()[name].ref for name in RECOMMENDED} == {"v1.1.5"}


def test_the_others_are_pinned_to_a_commit() -> None:
    refs = [extensions()[name].ref for name in supported_extensions() if name not in RECOMMENDED]
    assert all(len(ref) == 40 and set(ref) <= set("0123456789abcdef") for ref in refs)


def test_an_unknown_extension_is_named_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownExtension, match="organizationClassification") as error:
        checked(["organisationClassification"])
    assert error.value.extension == "organisationClassification"
    assert error.value.nearest == ("organizationClassification",)


def test_an_extension_without_what_it_needs_is_refused() -> None:
    with pytest.raises(IncompatibleExtensions, match="declare location as well") as error:
        field_table(["bidOpening"])
    assert error.value.extensions == ("bidOpening",)
    assert "tender/bidOpening/location/uri" in field_table(["bidOpening", "location"])


def test_statistics_is_refused_with_and_without_bids() -> None:
    with pytest.raises(IncompatibleExtensions, match="definitions that bids has only after") as error:
        checked(["statistics", "bids"])
    assert error.value.extensions == ("statistics", "bids")
    with pytest.raises(IncompatibleExtensions):
        checked(["statistics"])


def test_all_supported_extensions_can_be_used_together() -> None:
    assert checked(supported_extensions()) == supported_extensions()
