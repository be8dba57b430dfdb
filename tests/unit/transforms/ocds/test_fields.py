import pytest

from transforms.ocds import RECOMMENDED, UnknownExtension, UnknownField, field_table, supported_extensions


def test_the_standard_has_559_fields() -> None:
    assert len(field_table()) == 559


def test_a_path_has_no_array_indexes_and_states_its_field() -> None:
    field = field_table(["lots"]).field("tender/lots/value/currency")
    assert (field.name, field.parent, field.definition) == ("currency", "tender/lots/value", "Value")
    assert (field.types, field.nullable, field.required) == (("string",), True, False)
    assert (field.codelist, field.open_codelist) == ("currency", False)


def test_a_field_belongs_to_the_extension_that_brings_its_path() -> None:
    table = field_table(["lots", "options"])
    assert table["tender/value/amount"].extension is None
    assert table["tender/lots/value/amount"].extension == "lots"
    assert table["tender/lots/options/period/endDate"].extension == "options"


def test_an_extension_of_another_adds_nothing_alone() -> None:
    assert "tender/options/description" in field_table(["options"])
    assert "tender/lots/options/description" not in field_table(["options"])


def test_equal_sets_give_the_same_table() -> None:
    assert field_table(["lots", "bids"]) is field_table(("bids", "lots", "bids"))


@pytest.mark.parametrize(
    ("path", "merge"),
    [
        ("id", "omit"),
        ("tag", "omit"),
        ("parties", "identifier"),
        ("parties/additionalIdentifiers", "whole"),
        ("parties/roles", "whole"),
        ("tender", "object"),
        ("tender/title", "literal"),
        ("tender/amendments/changes", "whole"),
        ("tender/participationFees", "whole"),
        ("tender/lots", "identifier"),
    ],
)
def test_the_merge_strategy_is_stated(path: str, merge: str) -> None:
    assert field_table(RECOMMENDED)[path].merge == merge


def test_kinds_of_fields_are_told_apart() -> None:
    table = field_table()
    assert table["tender"].is_object
    assert table["awards"].is_object_array
    assert table["tender/submissionMethod"].is_scalar_array
    assert [field.path for field in (table["tender"], table["awards"], table["tag"]) if field.is_leaf] == ["tag"]


def test_children_are_the_fields_directly_below() -> None:
    table = field_table()
    assert [field.name for field in table.children("tender/value")] == ["amount", "currency"]
    assert [field.name for field in table.children()][:3] == ["ocid", "id", "date"]
    assert table.children("tender/title") == ()


def test_columns_reach_into_objects_but_not_into_arrays_of_objects() -> None:
    paths = [field.path for field in field_table().columns("awards/items")]
    assert "awards/items/unit/value/amount" in paths
    assert not any("additionalClassifications" in path for path in paths)
    assert "awards/title" not in paths


def test_the_nearest_paths_come_first() -> None:
    table = field_table()
    assert table.nearest("tender/tenderperiod/enddate")[0] == "tender/tenderPeriod/endDate"
    assert table.nearest("tender/value/ammount")[0] == "tender/value/amount"
    assert table.nearest("zzzz") == ()


def test_a_path_with_the_right_leaf_is_nearer_than_one_with_another() -> None:
    assert field_table().nearest("tender/amount", limit=1) == ("tender/value/amount",)


def test_an_unknown_path_says_what_it_may_have_meant() -> None:
    with pytest.raises(UnknownField, match="tender/title") as error:
        field_table().field("tender/titel")
    assert "tender/title" in error.value.nearest


def test_an_unknown_path_says_which_extension_has_it() -> None:
    with pytest.raises(UnknownField, match="extension lots") as error:
        field_table().field("tender/lots/title")
    assert error.value.offered_by == ("lots",)


def test_packages_and_records_have_tables_of_their_own() -> None:
    assert field_table((), "ReleasePackage")["publisher/name"].required
    records = field_table(supported_extensions(), "RecordPackage")
    assert records["records/ocid"].required
    assert records["links/next"].extension == "pagination"
    assert not any(path.startswith("records/compiledRelease/") for path in records)


def test_an_unknown_extension_is_refused() -> None:
    with pytest.raises(UnknownExtension):
        field_table(["nope"])
