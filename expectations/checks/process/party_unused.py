"""Every party has a role, and is there for a reason: the process refers to it, or its role has no other place.

Several buyers, funders, review bodies and whoever else the standard has a role but no field for are explained by their
role. Parties that were withdrawn, of which the standard keeps the id, are not asked of.
"""

from expectations.checks.compiled import ROLES, CompiledRelease, is_withdrawn, text_of
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure

_REFERRED = frozenset(ROLES) - {"buyer"}


def _run(compiled: CompiledRelease) -> Outcome | None:
    referred: set[str | None] | None = None
    applied = 0
    failures: list[Failure] = []
    for steps, party in compiled.parties:
        if is_withdrawn(party):
            continue
        applied += 1
        roles = _roles(party)
        if roles and not _REFERRED.issuperset(roles):
            continue
        if roles and referred is None:
            referred = {text_of(place[0].get("id")) for _, _, place in compiled.anywhere.organizations}
        identifier = text_of(party.get("id"))
        if not roles or identifier is None or referred is None or identifier not in referred:
            failures.append(failure(steps, party.get("name", party.get("id", "")), ", ".join(roles) or "–"))
    return Outcome(applied, failures) if applied else None


def _roles(party: dict[str, object]) -> list[str]:
    roles = party.get("roles")
    return [role for role in roles if isinstance(role, str) and role] if isinstance(roles, list) else []


CHECK = ProcessCheck(
    id="x.party_unused",
    version="1",
    severity="info",
    paths=("parties", "parties/roles"),
    source="OCDS 1.1, parties",
    title=Texts("Every party is there for a reason", "Cada parte está por algún motivo"),
    message=Texts(
        "{value} (roles: {other}) is listed without a role, or nothing in this process refers to it",
        "{value} (roles: {other}) figura sin rol, o nada en este proceso remite a ella",
    ),
    cost=Texts(
        "An organization seems to take part in a purchase, and nobody can tell as what.",
        "Una organización parece participar en una compra, y no se puede saber como qué.",
    ),
    run=_run,
)
