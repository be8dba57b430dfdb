import pytest

from expectations.checks.earlier import UNKNOWN
from expectations.checks.model import Outcome
from expectations.checks.releases.tag_section import CHECK


def outcome(**release: object) -> Outcome | None:
    return CHECK.run(release, UNKNOWN)


def test_without_tags_it_does_not_apply() -> None:
    assert outcome(tender={"id": "1"}) is None
    assert outcome(tag="tender") is None


def test_tags_with_their_sections_pass() -> None:
    found = outcome(
        tag=["planning", "tender", "award", "implementation"],
        tender={"id": "1"},
        awards=[{"id": "1"}],
        contracts=[{"id": "1", "implementation": {"transactions": [{"id": "1"}]}}],
    )
    assert found == Outcome(4, [])


def test_an_unknown_tag_is_left_to_the_schema() -> None:
    assert outcome(tag=["ourOwn", 7]) == Outcome(2, [])


def test_a_tag_without_its_section_fails() -> None:
    found = outcome(tag=["tender", "contractUpdate"], tender={"id": "1"})

    assert found is not None
    assert [(one.pointer, one.value, one.other) for one in found.failures] == [
        ("/tag/1", "contractUpdate", "contracts")
    ]


@pytest.mark.parametrize(
    ("tag", "with_it", "without"),
    [
        ("tenderCancellation", {"tender": {"status": "cancelled"}}, {"tender": {"status": "active"}}),
        ("awardCancellation", {"awards": [{}, {"status": "unsuccessful"}]}, {"awards": [{"status": "active"}]}),
        ("contractTermination", {"contracts": [{"status": "terminated"}]}, {"contracts": [{"status": "active"}]}),
        ("implementation", {"contracts": [{"implementation": {"x": 1}}]}, {"contracts": [{"implementation": {}}]}),
    ],
)
def test_an_end_is_tagged_where_something_ended(
    tag: str, with_it: dict[str, object], without: dict[str, object]
) -> None:
    passed, failed = outcome(tag=[tag], **with_it), outcome(tag=[tag], **without)

    assert passed == Outcome(1, [])
    assert failed is not None
    assert len(failed.failures) == 1


def test_no_single_release_is_compiled() -> None:
    found = outcome(tag=["compiled"], tender={"id": "1"})

    assert found is not None
    assert [one.value for one in found.failures] == ["compiled"]
