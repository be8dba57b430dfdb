import pytest
from asked_facts import asking

from expectations.checks.model import Setting
from expectations.checks.times.phase_stable import CHECK

WHOLE: dict[str, object] = {
    "ocid": "1",
    "planning": {"rationale": "ice"},
    "tender": {"id": "1"},
    "awards": [{"id": "1"}, {"id": "2"}],
    "contracts": [{"id": "1"}],
}


def test_without_the_process_before_it_does_not_apply() -> None:
    assert CHECK.run(asking([WHOLE], [{"ocid": "2"}]), Setting()).applied == 0


def test_a_process_that_keeps_its_sections_passes() -> None:
    assert CHECK.run(asking([WHOLE], [{"ocid": "1", "tender": {"id": "1"}}]), Setting()).passed


@pytest.mark.parametrize(
    ("without", "told"),
    [
        ("planning", "planning 1 → 0"),
        ("tender", "tender 1 → 0"),
        ("awards", "awards 2 → 0"),
        ("contracts", "contracts 1 → 0"),
    ],
)
def test_a_process_that_loses_one_fails(without: str, told: str) -> None:
    now = {name: value for name, value in WHOLE.items() if name != without}

    found = CHECK.run(asking([now], [WHOLE]), Setting())

    assert not found.passed
    assert found.figures[f"lost/{without}"] == 1
    assert found.examples == [f"1: {told}"]
