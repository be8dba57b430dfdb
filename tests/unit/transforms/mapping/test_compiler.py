"""The compiler refuses what could not work, all of it at once, and plans what can."""

from typing import Any

import pytest
from unit.transforms.mapping.lamps import EXTENSIONS, SCHEMA, compiled, table_of, text

from transforms.mapping import InvalidMapping
from transforms.mapping.fields import PathFacts
from transforms.ocds import field_table


def problems(changes: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(InvalidMapping) as refused:
        compiled(changes, **options)
    return refused.value.problems


VENDOR = "parties.vendor"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        # tables and columns
        ({"process.table": "cals"}, "process.table: there is no prepared table 'cals'; did you mean 'calls'?"),
        ({"process.key": "call_nr"}, "process.key: table 'calls' has no column 'call_nr'; did you mean 'call_no'?"),
        ({"process.ocid": "{call_n}"}, "process.ocid: table 'calls' has no column 'call_n'; did you mean 'call_no'?"),
        ({"process.modified": "change"}, "process.modified: table 'calls' has no column 'change'"),
        ({"tables.linez": {"parent": "calls", "on": "call_no"}}, "tables.linez: there is no prepared table 'linez'"),
        ({"tables.lines.on": "cal_no"}, "tables.lines.on: table 'lines' has no column 'cal_no'"),
        ({"tables.lines.on": {"call_no": "cal_no"}}, "tables.lines.on: table 'calls' has no column 'cal_no'"),
        ({"tables.lines.id": "lin_no"}, "tables.lines.id: table 'lines' has no column 'lin_no'"),
        ({"tables.payments.id": "{pay_no}"}, "tables.payments.id: table 'payments' has no column 'pay_no'"),
        ({"tables.lines.modified": "changed"}, "tables.lines.modified: table 'lines' has no column 'changed'"),
        ({"tables.lines.id": None}, "tables.lines: entries of an array need an id"),
        ({"tables.calls": {"parent": "lines", "on": "call_no"}}, "tables.calls: is the process table already"),
        (
            {"tables.lines.parent": "call"},
            "tables.lines.parent: 'call' does not lead to the process table; did you mean 'calls'?",
        ),
        ({"tables.awards.parent": "contracts"}, "tables.awards.parent: 'contracts' does not lead to the process table"),
        # arrays
        (
            {"tables.lines.array": "tender/itemz"},
            "tables.lines.array: 'tender/itemz' is not a path of OCDS; did you mean 'tender/items'?",
        ),
        ({"tables.lines.array": "tender/value"}, "'tender/value' is not an array of objects"),
        ({"tables.lines.array": "tender/submissionMethod"}, "'tender/submissionMethod' is not an array of objects"),
        ({"tables.lines.array": "parties"}, "'parties' is filled from parties"),
        ({"tables.lines.array": "tender/tenderers"}, "'tender/tenderers' is filled from parties"),
        ({"tables.lines.array": "awards"}, "'awards' is filled from 'lines' already"),
        (
            {"tables.payments.array": "awards/items/additionalClassifications"},
            "tables.payments.array: lies inside 'awards/items', which no table fills",
        ),
        (
            {"tables.payments.parent": "awards", "tables.payments.on": {"contract_no": "award_no"}},
            "'contracts/implementation/transactions' lies inside 'contracts': the parent must be 'contracts'",
        ),
        # bindings
        (
            {"bindings.tender/titel": {"from": "calls.title"}},
            "'tender/titel' is not a path of OCDS with the city's extensions; did you mean 'tender/title'?",
        ),
        ({"bindings.tender/suitability/sme": {"value": True}}, "'tender/suitability/sme' is not a path of OCDS"),
        (
            {"bindings.tender/value": {"from": "calls.estimate"}},
            "'tender/value' is an object: bind the fields inside it",
        ),
        ({"bindings.tender/items": {"from": "lines.what"}}, "'tender/items' is an array: bind the fields inside it"),
        *(
            ({f"bindings.{path}": {"from": "calls.title"}}, f"bindings.{path}: {path!r} is set by Pregón itself")
            for path in ("ocid", "id", "date", "tag", "initiationType", "language")
        ),
        ({"bindings.tender/items/id": {"from": "lines.what"}}, "'tender/items/id' is set from tables.lines.id"),
        (
            {"bindings.buyer/name": {"from": "calls.office"}},
            "'buyer' refers to an organization: declare it under parties.*.references",
        ),
        ({"bindings.parties/name": {"from": "calls.office"}}, "lies inside 'parties', which no table fills"),
        (
            {"bindings.tender/documents/title": {"from": "calls.title"}},
            "lies inside 'tender/documents', which no table fills: declare it under tables",
        ),
        (
            {"bindings.tender/title": {"from": "lines.what"}},
            "lies outside all arrays, so its column must be one of 'calls', not of 'lines'",
        ),
        (
            {"bindings.tender/items/description": {"from": "calls.title"}},
            "lies inside 'tender/items', so its column must be one of 'lines', not of 'calls'",
        ),
        (
            {"bindings.tender/title": {"from": "calls.titel"}},
            "bindings.tender/title: table 'calls' has no column 'titel'; did you mean 'title'?",
        ),
        ({"bindings.tender/value/amount": {"from": "calls.closes"}}, "column 'closes' is DATE, the field is number"),
        (
            {"bindings.tender/hasEnquiries": {"from": "calls.estimate"}},
            "column 'estimate' is DECIMAL(38,9), the field is boolean",
        ),
        (
            {"bindings.tender/items/description": {"from": "lines.parts"}},
            "column 'parts' is STRUCT(a INTEGER), the field is string",
        ),
        ({"bindings.tender/tenderPeriod/endDate": {"from": "calls.estimate"}}, "the field is date-time"),
        (
            {"bindings.tender/status": {"from": "calls.state", "codelist": "tender_states"}},
            "status.codelist: there is no file codelists/tender_states.csv; did you mean 'tender_status'?",
        ),
        ({"bindings.tender/title": {"value": 3}}, "the constant 3 is not a string"),
        ({"bindings.tender/value/amount": {"value": "3"}}, "the constant '3' is not a number"),
        ({"bindings.tender/value/amount": {"value": True}}, "the constant True is not a number"),
        ({"bindings.tender/hasEnquiries": {"value": "yes"}}, "the constant 'yes' is not a boolean"),
        # parties
        (
            {f"{VENDOR}.table": "vendor"},
            "parties.vendor.table: there is no prepared table 'vendor'; did you mean 'vendors'?",
        ),
        ({f"{VENDOR}.key": "no"}, "parties.vendor.key: table 'vendors' has no column 'no'"),
        ({f"{VENDOR}.id": "{no}"}, "parties.vendor.id: table 'vendors' has no column 'no'"),
        (
            {f"{VENDOR}.person": "person"},
            "parties.vendor.person: table 'vendors' has no column 'person'; did you mean 'is_person'?",
        ),
        (
            {f"{VENDOR}.bindings.nme": {"from": "vendors.name"}},
            "'nme' is not a path inside parties with the city's extensions; did you mean 'name'?",
        ),
        ({f"{VENDOR}.bindings.id": {"from": "vendors.name"}}, "is set from id: and from the references' roles"),
        ({f"{VENDOR}.bindings.roles": {"from": "vendors.name"}}, "is set from id: and from the references' roles"),
        ({f"{VENDOR}.bindings.address": {"from": "vendors.name"}}, "'address' is an object: bind the fields inside it"),
        ({f"{VENDOR}.bindings.name": {"from": "calls.office"}}, "its column must be one of 'vendors', not of 'calls'"),
        (
            {f"{VENDOR}.tables.certs": {"array": "details/classifications", "on": "vendor_no"}},
            "parties.vendor.tables.certs: there is no prepared table 'certs'",
        ),
        ({f"{VENDOR}.tables.certificates.on": "vendor"}, "table 'certificates' has no column 'vendor'"),
        ({f"{VENDOR}.tables.certificates.id": "no"}, "table 'certificates' has no column 'no'"),
        (
            {f"{VENDOR}.tables.certificates.array": "details/classification"},
            "'details/classification' is not an array inside parties; did you mean 'details/classifications'?",
        ),
        (
            {f"{VENDOR}.references.-": {"path": "buyerr", "from": "calls.office", "role": "buyer"}},
            "parties.vendor.references.3.path: 'buyerr' is not a path of OCDS; did you mean 'buyer'?",
        ),
        (
            {f"{VENDOR}.references.-": {"path": "tender", "from": "calls.office", "role": "buyer"}},
            "'tender' does not refer to an organization",
        ),
        (
            {f"{VENDOR}.references.-": {"path": "tender/procuringEntity", "from": "vendors.name", "role": "buyer"}},
            "parties.vendor.references.3.from: 'vendors' is not a mapped table",
        ),
        (
            {f"{VENDOR}.references.-": {"path": "tender/procuringEntity", "from": "calls.offic", "role": "buyer"}},
            "table 'calls' has no column 'offic'; did you mean 'office'?",
        ),
        (
            {
                f"{VENDOR}.references.-": {
                    "path": "tender/procuringEntity",
                    "from": "calls.office",
                    "role": "x",
                    "name": "vendors.name",
                }
            },
            "references.3.name: must be a column of 'calls'",
        ),
        (
            {
                f"{VENDOR}.references.-": {
                    "path": "contracts/implementation/transactions/payer",
                    "from": "winners.vendor_no",
                    "role": "payer",
                }
            },
            "which 'winners' is not below",
        ),
    ],
)
def test_what_could_not_work_is_refused(changes: dict[str, Any], problem: str) -> None:
    found = problems(changes)
    assert any(problem in line for line in found), found
    assert all(line.startswith("mapping.yaml:") for line in found)


