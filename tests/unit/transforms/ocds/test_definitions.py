"""fields.csv and the codelist files are sound in themselves."""

from pathlib import Path

import transforms.ocds
from transforms.ocds import codelists, field_table, supported_extensions
from transforms.ocds.definitions import Property, definitions, entry_definitions, rows

JSON_TYPES = {"string", "number", "integer", "boolean", "array", "object"}
ALL = supported_extensions()


def fields() -> list[Property]:
    return [row for row in rows() if row.name]


def test_each_field_is_stated_once() -> None:
    keys = [(row.definition, row.name) for row in rows()]
    assert len(keys) == len(set(keys))


def test_each_row_has_titles_in_both_languages() -> None:
    assert [row for row in rows() if not all(row.title(language).strip() for language in ("en", "es"))] == []


def test_each_extension_of_a_row_is_supported() -> None:
    assert {row.extension for row in rows()} - {None} == set(ALL)


def test_each_type_is_a_json_type_and_each_used_definition_exists() -> None:
    known = definitions(ALL)
    for field in fields():
        assert set(field.types) <= JSON_TYPES
        assert bool(field.of) == (field.types in {("array",), ("object",)})
        if field.has_definition:
            assert set(field.of) <= {*known, "VersionedRelease"}
        else:
            assert set(field.of) <= JSON_TYPES


def test_each_extension_alone_refers_to_no_missing_definition() -> None:
    for name in ALL:
        needed = tuple(other for other in ALL if other == name or other in transforms.ocds.extensions()[name].needs)
        known = definitions(needed)
        for definition in known.values():
            for field in definition.properties.values():
                if field.has_definition:
                    assert set(field.of) <= {*known, "VersionedRelease"}, (name, field.definition, field.name)


def test_each_definition_is_used_by_some_path() -> None:
    reached = {"ReleasePackage", "RecordPackage", "Release", "VersionedRelease"}
    for root in ("Release", "ReleasePackage", "RecordPackage"):
        reached |= {name for field in field_table(ALL, root).values() for name in field.of}
    assert set(definitions(ALL)) <= reached


def test_a_codelist_is_open_everywhere_or_nowhere() -> None:
    kinds: dict[str, set[bool | None]] = {}
    for field in fields():
        if field.codelist:
            kinds.setdefault(field.codelist, set()).add(field.open_codelist)
    assert {name for name, found in kinds.items() if len(found) > 1} == set()


def test_each_codelist_file_is_used_and_each_code_is_listed_once() -> None:
    folder = Path(transforms.ocds.__file__).parent / "codelists"
    assert {path.stem for path in folder.glob("*.csv")} == set(codelists(ALL))
    for path in folder.glob("*.csv"):
        codes = [line.partition(",")[0] for line in path.read_text("utf-8").splitlines()[1:]]
        assert len(codes) == len(set(codes)), path.name


def test_what_is_merged_by_id_somewhere_is_nowhere_an_object_whose_id_may_be_missing() -> None:
    """The strict schema requires an id wherever such a definition is used, so it must be at home in arrays."""
    entries = entry_definitions(ALL)
    assert not entries & {"Classification", "Identifier", "Value", "Period", "Address", "Unit", "ParticipationFee"}
    assert {"Organization", "OrganizationReference", "Amendment", "RelatedProcess", "Lot", "LotGroup"} <= entries
    assert {"Enquiry", "BudgetBreakdown", "Bid", "BidsStatistic", "Subcontract"} <= entries
