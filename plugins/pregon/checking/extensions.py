"""Which extensions a package declares, as far as the field table knows them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from transforms.ocds import extensions as known_extensions

_ADDRESS = re.compile(
    r"https?://(?:raw\.githubusercontent\.com|github\.com)/[^/]+/(?P<repository>[^/]+)/(?:raw/)?(?P<ref>.+)/"
)


@dataclass(frozen=True)
class Declared:
    """The extensions to check with (registry ids), what is wrong with the declaration, and the URLs not understood."""

    ids: tuple[str, ...]
    problems: tuple[tuple[int, str], ...]
    unknown: tuple[str, ...]


def declared_extensions(urls: object) -> Declared:
    """Read the `extensions` of a package; each problem has the index of its URL. What is no list is left to the schema.

    An extension at another ref than ours is a problem, because its fields may differ; it is checked as at ours.
    """
    known = known_extensions()
    by_url = {extension.url: extension for extension in known.values()}
    by_repository = {extension.repository: extension for extension in known.values()}
    ids: list[str] = []
    problems: list[tuple[int, str]] = []
    unknown: list[str] = []
    for index, url in enumerate(urls if isinstance(urls, list) else ()):
        if not isinstance(url, str):
            continue
        found = by_url.get(url)
        if found is None:
            address = _ADDRESS.match(url)
            found = by_repository.get(address["repository"]) if address else None
            if found is None or address is None:
                problems.append((index, f"{url} is not an extension known here: what it adds can't be checked"))
                unknown.append(url)
                continue
            problems.append(
                (index, f"{found.id} is known here at {found.ref}, not at {address['ref']}: checked as that")
            )
        if found.unsupported:
            problems.append((index, f"{found.id} can't be used with OCDS 1.1.5: {found.unsupported}"))
        else:
            ids.append(found.id)
    for index, name in enumerate(list(ids)):
        for needed in known[name].needs:
            if needed not in ids:
                problems.append((index, f"{name} needs {needed}, which is not declared"))
                ids.append(needed)
    return Declared(tuple(dict.fromkeys(ids)), tuple(problems), tuple(unknown))


def with_needs(ids: Iterable[str]) -> tuple[str, ...]:
    """Give the extensions and those that they need, once each; ids that are not known stay for others to refuse."""
    known = known_extensions()
    chosen: dict[str, None] = {}
    for name in ids:
        chosen.update(dict.fromkeys((name, *(known[name].needs if name in known else ()))))
    return tuple(chosen)
