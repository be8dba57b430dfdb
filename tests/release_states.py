"""States of made-up contracting processes, for tests of what releases say about them (not a test module)."""

from typing import Any

from hypothesis import strategies as st

from transforms.releases import canonical

State = dict[str, Any]

WORDS = st.sampled_from(["A", "B", "", "Ñandú", "null", "1.0, then"]).filter(bool)
AMOUNTS = st.sampled_from([0, 1, 1.0, 2.5, 1000000, 0.1])
MOMENTS = st.sampled_from(["2024-01-01T00:00:00Z", "2024-06-30T23:59:59Z"])
PARTY = st.sampled_from(["P1", "P2", "P3"])


def thing(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[State]:
    """An object with any of the optional fields; those named `id` or `awardID` are always there."""
    required = {name: value for name, value in fields.items() if name in {"id", "awardID"}}
    optional = {name: value for name, value in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def entries(ids: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[State]]:
    """An array merged by id, its ids from the letters given, in any order."""
    return st.lists(thing(id=st.sampled_from(list(ids)), **fields), max_size=3, unique_by=lambda entry: entry["id"])


VALUE = thing(amount=AMOUNTS, currency=st.just("USD"))
REFERENCE = thing(id=PARTY, name=WORDS)
REFERENCES = st.lists(REFERENCE, max_size=3, unique_by=lambda entry: entry["id"])
CODES = st.lists(st.sampled_from(["x", "y", "z"]), max_size=2)
CLASSIFICATIONS = st.lists(thing(scheme=WORDS, description=WORDS), max_size=2, unique_by=canonical)
ITEMS = entries(
    "ijk",
    description=WORDS,
    quantity=AMOUNTS,
    unit=thing(name=WORDS, value=VALUE),
    additionalClassifications=CLASSIFICATIONS,
)
AMENDMENTS = entries("mn", date=MOMENTS, rationale=WORDS)
DOCUMENTS = entries("de", title=WORDS, datePublished=MOMENTS)

PARTIES = entries(
    "45",
    name=WORDS,
    roles=CODES,
    additionalIdentifiers=CLASSIFICATIONS,
    details=thing(scale=WORDS),
    address=thing(locality=WORDS),
)
TENDER = thing(
    id=st.just("T"),
    title=WORDS,
    status=st.sampled_from(["active", "cancelled", "complete"]),
    value=VALUE,
    hasEnquiries=st.booleans(),
    numberOfTenderers=st.integers(0, 1),
    submissionMethod=CODES,
    procuringEntity=REFERENCE,
    tenderers=REFERENCES,
    items=ITEMS,
    amendments=AMENDMENTS,
    documents=DOCUMENTS,
    milestones=entries("o", title=WORDS, documents=DOCUMENTS),
)
AWARDS = entries(
    "ab",
    status=st.sampled_from(["active", "cancelled", "unsuccessful"]),
    value=VALUE,
    suppliers=REFERENCES,
    items=ITEMS,
)
CONTRACTS = entries(
    "cd",
    awardID=st.just("a"),
    status=st.sampled_from(["active", "terminated"]),
    value=VALUE,
    amendments=AMENDMENTS,
    implementation=thing(transactions=entries("tu", value=VALUE, payee=REFERENCE), documents=DOCUMENTS),
)
SECTIONS = thing(
    parties=PARTIES,
    buyer=REFERENCE,
    planning=thing(rationale=WORDS, budget=thing(project=WORDS, amount=VALUE)),
    tender=TENDER,
    awards=AWARDS,
    contracts=CONTRACTS,
    relatedProcesses=entries("r", relationship=CODES, title=WORDS),
)


def with_referenced(state: State) -> State:
    """Add a party for every reference, as the mapper does."""
    ids = sorted(set(_references(state)))
    if ids:
        state = {**state, "parties": [*state.get("parties", []), *({"id": key, "name": f"Party {key}"} for key in ids)]}
    return state


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for member in value for found in _references(member)]
    if isinstance(value, dict):
        own = [value["id"]] if str(value.get("id", "")).startswith("P") else []
        return own + [found for member in value.values() for found in _references(member)]
    return []


def prune(value: Any) -> Any:
    """Leave out what is empty, as the mapper does."""
    if isinstance(value, dict):
        return {key: kept for key, member in value.items() if (kept := prune(member)) not in ({}, [])}
    if isinstance(value, list):
        return [kept for member in value if (kept := prune(member)) not in ({}, [])]
    return value


def states() -> st.SearchStrategy[State]:
    """Whole states which have a stage, so that a first release can be made."""
    return (
        SECTIONS.map(prune)
        .filter(lambda state: state.keys() & {"planning", "tender", "awards", "contracts"})
        .map(with_referenced)
    )


def later_states() -> st.SearchStrategy[State]:
    """States of a process that was released before: there may be nothing left of it."""
    return SECTIONS.map(prune).map(with_referenced)


def histories() -> st.SearchStrategy[list[State]]:
    """Two to six states of one process, one after the other; some come back."""
    return st.tuples(states(), st.lists(later_states(), min_size=1, max_size=4), st.booleans()).map(
        lambda parts: [parts[0], *parts[1], *([parts[0]] if parts[2] else [])]
    )


def reordered(value: Any) -> Any:
    """The same content with the keys of every object reversed and integers written as floats."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [reordered(member) for member in value]
    if type(value) is int:
        return float(value)
    return value
