"""Which documents are asked for: so many of all that are linked, by chance, and the same for the same seed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from expectations.checks.compiled import CompiledRelease
from pregon.links.asking import Place, host_of


@dataclass(frozen=True, slots=True)
class Sample:
    """Documents by chance, of how many there are, and on which hosts all of them lie."""

    places: list[Place]
    documents: int
    hosts: Mapping[str, int]


def draw(documents: Iterable[Any], size: int, seed: str) -> Sample:
    """Draw from the documents of compiled releases, in one pass (Vitter, algorithm R): each is equally likely."""
    # Chance here decides what is looked at, and protects nothing.
    chance = Random(seed)  # noqa: S311
    places: list[Place] = []
    hosts: Counter[str] = Counter()
    seen = 0
    for document in documents:
        compiled = CompiledRelease(document)
        for _, entry in compiled.documents:
            url = entry.get("url")
            if not isinstance(url, str) or not url:
                continue
            seen += 1
            hosts[host_of(url) or ""] += 1
            place = Place(str(compiled.document.get("ocid")), url)
            if len(places) < size:
                places.append(place)
            elif (slot := chance.randrange(seen)) < size:
                places[slot] = place
    return Sample(places, seen, dict(hosts.most_common()))
