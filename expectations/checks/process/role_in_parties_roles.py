"""Every organization that is referred to in a role has that role among the parties: one check for each role."""

from expectations.checks.compiled import CompiledRelease, is_withdrawn
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure
from expectations.checks.roles import REPORTED, Role


def _check(role: Role) -> ProcessCheck:
    def run(compiled: CompiledRelease) -> Outcome | None:
        applied = 0
        failures: list[Failure] = []
        for steps, reference, _, party in compiled.referents[role.code]:
            if party is None:
                continue
            roles = party.get("roles")
            has_role = isinstance(roles, list) and role.code in roles
            # Of an organization that was withdrawn, ids are left in both places: that is no claim to a role.
            if not has_role and is_withdrawn(party) and is_withdrawn(reference):
                continue
            applied += 1
            if not has_role:
                failures.append(failure((*steps, "id"), reference.get("id"), _listed(roles)))
        return Outcome(applied, failures) if applied else None

    return ProcessCheck(
        id=f"consistent.{role.name}_in_parties_roles",
        version="1",
        severity="warning",
        paths=(f"{role.path}/id", "parties/roles"),
        source=f"Pelican, consistent.{role.name}_in_parties_roles; OCDS 1.1, parties/roles",
        title=Texts(
            f"{role.many.en} {role.have.en} that role among the parties",
            f"{role.many.es} {role.have.es} ese rol entre las partes",
        ),
        message=Texts(
            f"{{value}} is referred to as {role.code}, but the roles of that party are: {{other}}",
            f"se remite a {{value}} como {role.code}, pero los roles de esa parte son: {{other}}",
        ),
        cost=Texts(
            "Who looks for organizations by their role does not find this one, and counts too few.",
            "Quien busca organizaciones por su rol no encuentra esta, y cuenta de menos.",
        ),
        run=run,
    )


def _listed(roles: object) -> str:
    return ", ".join(str(role) for role in roles) if isinstance(roles, list) and roles else "–"


CHECKS = tuple(_check(role) for role in REPORTED)
