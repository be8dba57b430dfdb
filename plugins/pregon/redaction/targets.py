"""What a person names, understood: `OCID`, `OCID:PATH` or `PATH`, checked against the ledger and the standard."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pregon.redaction.errors import Irremovable, UnknownTarget
from transforms.mapping.redaction import parts_of
from transforms.ocds import FieldTable

_HEAD = frozenset({"ocid", "id", "date", "tag", "initiationType", "language"})


@dataclass(frozen=True)
class Target:
    """What is taken back: `path` None a process as a whole, `ocid` None a path in every process.

    `given` is what the person wrote; `widened` tells that more has to go, because the standard wants the value there.
    """

    ocid: str | None
    path: str | None
    given: str
    widened: bool = False

    def __str__(self) -> str:
        return ":".join(part for part in (self.ocid, self.path) if part)


def understand(text: str, *, published: Callable[[str], bool], fields: FieldTable, open_ended: bool) -> Target:
    """Understand what a person wrote.

    `published` tells whether a process was ever released; `open_ended` that releases may hold fields which the standard
    does not have. Raises UnknownTarget, Irremovable.
    """
    if not text.startswith("ocds-"):
        path = _removable(text, text, fields, open_ended=open_ended)
        return Target(None, path, text, widened=path != text)
    if published(text):
        return Target(text, None, text)
    for place in (place for place, letter in enumerate(text) if letter == ":"):
        if published(text[:place]):
            given = text[place + 1 :]
            path = _removable(text, given, fields, open_ended=open_ended)
            return Target(text[:place], path, text, widened=path != given)
    raise UnknownTarget(
        text,
        "no process with this ocid was published",
        "ocids are written as published, letter case included; a path follows after a colon: OCID:tender/description",
    )


@dataclass
class _Steps:
    """A path cut into names of fields and ids of entries, which may hold slashes."""

    names: list[str] = field(default_factory=list)
    parts: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def field(self) -> str:
        """The path without ids."""
        return "/".join(self.names)

    def add_name(self, name: str) -> None:
        self.names.append(name)
        self.parts.append((name, False))

    def add_id(self, part: str) -> None:
        if self.parts[-1][1]:
            part = f"{self.parts.pop()[0]}/{part}"
        self.parts.append((part, True))

    def drop(self) -> None:
        self.parts.pop()
        self.names.pop()

    def __str__(self) -> str:
        return "/".join(part for part, _ in self.parts)


def _removable(text: str, path: str, fields: FieldTable, *, open_ended: bool) -> str:
    """Give the path, or the nearest one around it without which the standard lets a release be."""
    steps = _Steps()
    for part in parts_of(path):
        here = "/".join((*steps.names, part))
        if here in fields:
            steps.add_name(part)
        elif steps.names and _holds_entries(fields, steps.field):
            steps.add_id(part)
        elif open_ended and part:
            steps.add_name(part)
        else:
            near = fields.nearest(here)
            hint = f"did you mean {near[0]!r}?" if near else "paths are written as in the published files"
            raise UnknownTarget(text, f"{here!r} is not a path of OCDS with the city's extensions", hint)
    while not steps.parts[-1][1] and _required(fields, steps):
        steps.drop()
        if not steps.parts:
            raise Irremovable(text, path)
    if steps.names[0] in _HEAD:
        raise Irremovable(text, path)
    return str(steps)


def _holds_entries(fields: FieldTable, path: str) -> bool:
    found = fields.get(path)
    return found is not None and found.is_array and found.has_definition


def _required(fields: FieldTable, steps: _Steps) -> bool:
    """Tell whether what is around a field can't be without it: by the standard, or because it is told by its id."""
    found = fields.get(steps.field)
    if found is None:
        return False
    if found.required or len(steps.names) == 1:
        return found.required
    around = fields.get("/".join(steps.names[:-1]))
    told_by_id = around is not None and (
        (around.is_array and around.has_definition) or "OrganizationReference" in around.of
    )
    return steps.names[-1] == "id" and told_by_id
