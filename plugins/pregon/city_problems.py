"""What is wrong with a city's folder, told with file, line, key and the nearest right name."""

import difflib
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from pregon.errors import PregonError
from transforms.located import Located

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class InvalidCity(PregonError):
    """A city's folder can't be used; `problems` lists file, line, key and what is wrong."""

    def __init__(self, slug: str, problems: list[str], *, hint: str | None = None) -> None:
        super().__init__("\n".join(problems), hint=hint)
        self.slug = slug
        self.problems = problems


class UnknownCity(PregonError):
    """There is no folder for this city."""

    def __init__(self, slug: str, folder: Path, known: list[str]) -> None:
        near = difflib.get_close_matches(slug, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}"
        super().__init__(f"there is no city {slug!r} in {folder}", hint=hint)
        self.slug = slug


def places(found: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raise, inside a validator, a problem for each (path below the validated part, what is wrong); none, no error."""
    listed = list(found)
    if listed:
        raise PydanticCustomError("places", "{count} problems", {"count": len(listed), "places": listed})


def problems_of(error: ValidationError, document: Located, model: type[BaseModel]) -> list[str]:
    """One line per problem, in the order of the file: file, line, key, what is wrong, and the nearest right name."""
    found_at: list[tuple[int, str]] = []
    for found in error.errors():
        path = tuple(part for part in found["loc"] if part != "[key]")
        for below, message in _messages(found, path, model):
            place = (*path, *below)
            dotted = ".".join(str(part) for part in place)
            line = document.line(place)
            found_at.append((line, f"{document.file}:{line}: {dotted + ': ' if dotted else ''}{message}"))
    return [problem for _, problem in sorted(found_at, key=lambda entry: entry[0])]


def _messages(
    found: "ErrorDetails", path: tuple[Any, ...], model: type[BaseModel]
) -> Iterable[tuple[tuple[str | int, ...], str]]:
    kind = found["type"]
    if kind == "places":
        yield from found["ctx"]["places"]
    elif kind == "extra_forbidden":
        yield (), f"is not a known key{nearest(str(path[-1]), _siblings(model, path))}"
    elif kind == "literal_error":
        known = re.findall(r"'([^']*)'", found["ctx"]["expected"])
        given = found["input"]
        near = nearest(given, known) if isinstance(given, str) else ""
        yield (), f"{given!r} is none of: {', '.join(known)}{near}"
    elif found["input"] is None and kind != "missing":
        yield (), "has no value"
    elif kind == "string_type":
        yield (), f"YAML reads this as {_read_as(found['input'])}; put the text into quotes"
    else:
        message = _WORDS.get(kind, found["msg"].removeprefix("Value error, "))
        yield (), message.replace("Input should be", "must be", 1)


_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "dict_type": "must be a mapping, with a key and a value on each line",
    "model_type": "must be a mapping, with a key and a value on each line",
    "tuple_type": "must be a list, such as [a, b]",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_too_long": "must be one character",
    "invalid_key": "a key must be a word; put it into quotes",
}


def _read_as(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return f"the {'date' if isinstance(value, date) else 'number'} {value}"


def _siblings(model: type[BaseModel], path: tuple[Any, ...]) -> set[str]:
    """Names that may stand where the last part of `path` stands."""
    current: Any = model
    for part in path[:-1]:
        if isinstance(current, type) and issubclass(current, BaseModel) and part in current.model_fields:
            current = current.model_fields[str(part)].annotation
        current = _inner(current)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return {field.alias or name for name, field in current.model_fields.items()}
    return set()


def _inner(annotation: Any) -> Any:
    """Give the model inside dict[...], tuple[...], Annotated[...] or a union, else the annotation itself."""
    stack = [annotation]
    while stack:
        candidate = stack.pop()
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
        stack.extend(getattr(candidate, "__args__", ()))
    return annotation


def nearest(name: str, known: Iterable[str]) -> str:
    """Give `; did you mean …?` with the known name most like `name`, or nothing."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
