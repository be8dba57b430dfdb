"""The OCDS extensions that the field table knows, each pinned to one ref (extensions.csv).

>>> extension_urls(["lots"])
['https://raw.githubusercontent.com/open-contracting-extensions/ocds_lots_extension/v1.1.5/extension.json']
"""

import csv
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from transforms.ocds.errors import IncompatibleExtensions, UnknownExtension

RECOMMENDED = ("bids", "lots", "location", "enquiries", "participation_fee", "process_title")
"""The extensions the registry marks as core; they alone have a release for OCDS 1.1.5."""

_URL = "https://raw.githubusercontent.com/open-contracting-extensions/{repository}/{ref}/extension.json"


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension at the ref we support.

    `needs`: extensions whose definitions its schema refers to. `conflicts`: extensions it can't be declared with.
    `unsupported`: why we can't offer it at all, or "".
    """

    id: str
    titles: Mapping[str, str]
    repository: str
    ref: str
    needs: tuple[str, ...]
    conflicts: tuple[str, ...]
    unsupported: str

    @property
    def url(self) -> str:
        """The URL to declare in a package; it names the pinned ref, so the meaning of the data can't shift."""
        return _URL.format(repository=self.repository, ref=self.ref)


@cache
def extensions() -> Mapping[str, Extension]:
    """All rows of extensions.csv by registry id, unsupported ones included."""
    with Path(__file__).with_name("extensions.csv").open(encoding="utf-8", newline="") as file:
        return MappingProxyType(
            {
                row["id"]: Extension(
                    id=row["id"],
                    titles=MappingProxyType({"en": row["name_en"], "es": row["name_es"]}),
                    repository=row["repository"],
                    ref=row["ref"],
                    needs=tuple(row["needs"].split()),
                    conflicts=tuple(row["conflicts"].split()),
                    unsupported=row["unsupported"],
                )
                for row in csv.DictReader(file)
            }
        )


@cache
def supported_extensions() -> tuple[str, ...]:
    """Ids of the extensions that can be used, in the order of extensions.csv; together they are compatible."""
    return tuple(extension.id for extension in extensions().values() if not extension.unsupported)


def checked(ids: Iterable[str]) -> tuple[str, ...]:
    """Return the extensions once each, in the order of extensions.csv, so that equal sets are equal tuples.

    Raises UnknownExtension, or IncompatibleExtensions if one is unsupported, conflicts or lacks what it needs.
    """
    wanted = set(ids)
    known = extensions()
    for name in sorted(wanted - known.keys()):
        raise UnknownExtension(name, tuple(difflib.get_close_matches(name, known, n=3)))
    chosen = [extension for extension in known.values() if extension.id in wanted]
    for extension in chosen:
        for other in extension.conflicts:
            if other in wanted:
                raise IncompatibleExtensions((extension.id, other), extension.unsupported or "they contradict")
        if extension.unsupported:
            raise IncompatibleExtensions((extension.id,), extension.unsupported)
        for other in extension.needs:
            if other not in wanted:
                raise IncompatibleExtensions(
                    (extension.id,), f"its schema refers to definitions of {other}: declare {other} as well"
                )
    return tuple(extension.id for extension in chosen)


def extension_urls(ids: Iterable[str]) -> list[str]:
    """URLs for the `extensions` of a package. Raises UnknownExtension, IncompatibleExtensions."""
    return [extensions()[name].url for name in checked(ids)]
