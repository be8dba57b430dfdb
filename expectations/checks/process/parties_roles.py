"""Every role that a party claims is one in which the process refers to it.

Asked of the places that the standard itself has (`tender/tenderers` …); bids, which are an extension, are not enough.
Not asked of buyers: a process may have several, and the standard has one place for them.
"""

from expectations.checks.compiled import ROLES, CompiledRelease, text_of
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure

_ASKED = frozenset(ROLES) - {"buyer"}


def _run(compiled: CompiledRelease) -> Outcome | None:
    applied = 0
    failures: list[Failure] = []
    referred = compiled.referred
    for steps, party in compiled.parties:
        identifier, roles = text_of(party.get("id")), party.get("roles")
        if identifier is None or not isinstance(roles, list):
            continue
        for index, role in enumerate(roles):
            if isinstance(role, str) and role in _ASKED:
                applied += 1
                if identifier not in referred[role]:
                    failures.append(failure((*steps, "roles", index), role, identifier))
    return Outcome(applied, failures) if applied else None


CHECK = ProcessCheck(
    id="consistent.parties_roles",
    version="1",
    severity="info",
    paths=("parties/roles", *(path for role, path in ROLES.items() if role in _ASKED)),
    source="Pelican, consistent.parties_roles; OCDS 1.1, parties/roles",
    title=Texts("The roles of parties are used in the process", "Los roles de las partes se usan en el proceso"),
    message=Texts(
        "party {other} has the role {value}, but is not named as such in tender, awards or payments",
        "la parte {other} tiene el rol {value}, pero no se la nombra como tal en licitación, adjudicaciones o pagos",
    ),
    cost=Texts(
        "Readers see that an organization took part, but not in what, where they look for it first.",
        "Se ve que una organización participó, pero no en qué, donde se busca primero.",
    ),
    run=_run,
)
