"""What of a contracting process is searched by: the few values by which readers of an API choose."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from transforms.profile.words import plain


class Searched(NamedTuple):
    """Values of a compiled release; names and titles in lower case and without accents. Absent is None."""

    date: str | None
    status: str | None
    category: str | None
    method: str | None
    buyer_id: str | None
    buyer: str | None
    title: str | None
    suppliers: tuple[tuple[str | None, str | None], ...]
    """Of each supplier of an award, once: id and name."""


def searched(compiled: Mapping[str, Any]) -> Searched:
    """Pick the values out of a compiled release.

    The buyer is `buyer`, else the procuring entity; the title is that of the tender, else that of the planning's
    project.
    """
    tender = _mapping(compiled.get("tender"))
    buyer = _mapping(compiled.get("buyer")) or _mapping(tender.get("procuringEntity"))
    budget = _mapping(_mapping(compiled.get("planning")).get("budget"))
    return Searched(
        date=_text(compiled.get("date")),
        status=_text(tender.get("status")),
        category=_text(tender.get("mainProcurementCategory")),
        method=_text(tender.get("procurementMethod")),
        buyer_id=_text(buyer.get("id")),
        buyer=_plain(buyer.get("name")),
        title=_plain(tender.get("title") or budget.get("project")),
        suppliers=tuple(dict.fromkeys(_suppliers(compiled))),
    )


def words_of(text: str) -> list[str]:
    """Cut what somebody searches for into words, written as `Searched` has them."""
    return plain(text).split()


def _suppliers(compiled: Mapping[str, Any]) -> Iterator[tuple[str | None, str | None]]:
    for award in _list(compiled.get("awards")):
        for supplier in _list(_mapping(award).get("suppliers")):
            found = _mapping(supplier)
            yield _text(found.get("id")), _plain(found.get("name"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _plain(value: object) -> str | None:
    return plain(value) if isinstance(value, str) else None
