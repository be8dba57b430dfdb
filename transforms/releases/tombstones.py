"""What the standard lets nobody take back, and so stays in a compiled release (`reference/ocds.md` 1.5).

Ids and other values that may not be null, entries of arrays merged by id (with nothing but such values), empty objects
where all leaves were nulled, empty lists where the schema admits no null.

>>> rules = MergeRules.from_schema({"properties": {"title": {"type": ["string", "null"]}, "n": {"type": "string"}}})
>>> with_tombstones({}, {"title": "A", "n": "1", "tender": {"status": "active"}}, rules)
{'n': '1', 'tender': {}}
"""

from collections.abc import Mapping
from typing import Any

from transforms.releases.merging import Document, holds_objects, sections
from transforms.releases.rules import UNDECLARED, MergeRules, Rule


def with_tombstones(state: Mapping[str, Any], compiled: Mapping[str, Any] | None, rules: MergeRules) -> Document:
    """Predict what merging gives once `state` follows `compiled` (None: nothing was released before).

    Exact, including the order of entries: `state` plus what stays of `compiled`. Without ocid, id, date, tag,
    initiationType and language. This is the specification `difference` and `merging` are held to.
    """
    return _object(sections(compiled or {}), state, rules.root)


def equal_but_for_tombstones(state: Mapping[str, Any], compiled: Mapping[str, Any], rules: MergeRules) -> bool:
    """Whether the compiled release says what the state says, leaving aside what can't be removed.

    The order of entries merged by id, and what the release stage writes into amendments, count for nothing.
    """
    return with_tombstones(state, compiled, rules) == sections(compiled)


def _object(old: Mapping[str, Any], new: Mapping[str, Any], rule: Rule) -> Document:
    result: Document = {}
    for key, value in new.items():
        child = rule.children.get(key, UNDECLARED)
        if child.omitted:
            continue
        if type(value) is dict and not child.whole_list:
            result[key] = _object(old.get(key, {}), value, child)
        elif type(value) is list and not child.whole_list and holds_objects(value):
            result[key] = _entries(old.get(key, []), value, child)
        else:
            result[key] = value
    for key, value in old.items():
        if key in new:
            continue
        child = rule.children.get(key, UNDECLARED)
        if type(value) is dict and not child.whole_list:
            result[key] = _object(value, {}, child)
        elif type(value) is list and not child.whole_list and value and holds_objects(value):
            result[key] = _entries(value, [], child)
        elif key in rule.kept and new:
            result[key] = value
        elif not child.nullable:
            result[key] = [] if child.whole_list and child.emptiable else value
    return result


def _entries(old: list[Document], new: list[Document], rule: Rule) -> list[Document]:
    states = {str(entry["id"]): entry for entry in new}
    result = []
    for entry in old:
        state = states.pop(str(entry["id"]), {})
        result.append({**_object(entry, state, rule), "id": entry["id"]})
    return result + [_object({}, entry, rule) for entry in states.values()]
