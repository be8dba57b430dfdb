"""Every reference to an organization leads to exactly one party: one check for each role."""

from expectations.checks.compiled import CompiledRelease, typed_id
from expectations.checks.model import Outcome, ProcessCheck, Texts, failure
from expectations.checks.roles import REPORTED, Role


def _check(role: Role) -> ProcessCheck:
    def run(compiled: CompiledRelease) -> Outcome | None:
        references = compiled.references[role.code]
        if not references:
            return None
        # With their type: readers that join 1 and "1" are the exception.
        ids = compiled.party_ids
        return Outcome(
            len(references),
            [
                failure(
                    (*steps, "id"), reference.get("id", ""), ids.get(identifier, 0) if identifier is not None else 0
                )
                for steps, reference in references
                if (identifier := typed_id(reference.get("id"))) is None or ids.get(identifier) != 1
            ],
        )

    return ProcessCheck(
        id=f"reference.{role.name}_in_parties",
        version="1",
        severity="critical",
        paths=(f"{role.path}/id", "parties/id"),
        source=f"Pelican, reference.{role.name}_in_parties; OCDS 1.1, organization references",
        title=Texts(
            f"{role.many.en} {role.are.en} among the parties", f"{role.many.es} {role.are.es} entre las partes"
        ),
        message=Texts(
            'the id "{value}" is that of {other} parties of this process, not of exactly one',
            "el id «{value}» es el de {other} partes de este proceso, no el de exactamente una",
        ),
        cost=Texts(
            "Nobody can tell which organization is meant: it is missing in every list by organization, or mixed up.",
            "No se puede saber de qué organización se trata: falta en toda lista por organización, o se confunde.",
        ),
        run=run,
    )


CHECKS = tuple(_check(role) for role in REPORTED)
