"""A process is found by what it says, written in whatever way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.searching import Searched, searched, words_of

COMPILED: dict[str, Any] = {
    "ocid": "ocds-213czf-1",
    "date": "2026-03-01T00:00:00Z",
    "buyer": {"id": "B-1", "name": "Dirección de Parques"},
    "tender": {
        "title": "Árboles, ÑANDÚ", "status": "active", "procurementMethod": "open", "mainProcurementCategory": "goods",
        "procuringEntity": {"id": "E-1", "name": "Compras"},
    },
    "awards": [
        {"id": "1", "suppliers": [{"id": "S-1", "name": "Söhne & Cía"}, {"name": "Other"}]},
        {"id": "2", "suppliers": [{"id": "S-1", "name": "Söhne & Cía"}]},
        {"id": "3"},
    ],
}  # fmt: skip


def test_values_are_picked_and_names_are_written_plainly() -> None:
    assert searched(COMPILED) == Searched(
        date="2026-03-01T00:00:00Z", status="active", category="goods", method="open", buyer_id="B-1",
        buyer="direccion de parques", title="arboles, nandu", suppliers=(("S-1", "sohne & cia"), (None, "other")),
    )  # fmt: skip


def test_without_a_buyer_the_procuring_entity_buys() -> None:
    found = searched({name: value for name, value in COMPILED.items() if name != "buyer"})
    assert (found.buyer_id, found.buyer) == ("E-1", "compras")


def test_a_plan_is_found_by_its_project() -> None:
    assert searched({"planning": {"budget": {"project": "Nuevo Parque"}}}).title == "nuevo parque"


@pytest.mark.parametrize("text", ["ÁRBOLES ñandú", "  arboles   NANDU "])
def test_words_are_written_as_the_values_are(text: str) -> None:
    assert all(word in (searched(COMPILED).title or "") for word in words_of(text))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["buyer", "tender", "awards", "suppliers", "title", "id", "name", "planning", "budget"]
                ),
                inner,
                max_size=5,
            )
        ),
    ).filter(lambda value: isinstance(value, dict))
)
def test_what_is_not_as_the_standard_has_it_is_absent(compiled: Any) -> None:
    *values, suppliers = searched(compiled)
    assert all(
        value is None or isinstance(value, str) for value in [*values, *(one for pair in suppliers for one in pair)]
    )
