"""What was taken back leaves every state, with what could quote it; ids of entries are never told to the public."""

import pytest

from pregon.stages.redacted import public_path, redacted_state
from transforms.mapping.assemble import MappingFinding, State
from transforms.mapping.redaction import RedactionRule, Redactions
from transforms.ocds import field_table

RULES = Redactions((RedactionRule("a", "tender/title"), RedactionRule("b", None)))


def _state() -> State:
    findings = [
        MappingFinding("tender/value/amount", "unreadable", "five", "sols:1"),
        MappingFinding("", "note", "title can't be read: Road", "sols:1"),
        MappingFinding("awards/date", "unreadable", "1900", "awards:1"),
    ]
    return State("1", "1", {"tender": {"id": "1", "title": "Road"}}, "2025-01-01T00:00:00Z", [("", "sols:1")], findings)


def test_a_value_and_findings_of_its_section_tell_nothing() -> None:
    found = redacted_state(RULES, "a", _state())
    assert found.document == {"tender": {"id": "1"}}
    assert [one.value for one in found.findings] == ["", "title can't be read", "1900"]
    assert found.provenance == [("", "sols:1")]


def test_of_a_whole_process_nothing_is_left_but_its_name_and_rows() -> None:
    found = redacted_state(RULES, "b", _state())
    assert (found.document, found.modified, found.findings) == ({}, None, [])
    assert (found.process, found.provenance) == ("1", [("", "sols:1")])


def test_other_processes_are_left_as_they_are() -> None:
    state = _state()
    assert redacted_state(RULES, "c", state) is state


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("tender/title", "tender/title"),
        ("parties/US-TAXID-123/address/streetAddress", "parties/address/streetAddress"),
        ("parties/US/TAXID/123", "parties"),
        ("awards/A1/suppliers/V/name", "awards/suppliers/name"),
        (None, None),
    ],
)
def test_a_public_path_has_no_ids(path: str | None, public: str | None) -> None:
    assert public_path(path, field_table()) == public
