"""The roles in which the standard refers to organizations, with their names in the ids and titles of checks."""

from typing import NamedTuple

from expectations.checks.compiled import ROLES
from expectations.checks.model import Texts


class Role(NamedTuple):
    """A role of a party.

    `code` stands in `parties/roles`, `path` is where organizations are referred to in it, `name` is that of the ids of
    checks. `many` are the organizations in a title, `are` and `have` the verbs that go with them.
    """

    code: str
    name: str
    many: Texts
    are: Texts
    have: Texts

    @property
    def path(self) -> str:
        """Where organizations are referred to in this role."""
        return ROLES[self.code]


_ARE, _HAVE = Texts("are", "figuran"), Texts("have", "tienen")
_IS, _HAS = Texts("is", "figura"), Texts("has", "tiene")

REPORTED: tuple[Role, ...] = (
    Role("supplier", "supplier", Texts("Suppliers", "Los proveedores"), _ARE, _HAVE),
    Role("tenderer", "tenderer", Texts("Tenderers", "Los oferentes"), _ARE, _HAVE),
    Role("buyer", "buyer", Texts("The buyer", "El comprador"), _IS, _HAS),
    Role("procuringEntity", "procuring_entity", Texts("The procuring entity", "La entidad contratante"), _IS, _HAS),
    Role("payer", "payer", Texts("Payers", "Los pagadores"), _ARE, _HAVE),
    Role("payee", "payee", Texts("Payees", "Los receptores de pagos"), _ARE, _HAVE),
)
"""All of them, in the order of reports."""
