"""The walk asks every value of its field's checks, and tells where one fails."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.checks import fields
from expectations.checks.model import FieldCheck, FieldTest, Outcome, Texts
from expectations.field_walk import FieldWalk
from transforms.ocds import Field, field_table

FIELDS = field_table(["lots"])
DAY = "2026-11-22"


def check(test: FieldTest, *names: str) -> FieldCheck:
    """Make a check of the fields with these names."""

    def test_of(field: Field) -> FieldTest | None:
        return test if field.name in names else None

    texts = Texts("a", "b")
    return FieldCheck(
        id="one", version="1", severity="info", source="x", title=texts, message=texts, cost=texts, test_of=test_of
    )


def found(outcome: Outcome) -> list[tuple[str, str]]:
    return [(failure.pointer, failure.value) for failure in outcome.failures]


NO_SALT = FieldTest(lambda value, _: value != "Salt")
NO_SALT_AT_ONCE = FieldTest(lambda value, _: value != "Salt", lambda values, _: "Salt" not in values)


@pytest.mark.parametrize("test", [NO_SALT, NO_SALT_AT_ONCE])
def test_failures_are_told_with_their_place_in_the_order_of_the_document(test: FieldTest) -> None:
    walk = FieldWalk(FIELDS, [check(test, "title", "description")])
    document = {
        "awards": [{"title": "Sand"}, {"items": [{"description": "Salt"}], "title": "Salt"}],
        "tender": {"title": "Salt", "lots": [{"title": "Salt"}]},
    }

    (outcome,) = walk(document, DAY)

    assert outcome.applied == 5
    assert found(outcome) == [
        ("/awards/1/items/0/description", "Salt"),
        ("/awards/1/title", "Salt"),
        ("/tender/title", "Salt"),
        ("/tender/lots/0/title", "Salt"),
    ]
    # Nothing of a document is left for the next.
    assert walk({}, DAY) == [Outcome(0, [])]
    assert walk(document, DAY)[0] == outcome


def test_a_text_in_another_language_is_asked_what_the_field_is_asked() -> None:
    (outcome,) = FieldWalk(FIELDS, [check(NO_SALT, "title", "id")])(
        {"tender": {"title_es": "Salt", "id_es": "Salt", "other_es": "Salt"}}, DAY
    )

    assert found(outcome) == [("/tender/title_es", "Salt")]


def test_what_is_empty_is_not_asked_and_zero_and_false_are() -> None:
    asked: list[Any] = []
    test = FieldTest(lambda value, _: asked.append(value) is None)

    FieldWalk(FIELDS, [check(test, "title", "amount", "hasEnquiries")])(
        {
            "tender": {"title": "", "value": {"amount": 0}, "hasEnquiries": False},
            "awards": [{"title": None}, {"title": []}],
        },
        DAY,
    )

    assert asked == [0, False]


def test_the_entries_of_an_array_of_codes_are_asked_one_by_one() -> None:
    (outcome,) = FieldWalk(FIELDS, [check(NO_SALT, "roles")])({"parties": [{"roles": ["buyer", "Salt", ""]}]}, DAY)

    assert outcome.applied == 2
    assert found(outcome) == [("/parties/0/roles/1", "Salt")]


def test_a_text_that_passed_is_not_asked_again() -> None:
    asked: list[Any] = []
    walk = FieldWalk(FIELDS, [check(FieldTest(lambda value, _: asked.append(value) is None), "title")])

    for title in ("Sand", "Sand", "x" * 100, "x" * 100, 7, 7):
        assert walk({"tender": {"title": title}}, DAY)[0].applied == 1

    assert asked == ["Sand", "x" * 100, "x" * 100, 7, 7]


def test_values_that_a_judgement_of_many_does_not_understand_are_asked_alone() -> None:
    test = FieldTest(lambda value, _: type(value) is int, lambda values, _: sum(values) > 0)

    (outcome,) = FieldWalk(FIELDS, [check(test, "amount")])(
        {"tender": {"value": {"amount": 3}, "minValue": {"amount": {"a": 1}}}}, DAY
    )

    assert outcome.applied == 2
    assert [pointer for pointer, _ in found(outcome)] == ["/tender/minValue/amount"]


VALUES = st.one_of(
    st.sampled_from(
        ("n/a", "Salt", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "0", "US-EIN", "VENDOR", "pdf", "en")
    ),
    st.integers(-2, 3),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.sampled_from(("n/a", "Salt")), max_size=2),
    st.text(max_size=5),
)
VALUE = st.fixed_dictionaries({"amount": VALUES})
IDENTIFIER = st.fixed_dictionaries({"id": VALUES, "scheme": VALUES})
DOCUMENTS = st.fixed_dictionaries(
    {
        "language": VALUES,
        "date": VALUES,
        "tender": st.fixed_dictionaries(
            {"id": VALUES, "title": VALUES, "title_es": VALUES, "numberOfTenderers": VALUES, "value": VALUE}
        ),
        "parties": st.lists(st.fixed_dictionaries({"identifier": IDENTIFIER})),
    }
)  # fmt: skip

WALK = FieldWalk(FIELDS, fields.CHECKS)
# Lists are read when first asked for, which is no time that an example takes.
WALK({"language": "en", "tender": {"id": "1", "title": "é"}, "parties": [{"identifier": {"scheme": "X"}}]}, DAY)


def one_by_one(value: Any, path: str, day: str) -> list[tuple[str, str]]:
    """Ask every value of every check, as slowly as can be."""
    if isinstance(value, dict):
        inner = ((f"{path}/{key}".strip("/"), item) for key, item in value.items())
        return [one for below, item in inner for one in one_by_one(item, below, day)]
    if isinstance(value, list) and path == "parties":
        return [one for item in value for one in one_by_one(item, path, day)]
    if value is None or value in ("", []):
        return []
    field = FIELDS[path.removesuffix("_es")]
    tests = ((check.id, check.test_of(field)) for check in fields.CHECKS)
    return [(name, path) for name, test in tests if test is not None and not test.passes(value, day)]


@given(st.lists(DOCUMENTS, max_size=3), st.sampled_from(("2026-06-01", "2028-01-01")))
def test_the_walk_finds_what_asking_one_by_one_finds(documents: list[dict[str, Any]], day: str) -> None:
    for document in documents:
        walked = [
            (check.id, failure.path)
            for check, outcome in zip(fields.CHECKS, WALK(document, day), strict=True)
            for failure in outcome.failures
        ]
        assert sorted(walked) == sorted(one_by_one(document, "", day))