def test_all_problems_are_told_at_once_each_with_its_line() -> None:
    changes = {
        "bindings.tender/titel": {"from": "calls.title"},
        "bindings.awards/title": {"from": "awards.titel"},
        f"{VENDOR}.key": "nr",
    }
    source = text(changes).splitlines()
    found = problems(changes)
    expected = ("tender/titel", "awards/title", "key: nr")
    for problem, word in zip(found, expected, strict=True):
        line = int(problem.split(":")[1])
        assert word in source[line - 1]


def test_the_id_of_an_entry_may_be_bound_to_the_column_it_is_made_of() -> None:
    plan = compiled({"bindings.tender/items/id": {"from": "lines.line_no"}})
    assert "tender/items/id" in {column.path for column in table_of(plan, "lines").columns}


def test_parents_stand_before_their_children() -> None:
    order = dict(reversed(dict(read("tables")).items()))
    plan = compiled({"tables": order})
    names = [link.name for link in plan.links]
    assert sorted(names) == sorted(order)
    for link in plan.links:
        assert link.parent == "calls" or names.index(link.parent) < names.index(link.name)
    assert [table.name for table in plan.tables] == ["calls", *names]


def read(key: str) -> Any:
    from unit.transforms.mapping.lamps import MAPPING

    return MAPPING[key]


