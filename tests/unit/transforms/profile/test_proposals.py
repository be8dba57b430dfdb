"""Paths are proposed by name and content, in English and Spanish, and exist in the standard."""

import pytest

from transforms.ocds import field_table
from transforms.ocds.extensions import supported_extensions
from transforms.profile.model import Kind
from transforms.profile.proposals import MOST_PROPOSALS, propose, rules, stage_of

WIDEST = field_table(supported_extensions())


def best(name: str, kind: Kind | None, stage: str | None, *values: str) -> str | None:
    """The first path that is proposed."""
    found = propose(name, kind=kind, stage=stage, values=values)
    return found[0].path if found else None


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.path)
def test_every_path_is_a_field_that_can_be_filled(rule: object) -> None:
    field = WIDEST.field(rule.path)  # type: ignore[attr-defined]
    assert not field.has_definition
    kinds: frozenset[str] = rule.kinds  # type: ignore[attr-defined]
    assert kinds <= {"date", "money", "decimal", "integer", "range", "percent", "text", "code", "identifier", "boolean",
                     "url", "email"}  # fmt: skip
    if field.format == "date-time":
        assert "date" in kinds
    if "number" in field.types:
        assert kinds & {"decimal", "integer", "percent"}
    if field.format == "uri":
        assert kinds == {"url"}


@pytest.mark.parametrize(
    ("name", "kind", "stage", "path"),
    [
        ("Purchase Order (Contract) Number", "identifier", "contract", "contracts/id"),
        ("Revision Number", "identifier", "contract", "contracts/amendments/id"),
        ("Specification Number", "identifier", "contract", "relatedProcesses/identifier"),
        ("Vendor Name", "text", "contract", "awards/suppliers/name"),
        ("Award Authority Obtained Date", "date", "award", "awards/date"),
        ("Submission Deadline", "date", "tender", "tender/tenderPeriod/endDate"),
        ("CloseDate", "timestamp", "tender", "tender/tenderPeriod/endDate"),
        ("bids_received", "integer", "tender", "tender/numberOfTenderers"),
        ("Wards", "text", "award", "tender/items/deliveryLocation/description"),
        ("Contract PDF", "url", "contract", "contracts/documents/url"),
        ("Department", "code", "contract", "buyer/name"),
        ("amount", "decimal", "payment", "contracts/implementation/transactions/value/amount"),
        ("amount", "money", "bid", "bids/details/value/amount"),
        ("vendor_id", "identifier", "bid", "bids/details/tenderers/id"),
        ("fecha_de_firma", "timestamp", "contract", "contracts/dateSigned"),
        ("valor_del_contrato", "integer", "contract", "contracts/value/amount"),
        ("precio_base", "integer", "tender", "tender/value/amount"),
        ("proveedores_unicos_con", "integer", "tender", "tender/numberOfTenderers"),
        ("nit_entidad", "identifier", "tender", "buyer/identifier/id"),
        ("descripci_n_del_procedimiento", "text", "tender", "tender/description"),
        ("departamento", "code", "contract", "parties/address/region"),
        ("fecha_adjudicacion", "timestamp", "tender", "awards/date"),
        ("es_pyme", "code", "contract", "parties/details/scale"),
        ("updated_at", "timestamp", "award", None),
        ("_id", "integer", "tender", None),
    ],
)
def test_names_of_real_columns(name: str, kind: Kind, stage: str, path: str | None) -> None:
    assert best(name, kind, stage) == path


def test_values_tell_what_a_name_does_not() -> None:
    assert best("how", "code", "tender", "IFB", "RFP", "QUOTE") == "tender/procurementMethodDetails"
    assert best("col7", "code", None, "Goods", "Services", "Works") == "tender/mainProcurementCategory"
    assert best("col8", "code", None, "USD", "CAD") == "tender/value/currency"
    assert best("col9", "code", None, "red", "green") is None


def test_a_date_is_never_proposed_for_an_amount_nor_an_amount_for_a_date() -> None:
    assert best("award", "date", "award") != "awards/value/amount"
    for kind in ("money", "decimal", "text", "url", "boolean"):
        assert best("start date", kind, "contract") is None  # type: ignore[arg-type]


def test_reasons_name_what_matched() -> None:
    found = propose("Contract Value", kind="money", stage="contract")[0]
    assert found.confidence == "high"
    assert {(reason.code, reason.detail) for reason in found.reasons} == {
        ("name", "contract value (en)"), ("type", "money"), ("table", "contract"),
    }  # fmt: skip


def test_an_extension_is_named_and_whether_the_city_has_it() -> None:
    bare = propose("bid amount", kind="money", stage="bid")[0]
    assert (bare.path, bare.extension, bare.declared) == ("bids/details/value/amount", "bids", False)
    assert propose("bid amount", kind="money", stage="bid", extensions=["bids"])[0].declared
    core = propose("title", kind="text", stage="tender")[0]
    assert (core.extension, core.declared) == (None, True)


def test_no_more_than_a_few_are_proposed_and_no_path_twice() -> None:
    for rule in rules():
        for _, phrase in rule.phrases:
            found = [one.path for one in propose("_".join(phrase), kind=None, stage=None)]
            assert len(found) <= MOST_PROPOSALS
            assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("table", "stage"),
    [
        ("solicitations", "tender"), ("awarded", "award"), ("noncompetitive", "contract"), ("line_items", "item"),
        ("contract_amendments", "amendment"), ("contratos_electronicos", "contract"), ("invoices", "invoice"),
        ("subcontractor_payments", "payment"), ("vendors", "party"), ("procurement_plan", "planning"),
        ("solicitation_documents", "document"), ("things", None),
    ],
)  # fmt: skip
def test_a_table_is_about_what_its_name_says(table: str, stage: str | None) -> None:
    assert stage_of(table) == stage


def test_else_its_columns_tell() -> None:
    assert stage_of("dataset_1", ["contract number", "contract amount", "vendor"]) == "contract"
