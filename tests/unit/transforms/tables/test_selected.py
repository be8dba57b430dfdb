"""A selection gives the same cells as the tables that are published."""

from transforms.tables import layout
from transforms.tables.selected import Selection

COMPILED = {
    "ocid": "ocds-1-a",
    "tag": ["compiled"],
    "tender": {"status": "active", "value": {"amount": 3, "currency": "USD"}},
    "awards": [
        {"id": "1", "value": {"amount": 2.5}, "suppliers": [{"id": "x"}, {"id": "y"}]},
        {"id": "2", "unknown": {"deep": [1]}},
    ],
}


def test_rows_have_their_key_and_the_wanted_values() -> None:
    plan = layout(()).plan(
        [
            "ocid",
            "tag",
            "tender/status",
            "tender/value/amount",
            "awards/id",
            "awards/value/amount",
            "awards/suppliers/id",
        ]
    )
    selection = Selection(
        plan,
        {
            "processes": ["ocid", "tag", "tender/value/amount"],
            "awards": ["pointer", "awards/value/amount"],
            "awards_suppliers": ["awards/suppliers/id", "ocid"],
        },
    )
    selection.add(COMPILED)
    assert selection.take() == {
        "processes": [["ocds-1-a", "ocds-1-a", "compiled", 3]],
        "awards": [["ocds-1-a#/awards/0", "/awards/0", 2.5], ["ocds-1-a#/awards/1", "/awards/1", None]],
        "awards_suppliers": [
            ["ocds-1-a#/awards/0/suppliers/0", "x", "ocds-1-a"],
            ["ocds-1-a#/awards/0/suppliers/1", "y", "ocds-1-a"],
        ],
    }
    assert selection.take() == {"processes": [], "awards": [], "awards_suppliers": []}
