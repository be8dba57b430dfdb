"""What may go into an id that is made of content: what is published, always."""

import pytest
from unit.transforms.mapping.lamps import compiled

from transforms.mapping import InvalidMapping

ALL = {"tables.offers.id": {"content": "all"}, "tables.lines.id": {"content": "all"}}
OFFERED = frozenset({"bids/details/value"})


def identifier(changes: dict[str, object], table: str, conditions: frozenset[str] = frozenset()) -> str:
    plan = compiled(changes, conditional_paths=conditions)
    return next(link.id_sql or "" for link in plan.links if link.name == table)


def test_all_content_is_every_bound_column_of_the_table() -> None:
    made = identifier(ALL, "lines")
    assert ('"what"' in made, '"price"' in made, '"line_no"' in made, '"call_no"' in made) == (True, True, False, False)


def test_a_key_of_organizations_that_may_be_persons_is_in_no_id() -> None:
    assert '"vendor_no"' not in identifier(ALL, "offers")
    assert '"vendor_no"' in identifier({**ALL, "parties.vendor.person": None}, "offers")


def test_what_a_condition_may_withhold_from_an_entry_is_in_no_id() -> None:
    changes = {**ALL, "bindings.bids/details/status": {"from": "offers.offer_no"}}
    assert '"amount"' in identifier(changes, "offers")
    assert '"amount"' not in identifier(changes, "offers", OFFERED)
    # Where the whole entry is withheld its id is too.
    assert '"amount"' in identifier(changes, "offers", frozenset({"bids"}))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (["amount"], "tables.offers.id: column 'amount' may be withheld: an id made of it could give it away"),
        (["vendor_no"], "tables.offers.id: column 'vendor_no' is not bound to a path of the entry"),
        ("all", "tables.offers.id: no column of the table is published"),
    ],
)
def test_a_column_that_may_not_be_in_an_id_is_a_problem(content: object, problem: str) -> None:
    with pytest.raises(InvalidMapping) as refused:
        identifier({"tables.offers.id": {"content": content}}, "offers", OFFERED)
    assert any(problem in one for one in refused.value.problems), refused.value.problems


def test_the_order_of_columns_is_not_in_an_id() -> None:
    made = [
        identifier({"tables.lines.id": {"content": [*one]}}, "lines") for one in (("what", "price"), ("price", "what"))
    ]
    assert made[0] == made[1]
