"""What several checks ask of the organizations: ids, names, names made comparable, and how many processes have them."""

from expectations.checks.names import normalized
from transforms.mapping.disclosure import PERSON_NAMES
from transforms.quoting import literal

_WITHHELD = ", ".join(literal(name) for name in PERSON_NAMES.values())

ORGANIZATIONS = (
    f"(SELECT id, name, times, {normalized('name')} AS plain FROM"
    " (SELECT one.id AS id, one.name AS name, count(DISTINCT ocid) AS times"
    " FROM (SELECT ocid, unnest(parties) AS one FROM facts) WHERE one.id <> '' AND one.name <> ''"
    f" AND one.name NOT IN ({_WITHHELD}) GROUP"
    " BY one.id, one.name))"
)
"""Rows of id, name, plain (the name made comparable) and times (processes): one for each name of an id.

What stands for the names of persons is no name.
"""
