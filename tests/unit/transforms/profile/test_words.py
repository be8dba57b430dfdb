"""Names of columns are read alike, however they are written."""

import pytest

from transforms.profile.words import plain, singular, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Purchase Order (Contract) Number", ("purchase", "order", "contract", "number")),
        ("VendorID", ("vendor", "id")),
        ("vendor_id", ("vendor", "id")),
        ("SoliciationType", ("soliciation", "type")),
        ("RFx (Solicitation) Type", ("rfx", "solicitation", "type")),
        ("descripci_n_del_procedimiento", ("descripcion", "procedimiento")),
        ("n_mero_de_contrato", ("numero", "contrato")),
        ("Fecha de Publicación", ("fecha", "publicacion")),
        ("AÑO", ("ano",)),
        ("", ()),
    ],
)
def test_a_name_is_its_words(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


def test_plurals_and_accents_are_put_aside() -> None:
    assert [
        singular(word) for word in ("contracts", "agencies", "addresses", "status", "licitaciones", "bids", "pos")
    ] == [
        "contract",
        "agency",
        "address",
        "status",
        "licitacion",
        "bid",
        "pos",
    ]
    assert plain("Mínima CUANTÍA") == "minima cuantia"
