"""JSON with every number as the text that its source wrote: `1.50` stays `1.50`, and no digit of a long id is lost."""

import json
from typing import Any


class ExactNumber(str):
    """A JSON number, as the source wrote it."""

    __slots__ = ()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(
    parse_float=ExactNumber, parse_int=ExactNumber, parse_constant=_refuse_constant, strict=False
)
"""Decodes JSON; `NaN` and `Infinity`, which RFC 8259 does not know, are errors."""


def exact_json(data: bytes) -> Any:
    """Decode a JSON document.

    Raises:
        ValueError: it is not JSON, or not UTF-8.
    """
    return DECODER.decode(data.decode("utf-8-sig"))
