"""The parts of all opportunities that have feeds of their own: by department, category, commodity code, set-aside.

A part that was there once stays: who follows its feed gets an empty one, never an error.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

from transforms.opportunities.facts import Tender
from transforms.opportunities.options import OpportunityOptions

CutKind = Literal["department", "category", "code", "set-aside"]
CUT_KINDS: tuple[CutKind, ...] = get_args(CutKind)

MOST_CUTS = 300
"""Of one kind: those with the newest tenders. A source in which every row names a department of its own has more."""

_UNSAFE = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 60


@dataclass(frozen=True, order=True)
class Cut:
    """A part. `file_name` is what tells it from others of its kind: codes that differ in case alone are one part.

    `key` is the code or id, `scheme` that of a commodity code, `name` what the source calls it (codes of lists have
    titles instead).
    """

    kind: CutKind
    file_name: str
    key: str = field(compare=False)
    name: str = field(default="", compare=False)
    scheme: str = field(default="", compare=False)


class Cuts:
    """All parts that tenders have belonged to, gathered tender by tender, in any order, some perhaps twice."""

    def __init__(self, options: OpportunityOptions) -> None:
        self._options = options
        self._seen: dict[Cut, tuple[str, str, str, str]] = {}

    def add(self, tender: Tender) -> None:
        """Take the parts of a tender; a department has the name that its newest tender gives it."""
        for cut in cuts_of(tender, self._options):
            self._take(cut, (tender.updated, cut.name, cut.key, cut.scheme))

    def _take(self, cut: Cut, newest: tuple[str, str, str, str]) -> None:
        self._seen[cut] = max(self._seen.get(cut, newest), newest)

    def all(self) -> list[Cut]:
        """List the parts: of each kind those with the newest tenders, by the names of their files."""
        found = []
        for kind in CUT_KINDS:
            seen = sorted((newest, cut.file_name) for cut, newest in self._seen.items() if cut.kind == kind)
            made = [Cut(kind, name, key, title, scheme) for (_, title, key, scheme), name in seen[-MOST_CUTS:]]
            found += sorted(made)
        return found

    def to_json(self) -> list[list[str]]:
        """Give what was gathered as JSON values."""
        return [[cut.kind, cut.file_name, *newest] for cut, newest in sorted(self._seen.items())]

    @classmethod
    def from_json(cls, found: Iterable[Any], options: OpportunityOptions) -> Self:
        """Take back what `to_json` gave."""
        made = cls(options)
        for kind, file_name, date, name, key, scheme in found:
            made._take(Cut(kind, file_name, key), (date, name, key, scheme))
        return made


def cuts_of(tender: Tender, options: OpportunityOptions) -> Iterator[Cut]:
    """Give the parts that a tender belongs to, each once."""
    if tender.department:
        yield Cut("department", safe_name(tender.department), tender.department, tender.department_name)
    if tender.category:
        yield Cut("category", safe_name(tender.category), tender.category)
    for code in dict.fromkeys(tender.set_asides):
        yield Cut("set-aside", safe_name(code), code)
    classes = (code_class(scheme, code, options.code_digits) for scheme, code, _ in tender.codes)
    for scheme, code in dict.fromkeys(one for one in classes if one):
        yield Cut("code", safe_name(f"{scheme}-{code}"), code, scheme=scheme)


def code_class(scheme: str, code: str, digits: Mapping[str, int]) -> tuple[str, str] | None:
    """Give the class of a commodity code; None where its scheme has none. NIGP codes are written with a hyphen.

    >>> code_class("UNSPSC", "72141000", {"UNSPSC": 2})
    ('UNSPSC', '72')
    """
    length = digits.get(scheme.upper())
    head = code.replace("-", "")[:length] if length else ""
    return (scheme.upper(), head) if head and head.isalnum() and len(head) == length else None


def safe_name(text: str) -> str:
    """Give a name for files from any text: small letters, digits and hyphens.

    Where more than the case of letters was lost, a part of its checksum tells it from others.

    >>> safe_name("US-RB-DEPT-7")
    'us-rb-dept-7'
    >>> safe_name("../Obras Públicas")
    'obras-publicas-f793f4'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = _UNSAFE.sub("-", plain).strip("-")[:_LONGEST_NAME].strip("-")
    if name == text.lower():
        return name
    return f"{name}-{hashlib.sha256(text.lower().encode()).hexdigest()[:6]}".strip("-")
