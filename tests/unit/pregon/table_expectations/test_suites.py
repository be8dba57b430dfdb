"""A suite that can't be right is refused with file, line and the nearest name; those of the project are right."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from made_up_city import write_hamlet

from pregon.city import InvalidCity, read_city, slugs
from pregon.table_expectations.kinds import KINDS, in_words
from pregon.table_expectations.suites import Suite, common_suites, parameters, read_suites


def _read(root: Path, monkeypatch: pytest.MonkeyPatch, name: str, *expectations: Any, **more: Any) -> tuple[Suite, ...]:
    hamlet = write_hamlet(root)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    file = hamlet.folder / "expectations" / name
    file.parent.mkdir(parents=True)
    suite = {"name": file.stem, "expectations": list(expectations), **more}
    file.write_bytes(orjson.dumps(suite, option=orjson.OPT_INDENT_2))
    return read_suites(read_city("hamlet"))


def _one(
    type_: str = "expect_column_values_to_not_be_null", severity: str = "critical", **arguments: Any
) -> dict[str, Any]:
    return {"type": type_, "kwargs": arguments, "severity": severity}


@pytest.mark.parametrize(
    ("name", "one", "told"),
    [
        ("tender.json", _one(column="number"), "the city has no table 'tender'; did you mean 'tenders'?"),
        ("tenders.json", _one(column="numbr"), "tenders has no column 'numbr'; did you mean 'number'?"),
        (
            "tenders.json",
            _one("expect_column_values_to_not_be_nul", column="number"),
            "did you mean 'expect_column_values_to_not_be_null'?",
        ),
        ("tenders.json", _one(severity="criticl", column="number"), "did you mean 'critical'?"),
        ("tenders.json", _one(colum="number"), "colum: is no argument"),
        ("tenders.json", _one(column="number", mostly=2), "mostly: has to be a share"),
        (
            "tenders.json",
            _one("expect_column_values_to_match_regex", column="number", regex="("),
            "is no regular expression",
        ),
        (
            "tenders.json",
            _one("expect_column_values_to_be_between", column="estimate", min_value=0),
            "only numbers have bounds",
        ),
        (
            "awards.json",
            _one("expect_column_pair_values_to_be_equal", column_A="firm", column_B="firms.fir"),
            "firms has no column 'fir'; did you mean 'firm'?",
        ),
        (
            "awards.json",
            _one("expect_column_pair_values_to_be_equal", column_A="firm", column_B="firm.firm"),
            "no table 'firm'; did you mean 'firms'?",
        ),
        (
            "tenders.json",
            _one("expect_column_values_to_be_in_set", column="status", value_set={"$PARAMETER": "tenderState"}),
            "did you mean 'tenderStatus'?",
        ),
        ("releases/award.json", _one(column="awards/id"), "have no table 'award'; did you mean 'awards'?"),
        ("releases/awards.json", _one(column="awards/di"), "did you mean 'awards/id'?"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, one: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidCity) as refused:
        _read(tmp_path, monkeypatch, name, one)
    assert all(problem.startswith(f"cities/hamlet/expectations/{name}:") for problem in refused.value.problems)
    assert told in "\n".join(refused.value.problems)


def test_a_problem_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidCity) as refused:
        _read(tmp_path, monkeypatch, "tenders.json", _one(column="number"), _one(column="titel"))
    file = tmp_path / "cities" / "hamlet" / "expectations" / "tenders.json"
    line = next(number for number, text in enumerate(file.read_text().splitlines(), 1) if "titel" in text)
    assert refused.value.problems[0].startswith(f"cities/hamlet/expectations/tenders.json:{line}: ")


def test_suites_come_in_the_order_of_the_tables_and_tell_alike_expectations_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = "expect_column_values_to_match_regex"
    twice = [_one(form, column="number", regex="^T"), _one(form, column="number", regex="[0-9]$")]
    suites = _read(tmp_path, monkeypatch, "tenders.json", *twice)
    assert suites[0].table == "tenders"
    assert [one.id for one in suites[0].expectations] == [
        "column_values_to_match_regex(number)",
        "column_values_to_match_regex(number):2",
    ]
    assert {suite.origin for suite in suites[1:]} == {"releases"}
    # The city has not the extension `bids`.
    assert "bids_details" not in {suite.table for suite in suites}


@pytest.mark.parametrize("slug", slugs())
def test_every_city_has_suites_whose_severities_are_in_use(slug: str) -> None:
    city = read_city(slug)
    suites = read_suites(city)
    assert {suite.table for suite in suites if suite.origin == "source"} == {name for _, name, _ in city.tables()}
    assert {one.severity for suite in suites for one in suite.expectations} == {"critical", "warning", "info"}
    assert "USD" in parameters(suites, city.extensions)["currency"]


def test_each_kind_is_said_in_both_languages_with_its_columns() -> None:
    arguments = {
        "column": "amount", "column_A": "amount", "column_B": "other", "column_list": ["amount", "other"],
        "value_set": ["x"], "regex": "^x", "min_value": 1, "max_value": 9, "mostly": 0.5,
    }  # fmt: skip
    for type_ in KINDS:
        english, spanish = in_words(type_, arguments, "en"), in_words(type_, arguments, "es")
        assert english != spanish
        assert "{" not in english + spanish
        assert "50" in english


def test_there_are_common_suites() -> None:
    assert {"processes", "awards", "contracts"} <= {path.stem for path in common_suites()}
