"""The history of a process: what each release changed, which values a field had, and where they come from."""

from collections.abc import Mapping
from typing import Any

from transforms.ocds import release_schema
from transforms.releases import MergeRules
from transforms.releases.process_history import ProcessHistory, Recorded, steps

RULES = MergeRules.from_schema(release_schema([]))
RELEASES: list[dict[str, Any]] = [
    {"tender": {"id": "1", "title": "A", "items": [{"id": "x", "description": "X"}]}},
    {"tender": {"id": "1", "title": "B"}, "awards": [{"id": "w", "value": {"amount": 5}}]},
    {"tender": {"id": "1", "title": None, "items": [{"id": "x", "description": None}]}},
]
PROVENANCE = [("", "calls:1"), ("", "plans:1"), ("tender/items/x", "lines:1|x"), ("awards/w", "awards:w")]


def recorded(number: int, body: Mapping[str, Any]) -> Recorded:
    release = {"ocid": "o", "id": f"r{number}", "date": f"2025-01-0{number}T00:00:00Z", "tag": ["tender"], **body}
    return Recorded(release, None, "modified", number, f"run{number}", "2025-02-01T00:00:00Z", number, None)


def history(number: int = 3) -> ProcessHistory:
    told = steps((recorded(place, body) for place, body in enumerate(RELEASES[:number], 1)), RULES)
    return ProcessHistory("town", {"en": "Town", "es": "Pueblo"}, "o", tuple(told), PROVENANCE)


def test_each_step_tells_what_it_changed() -> None:
    changed = [[(change.path, change.kind) for change in step.changes] for step in history().steps]
    assert changed == [
        [("tender/id", "added"), ("tender/title", "added"), ("tender/items/x/description", "added")],
        [("tender/title", "changed"), ("awards/w/value/amount", "added")],
        [("tender/items/x", "added"), ("tender/title", "removed"), ("tender/items/x/description", "removed")],
    ]


def test_the_state_is_that_of_the_last_step() -> None:
    assert history(2).state["tender"]["title"] == "B"
    assert "title" not in history().state["tender"]
    assert history(0).state == {}


def test_a_field_has_had_values() -> None:
    values = history().values("tender/title")
    assert [(value.change.kind, value.change.new) for value in values["tender/title"]] == [
        ("added", "A"), ("changed", "B"), ("removed", None),
    ]  # fmt: skip
    assert list(history().values("awards/value")) == ["awards/w/value/amount"]
    assert history().values("awards/none") == {}


def test_the_source_rows_of_a_field_are_those_of_its_entry() -> None:
    told = history()
    rows = {change.path: told.rows(change) for step in told.steps for change in step.changes}
    assert rows["tender/title"] == ["calls:1", "plans:1"]
    assert rows["tender/items/x/description"] == ["lines:1|x"]
    assert rows["awards/w/value/amount"] == ["awards:w"]


def test_an_entry_without_rows_has_those_of_the_entry_around_it_and_a_lost_one_none() -> None:
    inner = recorded(1, {"awards": [{"id": "w", "items": [{"id": "i", "description": "I"}]}, {"id": "gone", "a": 1}]})
    told = ProcessHistory("town", {}, "o", tuple(steps([inner], RULES)), PROVENANCE)
    rows = {change.path: told.rows(change) for change in told.steps[0].changes}
    assert rows == {"awards/w/items/i/description": ["awards:w"], "awards/gone/a": []}
