"""Values are no stand-ins for a value: `n/a`, `tbd`, `sin dato`, `xxx`, 1900-01-01, the id 0, or a column's header.

Whatever has a code list, or a check of its form (languages, e-mail, telephone, media types), is left to that. Words
are compared without case, accents and the punctuation around them. Where `none` or `n/a` is an answer (to a question
of a bidder, in criteria), it passes.
"""

from functools import lru_cache
from typing import Any

from expectations.checks.fields.fact_lists import fact_words
from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field
from transforms.profile.lists import listed
from transforms.profile.nulls import WORDS
from transforms.profile.words import plain

_AROUND = " \t\r\n.,;:!¡?¿*_-–—/\\()[]{}<>\"'#"
"""Taken off before a text is compared; what has nothing else says nothing."""

_LONGEST = 40

# `\\N`, which databases write for null, would be the letter N.
_NULLS = frozenset(word.strip(_AROUND) for word in (WORDS | fact_words("placeholders")) - {"\\n"}) | {""}

_LABELS = fact_words("headers")
"""Headers of columns of texts."""

_REPEATED = frozenset(
    letter * times for letter, least in (("x", 3), ("z", 3), ("0", 5), ("9", 5)) for times in range(least, _LONGEST)
)
"""`xxx`, `99999`, `000000`."""

_NO_TEXT = _NULLS | _REPEATED | _LABELS | frozenset(label.replace(" ", "_") for label in _LABELS)
_NO_ID = _NULLS | _REPEATED | fact_words("id_headers")

_ZEROS = frozenset("0" * times for times in range(1, _LONGEST))

_ID_WORDS = listed("identifier_words") | fact_words("id_header_words")
"""What headers of columns of ids are made of: `Vendor Nbr`, `Número de contrato`."""

_SENTINELS = frozenset(
    {"0001-01-01", "1753-01-01", "1899-12-30", "1900-01-01", "1970-01-01", "2099-12-31", "9999-12-31"}
)

_OWN_FORM = frozenset({"language", "scheme", "format", "email", "telephone", "faxNumber", "ocid"})
"""Fields whose form another check looks at."""

_ANSWERS = frozenset({"answer", "eligibilityCriteria", "reductionCriteria", "securityClearance", "minimum"})
"""Fields in which `none` says something."""

_SHORT = frozenset({"region", "countryName", "locality"})
"""Fields in which two letters are a name: ND is North Dakota, NA Namibia."""

_REGISTERED = (
    "tender/id", "identifier/id", "Identifiers/id", "buyer/id", "procuringEntity/id", "parties/id", "suppliers/id",
    "tenderers/id", "payer/id", "payee/id",
)  # fmt: skip
"""Ids that a register or a system gave out, none of which counts from 0; entries of an array may be numbered so."""


_plain = lru_cache(maxsize=4096)(plain)


def _bare(text: str) -> str:
    bare = text.strip(_AROUND).lower()
    return bare if bare.isascii() or len(bare) > _LONGEST else _plain(bare)


def _bares(values: list[str]) -> list[str]:
    """Give what `_bare` gives of each; a value of several lines gives several."""
    joined = "\n".join(values).lower()
    lines = [line.strip(_AROUND) for line in joined.split("\n")]
    if joined.isascii():
        return lines
    return [line if line.isascii() or len(line) > _LONGEST else _plain(line) for line in lines]


def _is_id_header(bare: str) -> bool:
    words = bare.replace("_", " ").replace(".", " ").replace("-", " ").split()
    return len(words) > 1 and all(word in _ID_WORDS for word in words)


def _text(value: Any, _: str) -> bool:
    return type(value) is not str or _bare(value) not in _NO_TEXT


def _all_text(values: list[Any], _: str) -> bool:
    return _NO_TEXT.isdisjoint(_bares(values))


def _answer(value: Any, _: str) -> bool:
    return type(value) is not str or _bare(value) not in _LABELS


def _place(value: Any, day: str) -> bool:
    return type(value) is not str or len(value) <= 2 or _text(value, day)


def _unit(value: Any, _: str) -> bool:
    # The codes of units are short and many: NA is one of them, % is another.
    return type(value) is not str or not _is_id_header(_bare(value))


def _id(value: Any, _: str) -> bool:
    if type(value) is not str:
        return True
    bare = _bare(value)
    return bare not in _NO_ID and not _is_id_header(bare)


def _all_ids(values: list[Any], _: str) -> bool:
    bares = _bares(values)
    if not _NO_ID.isdisjoint(bares):
        return False
    # The words of a header stand apart.
    return (" " not in (joined := "\n".join(bares)) and "_" not in joined) or not any(map(_is_id_header, bares))


def _registered_id(value: Any, day: str) -> bool:
    if type(value) is str:
        return value.strip("0") != "" and _id(value, day)
    return type(value) is bool or value != 0


def _all_registered_ids(values: list[Any], day: str) -> bool:
    return _ZEROS.isdisjoint(values) and _all_ids(values, day)


def _date(value: Any, _: str) -> bool:
    return type(value) is not str or value[:10] not in _SENTINELS


def _all_dates(values: list[Any], _: str) -> bool:
    return _SENTINELS.isdisjoint({value[:10] for value in values})


_TEXT = FieldTest(_text, _all_text)
_ANSWER = FieldTest(_answer)
_PLACE = FieldTest(_place)
_UNIT = FieldTest(_unit)
_ID = FieldTest(_id, _all_ids)
_REGISTERED_ID = FieldTest(_registered_id, _all_registered_ids)
_DATE = FieldTest(_date, _all_dates)


def _test_of(field: Field) -> FieldTest | None:
    if field.format == "date-time":
        return _DATE
    if field.codelist or field.format or field.name in _OWN_FORM or "string" not in field.types:
        return None
    if field.name == "id" or field.name.endswith("ID") or field.name == "identifier":
        if field.definition in ("Unit", "Classification"):
            return _UNIT
        return _REGISTERED_ID if field.path.endswith(_REGISTERED) else _ID
    if field.definition == "Unit":
        return None
    if field.name in _ANSWERS:
        return _ANSWER
    return _PLACE if field.name in _SHORT else _TEXT


CHECK = FieldCheck(
    id="x.placeholder",
    version="1",
    severity="warning",
    source="Pregón; OCDS 1.1: fields without a value are left out",
    title=Texts("Values are no placeholders", "Los valores no son de relleno"),
    message=Texts(
        "“{value}” stands where a value is missing: leave the field out",
        "«{value}» ocupa el lugar de un valor que falta: el campo debe omitirse",
    ),
    cost=Texts(
        "What is missing looks as if it were there: counts of complete data lie, and unlike things get the same name.",
        "Lo que falta parece estar: los conteos de datos completos engañan y cosas distintas reciben el mismo nombre.",
    ),
    test_of=_test_of,
)
