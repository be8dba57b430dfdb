"""Releases of OCDS 1.0 as releases of 1.1, by ocdskit's upgrade.

Only what is 1.0 is upgraded. The package's version says so; where there is none, it is told by what 1.1 gave up: an
organization written out where 1.1 has a reference, beside no list of parties. A release of 1.1 that lacks its parties
is not one of 1.0: it is wrong, and stays so.
"""

import logging
from collections.abc import Iterator
from typing import Any

_WRITTEN_OUT = frozenset({"identifier", "address", "contactPoint", "additionalIdentifiers"})
_OLD_TRANSACTION = frozenset({"providerOrganization", "receiverOrganization"})


class _Silence(logging.Filter):
    """Counts what ocdskit would log: its warnings quote whole organizations, and persons may be among them."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        del record
        self.count += 1
        return False


def upgraded(release: dict[str, Any], version: str | None) -> Iterator[tuple[str, str]]:
    """Upgrade a release of 1.0 in place; give (code, example) of what there is to tell.

    An organization without id gets one from its content, as ocdskit makes it.
    """
    if not (version == "1.0" or (version is None and is_1_0(release))):
        return
    from ocdskit import upgrade

    silence = _Silence()
    upgrade.logger.addFilter(silence)
    try:
        upgrade.upgrade_release_10_11(release, reorder=False)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        yield "not_upgraded", f"{type(error).__name__}: {error}"
        return
    finally:
        upgrade.logger.removeFilter(silence)
    yield "upgraded", "1.0"
    if silence.count:
        yield "parties_differ", ""


def is_1_0(release: dict[str, Any]) -> bool:
    """Tell whether a release without package is one of OCDS 1.0, by its form."""
    if "parties" in release:
        return False
    return any(_WRITTEN_OUT & one.keys() for one in _organizations(release)) or any(
        _OLD_TRANSACTION & one.keys() for one in _transactions(release)
    )


def _organizations(release: dict[str, Any]) -> Iterator[dict[str, Any]]:
    tender = release.get("tender")
    places = [release.get("buyer")]
    if isinstance(tender, dict):
        places += [tender.get("procuringEntity"), *_list(tender.get("tenderers"))]
    for award in _list(release.get("awards")):
        places += _list(award.get("suppliers")) if isinstance(award, dict) else []
    yield from (place for place in places if isinstance(place, dict))


def _transactions(release: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for contract in _list(release.get("contracts")):
        implementation = contract.get("implementation") if isinstance(contract, dict) else None
        found = implementation.get("transactions") if isinstance(implementation, dict) else None
        yield from (one for one in _list(found) if isinstance(one, dict))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