def test_a_child_is_placed_in_the_nearest_array_that_an_ancestor_fills() -> None:
    plan = compiled()
    placed = {link.name: (link.array, link.container) for link in plan.links}
    assert placed == {
        "lines": ("tender/items", ""),
        "offers": ("bids/details", ""),
        "awards": ("awards", ""),
        "winners": (None, "awards"),
        "contracts": ("contracts", ""),
        "payments": ("contracts/implementation/transactions", "contracts"),
    }
    payments = table_of(plan, "payments")
    assert (payments.objects, payments.key) == (("implementation",), "transactions")


def test_a_reference_belongs_to_the_rows_entry_or_to_the_entry_around_it() -> None:
    plan = compiled()
    own = {r.path: (table.name, r.own, r.root, r.many) for table in plan.tables for r in table.references}
    assert own == {
        "buyer": ("calls", True, True, False),
        "bids/details/tenderers": ("offers", True, False, True),
        "awards/suppliers": ("winners", False, False, True),
        "contracts/implementation/transactions/payee": ("payments", True, False, False),
    }


def test_contact_points_are_left_out_where_the_city_withholds_them() -> None:
    changes = {f"{VENDOR}.bindings.contactPoint/name": {"from": "vendors.name"}}

    def paths(*, withhold: bool) -> list[str]:
        plan = compiled(changes, withhold_contact_points=withhold)
        return [column.path for party in plan.parties for column in party.columns]

    assert "contactPoint/name" in paths(withhold=False)
    assert "contactPoint/name" not in paths(withhold=True)


