"""Structure: a release obeys OCDS 1.1.5, the city's extensions and the publisher's stricter profile.

check = StructureCheck(validator(strict_release_schema(extensions)))
findings = check(release)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema_rs

MOST_FINDINGS = 20
"""Findings kept of one release: the first tell what is wrong, a thousand would hide it."""

VALUE_LENGTH = 200
"""Characters of an offending value that are kept."""


@dataclass(frozen=True)
class StructureFinding:
    """A place where a release breaks the schema.

    `path` is the path in the standard's terms, without indexes; `pointer` the JSON Pointer (RFC 6901) in the release;
    `entry` names the entries around it by id, as provenance does: `awards/A1`.
    """

    path: str
    pointer: str
    entry: str
    value: str
    message: str


class StructureCheck:
    """Validates releases against one compiled schema."""

    id = "structure"
    version = "1"

    def __init__(self, validator: "jsonschema_rs.Draft4Validator") -> None:
        self._validator = validator

    def __call__(self, release: dict[str, Any]) -> list[StructureFinding]:
        """Give what is wrong with a release; empty if nothing is."""
        if self._validator.is_valid(release):
            return []
        findings = []
        for error in self._validator.iter_errors(release):
            location = list(error.instance_path)
            findings.append(
                StructureFinding(
                    path="/".join(part for part in location if isinstance(part, str)),
                    pointer="".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location),
                    entry=entry_of(release, location),
                    value=str(_at(release, location))[:VALUE_LENGTH],
                    message=error.message[:VALUE_LENGTH],
                )
            )
            if len(findings) == MOST_FINDINGS:
                break
        return findings


def entry_of(release: Mapping[str, Any], location: Sequence[str | int]) -> str:
    """Give the innermost entry with an id around a location, such as `contracts/C1/implementation/transactions/T9`.

    The location may name what is not there.
    """
    parts: list[str] = []
    innermost: list[str] = []
    current: Any = release
    for part in location:
        try:
            current = current[part]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, int):
            if not isinstance(current, dict) or "id" not in current:
                break
            parts.append(str(current["id"]))
            innermost = list(parts)
        else:
            parts.append(part)
    return "/".join(innermost)


def _at(release: dict[str, Any], location: Sequence[str | int]) -> Any:
    current: Any = release
    for part in location:
        current = current[part]
    return current
