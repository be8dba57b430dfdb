"""A draft proposes what holds now, is a suite that can be used, and overwrites nothing."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from made_up_profiles import profile

from pregon.city import City
from pregon.table_expectations.drafting import Draft, SuiteIsThere, draft, write_drafts
from pregon.table_expectations.kinds import KINDS


def test_every_proposal_is_one_a_suite_may_hold_and_says_why(tmp_path: Path) -> None:
    made = profile(tmp_path)
    for source in made.sources:
        for table in source.tables:
            for one in draft(made, table).suite["expectations"]:
                assert one["kwargs"].keys() <= KINDS[one["type"]].arguments
                assert one["meta"]["proposed"]


def test_nothing_is_proposed_on_values_that_may_be_personal(tmp_path: Path) -> None:
    made = profile(tmp_path)
    for source in made.sources:
        for table in source.tables:
            personal = {column.name for column in table.columns if column.personal}
            rules = [one for one in draft(made, table).suite["expectations"] if one["kwargs"].get("column") in personal]
            assert all("value_set" not in one["kwargs"] and "regex" not in one["kwargs"] for one in rules)


def test_a_suite_that_is_there_is_overwritten_only_by_force(tmp_path: Path) -> None:
    city = cast(City, SimpleNamespace(folder=tmp_path))
    suite: dict[str, Any] = {"name": "bids", "meta": {}, "expectations": []}
    [(path, count)] = write_drafts([Draft("bids", suite)], city)
    assert (path, count) == (tmp_path / "expectations" / "bids.json", 0)
    assert orjson.loads(path.read_bytes()) == suite
    with pytest.raises(SuiteIsThere, match="is there already"):
        write_drafts([Draft("bids", suite)], city)
    assert write_drafts([Draft("bids", suite)], city, force=True) == [(path, 0)]
    single = tmp_path / "elsewhere.json"
    assert write_drafts([Draft("bids", suite)], city, out=single) == [(single, 0)]
