from expectations.checks.model import Earlier, Outcome
from expectations.checks.releases.tag_section import CHECK


def outcome(**release: object) -> Outcome | None:
    return CHECK.run(release, Earlier())


def test_without_tags_it_does_not_apply() -> None:
    assert outcome(tender={"id": "1"}) is None


def test_tags_with_their_sections_pass() -> None:
    found = outcome(
        tag=["tender", "award", "implementation"],
        tender={"id": "1"},
        awards=[{"id": "1"}],
        contracts=[{"id": "1", "implementation": {"transactions": [{"id": "1"}]}}],
    )
    assert found == Outcome(3, [])


def test_a_tag_without_its_section_fails() -> None:
    found = outcome(tag=["tender", "contractUpdate"], tender={"id": "1"})

    assert found is not None
    assert [(one.pointer, one.value) for one in found.failures] == [("/tag/1", "contractUpdate")]
