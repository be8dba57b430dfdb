"""Release tags, computed from what changed (OCDS codelist `releaseTag`; `reference/ocds.md` 1.4).

- The first release carries the plain tag of every populated section; bids belong to the tender.
- Later, an object section, award, contract or implementation that appears for the first time gets the plain tag; one
  that was there gets `…Update`, or instead `tenderAmendment`, `contractAmendment` where a legal amendment (a new entry
  of its `amendments`) came, `tenderCancellation` when the tender became cancelled, `awardCancellation` when an award
  became cancelled or unsuccessful, `contractTermination` when a contract became terminated. Awards have no tag for
  amendments.
- A change of an implementation is not one of its contract.
- No tag of these follows before its base was released; the plain tag takes its place.
- What belongs to no section (parties, buyer, title, related processes) is an update of the sections that refer to a
  changed party, else of the tender, or of the first section there is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from transforms.releases.difference import Difference, referring
from transforms.releases.errors import NoStage
from transforms.releases.rules import MergeRules

#: section → stage, in the order in which tags are written
STAGES = {"planning": "planning", "tender": "tender", "bids": "tender", "awards": "award", "contracts": "contract"}
_HOLDERS = ("tender", "planning", "awards", "contracts")
_ORDER = {
    tag: place
    for place, tag in enumerate(
        (
            "planning",
            "planningUpdate",
            "tender",
            "tenderAmendment",
            "tenderUpdate",
            "tenderCancellation",
            "award",
            "awardUpdate",
            "awardCancellation",
            "contract",
            "contractUpdate",
            "contractAmendment",
            "implementation",
            "implementationUpdate",
            "contractTermination",
        )
    )
}
_AWARD_ENDS = frozenset({"cancelled", "unsuccessful"})


def first_tags(ocid: str, state: Mapping[str, Any]) -> list[str]:
    """Tags of the first release of a process; raises NoStage if it has no section that a tag names."""
    tags = list(dict.fromkeys(stage for section, stage in STAGES.items() if section in state))
    if not tags:
        raise NoStage(ocid)
    if any("implementation" in contract for contract in state.get("contracts", ())):
        tags.append("implementation")
    return tags


def later_tags(
    changes: Difference, state: Mapping[str, Any], compiled: Mapping[str, Any], released: Iterable[str]
) -> list[str]:
    """Tags of a release after the first, in the codelist's order; empty if nothing but sectionless things changed.

    `compiled` is the compiled release before, `released` holds all tags this process's releases had.
    """
    changed = changes.changed
    tags: set[str] = set()
    if "planning" in changed:
        tags.add("planningUpdate" if "planning" in compiled else "planning")
    if "tender" in changed or "bids" in changed:
        tags |= _tender_tags(changed, state, compiled)
    for _, old, new in _changed_entries("awards", changed, state, compiled):
        tags |= _award_tags(old, new)
    for names, old, new in _changed_entries("contracts", changed, state, compiled):
        tags |= _contract_tags(names, old, new)
    return ordered(tags, released)


def holders(
    changes: Difference, state: Mapping[str, Any], compiled: Mapping[str, Any], rules: MergeRules
) -> dict[str, list[str] | None]:
    """Sections to update for a change that lies in no section: name → ids of the entries (None: the whole section).

    Those that refer to a changed party, else the first of tender, planning, awards and contracts there is.
    """
    parties = changes.changed.get("parties")
    found: dict[str, list[str] | None] = {}
    if isinstance(parties, dict):
        for section in _HOLDERS:
            if section in state and (ids := referring(state[section], section, rules, set(parties))) is not None:
                found[section] = ids or None
    if not found:
        found = {section: None for section in _HOLDERS if section in state or section in compiled}
        found = dict(list(found.items())[:1])
    return found


def update_tags(sections: Iterable[str], released: Iterable[str]) -> list[str]:
    """`…Update` of these sections' stages."""
    return ordered({f"{STAGES[section]}Update" for section in sections}, released)


def ordered(tags: set[str], released: Iterable[str]) -> list[str]:
    """Sort the tags in the codelist's order, each that has no base in `released` replaced by its base."""
    had = set(released)
    based = {tag if base_of(tag) in had else base_of(tag) for tag in tags}
    return sorted(based, key=_ORDER.__getitem__)


def base_of(tag: str) -> str:
    """Return the plain tag a tag needs before it (`contractTermination` → `contract`); a plain tag is its own base."""
    for suffix in ("Update", "Amendment", "Cancellation", "Termination"):
        if tag.endswith(suffix):
            return tag.removesuffix(suffix)
    return tag


def _tender_tags(changed: Mapping[str, Any], state: Mapping[str, Any], compiled: Mapping[str, Any]) -> set[str]:
    if "tender" not in compiled and "bids" not in compiled:
        return {"tender"}
    new, old = state.get("tender", {}), compiled.get("tender", {})
    tags = _ends(old, new, {"cancelled"}, "tenderCancellation")
    if "amendments" in changed.get("tender", ()) and _amended(old, new):
        tags.add("tenderAmendment")
    return tags or {"tenderUpdate"}


def _award_tags(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> set[str]:
    if old is None:
        return {"award"}
    return _ends(old, new, _AWARD_ENDS, "awardCancellation") or {"awardUpdate"}


def _contract_tags(names: frozenset[str], old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> set[str]:
    if old is None:
        return {"contract", "implementation"} if "implementation" in new else {"contract"}
    tags: set[str] = set()
    if names - {"implementation"}:
        tags = _ends(old, new, {"terminated"}, "contractTermination")
        if "amendments" in names and _amended(old, new):
            tags.add("contractAmendment")
        tags = tags or {"contractUpdate"}
    if "implementation" in names:
        tags.add("implementationUpdate" if old.get("implementation") else "implementation")
    return tags


def _ends(old: Mapping[str, Any], new: Mapping[str, Any], ends: Iterable[str], tag: str) -> set[str]:
    became = new.get("status")
    return {tag} if became is not None and became in ends and became != old.get("status") else set()


def _amended(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    before = {str(amendment["id"]) for amendment in old.get("amendments", ())}
    return any(str(amendment["id"]) not in before for amendment in new.get("amendments", ()))


def _changed_entries(
    section: str, changed: Mapping[str, Any], state: Mapping[str, Any], compiled: Mapping[str, Any]
) -> list[tuple[frozenset[str], Mapping[str, Any] | None, Mapping[str, Any]]]:
    entries = changed.get(section)
    if not isinstance(entries, dict):
        return []
    old = {str(entry["id"]): entry for entry in compiled.get(section, ())}
    new = {str(entry["id"]): entry for entry in state.get(section, ())}
    return [(names, old.get(key), new.get(key, {})) for key, names in entries.items()]
