"""An organization has one name in a process, where it is referred to and among the parties: one check for each role."""

from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure
from expectations.checks.roles import REPORTED, Role


def _check(role: Role) -> ProcessCheck:
    def run(compiled: CompiledRelease) -> Outcome | None:
        applied = 0
        failures: list[Failure] = []
        for steps, reference, identifier, _ in compiled.referents[role.code]:
            name, names = reference.get("name"), compiled.party_names.get(identifier, ())
            if name is None or len(names) != 1:
                continue
            applied += 1
            if name != names[0]:
                failures.append(failure((*steps, "name"), name, names[0]))
        return Outcome(applied, failures) if applied else None

    return ProcessCheck(
        id=f"consistent.{role.name}_name_in_parties",
        version="1",
        severity="warning",
        paths=(f"{role.path}/name", "parties/name"),
        source=f"Pelican, consistent.{role.name}_name_in_parties; OCDS 1.1, organization references",
        title=Texts(
            f"{role.many.en} {role.have.en} the same name among the parties",
            f"{role.many.es} {role.have.es} el mismo nombre entre las partes",
        ),
        message=Texts(
            'it is called "{value}" here, and "{other}" among the parties',
            "se llama «{value}» aquí, y «{other}» entre las partes",
        ),
        cost=Texts(
            "One organization looks like two, and its purchases are counted apart.",
            "Una organización parece dos, y sus compras se cuentan por separado.",
        ),
        run=run,
    )


CHECKS = tuple(_check(role) for role in REPORTED)