def test_reserved_columns_of_a_prepared_table_are_noticed() -> None:
    special = {**SCHEMA["lines"], "_findings": "VARCHAR", "_order": "INTEGER"}
    plan = compiled(schema={"lines": special})
    assert ("_findings" in table_of(plan, "lines").findings, table_of(plan, "lines").has_order) == (True, True)
    assert ("_findings" in table_of(plan, "awards").findings, table_of(plan, "awards").has_order) == (False, False)


def test_findings_of_a_table_count_once_though_two_parts_of_the_mapping_read_it() -> None:
    plan = compiled(schema={"calls": {**SCHEMA["calls"], "_findings": "VARCHAR"}})
    read = [*plan.tables, *plan.parties]
    assert sum(part.findings.count("_findings") for part in read) == 1


def test_a_list_column_feeds_a_list_of_codes() -> None:
    plan = compiled(schema={"calls": {**SCHEMA["calls"], "ways": "VARCHAR[]"}})
    column = next(column for column in table_of(plan, "calls").columns if column.path == "tender/submissionMethod")
    assert column.many


def test_a_list_column_does_not_feed_a_single_value() -> None:
    found = problems({}, schema={"calls": {**SCHEMA["calls"], "title": "VARCHAR[]"}})
    assert found == [line for line in found if "column 'title' is VARCHAR[], the field is string" in line]


def test_a_translated_field_has_the_facts_of_the_field() -> None:
    facts = PathFacts(field_table(EXTENSIONS))
    assert facts.get("tender/title_es") == facts.get("tender/title")
    assert facts.get("tender/status_es") is None
    assert facts.get("tender/title_spanish") is None


def test_facts_tell_objects_arrays_and_scalars_apart() -> None:
    facts = PathFacts(field_table(EXTENSIONS))
    found = {
        path: (facts.get(path).kind, facts.get(path).value_type)  # type: ignore[union-attr]
        for path in ("tender", "tender/items", "tender/submissionMethod", "tender/title", "tender/value/amount",
                     "tender/hasEnquiries", "tender/tenderPeriod/endDate", "tender/tenderPeriod/durationInDays")
    }  # fmt: skip
    assert found == {
        "tender": ("object", "string"),
        "tender/items": ("array", "string"),
        "tender/submissionMethod": ("scalars", "string"),
        "tender/title": ("scalar", "string"),
        "tender/value/amount": ("scalar", "number"),
        "tender/hasEnquiries": ("scalar", "boolean"),
        "tender/tenderPeriod/endDate": ("scalar", "date-time"),
        "tender/tenderPeriod/durationInDays": ("scalar", "integer"),
    }
    assert facts.get("tender/value").definition == "Value"  # type: ignore[union-attr]


def test_facts_below_parties_have_paths_of_their_own() -> None:
    facts = PathFacts(field_table(EXTENSIONS), "parties")
    assert facts.get("address/locality") is not None
    assert facts.get("parties/address/locality") is None
    assert facts.nearest("addres/locality")[0] == "address/locality"
