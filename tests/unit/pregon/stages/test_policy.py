"""What a city decided is told without a name of its source's tables or columns."""

import csv
from pathlib import Path
from typing import Any

import pytest
from unit.pregon.stages.test_context import context

from pregon.stages.policy import decided, periodicity
from transforms.site.policy import Policy, Withheld


@pytest.fixture(autouse=True)
def _cities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / "cities"))


def policy(tmp_path: Path, **changes: Any) -> Policy:
    made = context(tmp_path, **changes)
    return decided(made.city, made.transform, made.fields)


@pytest.mark.parametrize(
    ("schedule", "interval"),
    [
        ("0 5 * * *", "R/P1D"),
        ("*/15 * * * *", "R/P1D"),
        ("0 6,18 * * *", "R/P1D"),
        ("0 5 * * 1", "R/P1W"),
        ("0 5 * * sun", "R/P1W"),
        ("0 5 1 * *", "R/P1M"),
        ("0 5 * * 1-5", "irregular"),
        ("0 5 1,15 * *", "irregular"),
        ("0 5 1 */3 *", "irregular"),
        ("0 5 1 * 1", "irregular"),
    ],
)
def test_the_schedule_says_how_often(schedule: str, interval: str) -> None:
    assert periodicity(schedule) == interval


def test_decisions_about_disclosure_are_told(tmp_path: Path) -> None:
    found = policy(
        tmp_path,
        disclosure={
            "persons": {"supplier": "pseudonym"},
            "contact_points": "withhold",
            "conditions": [{"path": "tender/value", "unless": {"tender/status": ["planned"]}}],
        },
    )
    assert found.persons == (("supplier", "pseudonym"),)
    assert found.withheld == (Withheld("tender/value", "tender/status", ("planned",), when=False),)
    assert (found.contact_points, found.sources, found.kept, found.history) == ("withhold", ("sql",), False, "snapshot")


def test_the_citys_own_words_are_taken_over(tmp_path: Path) -> None:
    text = {"en": "All departments.", "es": "Todos los departamentos."}
    assert policy(tmp_path, policy={"scope": text}).said == {"scope": text}
    assert policy(tmp_path).said == {}


def test_codes_that_the_standard_lacks_are_listed(tmp_path: Path) -> None:
    made = context(tmp_path)
    folder = tmp_path / "cities/lampton"
    mapping = (folder / "mapping.yaml").read_text()
    binding = "  tender/documents/documentType: {from: calls.status, codelist: kinds}\n"
    own = mapping.replace(
        "bindings:\n", f"bindings:\n  tender/submissionMethod: {{value: [fax, written]}}\n{binding}", 1
    )
    (folder / "mapping.yaml").write_text(own)
    with (folder / "codelists/kinds.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["source", "code"], ["N", "tenderNotice"], ["T", "bidTabulation"], ["X", ""]])
    from pregon.stages.context import CityContext

    again = CityContext(made.city, made.home, made.as_of)
    found = decided(again.city, again.transform, again.fields)
    assert found.codes == (("documentType", ("bidTabulation",)), ("submissionMethod", ("fax",)))


def test_the_policy_stands_beside_the_data_where_the_city_has_none_elsewhere(tmp_path: Path) -> None:
    assert context(tmp_path).publication.publication_policy == "https://lampton.example/policy"
    assert context(tmp_path, publication_policy=None).publication.publication_policy == (
        "https://lampton.example/data/policy.html"
    )
    assert context(tmp_path, schedule="0 5 * * 1").publication.accrual_periodicity == "R/P1W"
