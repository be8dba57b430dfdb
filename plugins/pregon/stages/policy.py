"""What a city decided about its publication, as far as the public may know: for the page of its publication policy."""

import re
from collections.abc import Iterator

from pregon.city import City, PolicyTexts
from pregon.city_transform import CityTransform
from transforms.mapping.model import Binding
from transforms.ocds import FieldTable, codelist
from transforms.site.policy import Policy, Withheld

_NUMBERS = re.compile(r"[0-9]+\Z")
_FREE = "*"


def periodicity(schedule: str) -> str:
    """Give the interval (ISO 8601, as DCAT-US writes it) of a cron expression of five fields; else `irregular`.

    What runs at least once on every day is published daily: portals know no shorter interval that they show.
    """
    minute, hour, day, month, weekday = schedule.split()
    del minute, hour
    if month != _FREE:
        return "irregular"
    if day == weekday == _FREE:
        return "R/P1D"
    if day == _FREE and re.fullmatch(r"[0-9]|[A-Za-z]{3}", weekday):
        return "R/P1W"
    return "R/P1M" if weekday == _FREE and _NUMBERS.match(day) else "irregular"


def decided(city: City, transform: CityTransform, fields: FieldTable) -> Policy:
    """Gather what configuration and mapping say; no name of a table or a column of a source is in it."""
    disclosure = city.disclosure
    bindings = list(_bindings(transform))
    return Policy(
        sources=tuple(sorted(source.kind for source in city.sources.values())),
        kept=transform.mapping.documents is not None,
        history=city.history,
        persons=tuple(disclosure.persons.items()),
        contact_points=disclosure.contact_points,
        withheld=tuple(
            Withheld(one.path, test, tuple(values), when=one.when is not None)
            for one in disclosure.conditions
            for test, values in (one.unless or one.when or {}).items()
        ),
        codes=_own_codes(bindings, transform, fields),
        schemes=_schemes(bindings),
        said=_said(city.policy),
    )


def _said(policy: PolicyTexts) -> dict[str, dict[str, str]]:
    return {point: text.model_dump() for point in PolicyTexts.model_fields if (text := getattr(policy, point))}


def _bindings(transform: CityTransform) -> Iterator[tuple[str, Binding]]:
    yield from transform.mapping.bindings.items()
    for party in transform.mapping.parties.values():
        for path, binding in party.bindings.items():
            yield f"parties/{path}", binding


def _constants(binding: Binding) -> tuple[str, ...]:
    values = binding.value if isinstance(binding.value, tuple) else (binding.value,)
    return tuple(value for value in values if isinstance(value, str))


def _is_scheme(path: str) -> bool:
    return path.endswith("/scheme") and not path.startswith("relatedProcesses/")


def _schemes(bindings: list[tuple[str, Binding]]) -> tuple[str, ...]:
    found = {scheme for path, binding in bindings if _is_scheme(path) for scheme in _constants(binding)}
    return tuple(sorted(found))


def _own_codes(
    bindings: list[tuple[str, Binding]], transform: CityTransform, fields: FieldTable
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give the codes that open lists of the standard do not have, by list."""
    found: dict[str, dict[str, None]] = {}
    for path, binding in bindings:
        field = fields.get(path)
        if field is None or field.codelist is None or _is_scheme(path):
            continue
        known = codelist(field.codelist, fields.extensions)
        used = [*_constants(binding), *filter(None, transform.codelists.get(binding.codelist or "", {}).values())]
        for code in used:
            if known.is_open and code not in known:
                found.setdefault(known.name, {})[code] = None
    return tuple((name, tuple(found[name])) for name in sorted(found))
