"""What several checks ask of the organizations: ids, names, names made comparable, and how many processes have them."""

from expectations.checks.names import normalized

ORGANIZATIONS = (
    f"(SELECT id, name, times, {normalized('name')} AS plain FROM"
    " (SELECT one.id AS id, one.name AS name, count(DISTINCT ocid) AS times"
    " FROM (SELECT ocid, unnest(parties) AS one FROM facts) WHERE one.id <> '' AND one.name <> '' GROUP"
    " BY one.id, one.name))"
)
"""Rows of id, name, plain (the name made comparable) and times (processes): one for each name of an id."""
