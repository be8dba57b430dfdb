"""What is wrong with a city's folder, told with file, line, key and the nearest right name."""

import difflib
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

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
        loc = tuple(part for part in found["loc"] if part != "[key]")
        path = _untagged(loc, model)
        for below, message in _messages(found, loc, model):
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
        yield (), _unknown_key(str(path[-1]), model, path[:-1])
    elif kind == "union_tag_invalid":
        yield ("kind",), _none_of(found["ctx"]["tag"], found["ctx"]["expected_tags"])
    elif kind == "union_tag_not_found":
        yield ("kind",), "is missing"
    elif kind == "literal_error":
        yield (), _none_of(found["input"], found["ctx"]["expected"])
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


def _none_of(given: object, expected: str) -> str:
    known = re.findall(r"'([^']*)'", expected)
    near = nearest(given, known) if isinstance(given, str) else ""
    return f"{given!r} is none of: {', '.join(known)}{near}"


def _unknown_key(key: str, model: type[BaseModel], path: tuple[Any, ...]) -> str:
    """Say of a key that its model does not know: which kinds would know it, or else what may have been meant."""
    here, elsewhere = _models(model, path)
    kinds = sorted({tag for tag, other in elsewhere if key in _keys(other)})
    if kinds:
        return f"is for sources of kind {' and '.join(kinds)}"
    return f"is not a known key{nearest(key, _keys(here))}"


def _untagged(path: tuple[Any, ...], model: type[BaseModel]) -> tuple[Any, ...]:
    """Leave out of a path what pydantic adds where `kind` chooses between models."""
    current: Any = model
    kept = []
    for part in path:
        if part in (tagged := _tagged(current)):
            current = tagged[part]
            continue
        kept.append(part)
        current = _below(current, part)
    return tuple(kept)


def _models(model: type[BaseModel], path: tuple[Any, ...]) -> tuple[Any, list[tuple[str, Any]]]:
    """Give the model at a path, and those at the same place in sources of other kinds, with their kinds."""
    current: Any = model
    elsewhere: list[tuple[str, Any]] = []
    for part in path:
        if part in (tagged := _tagged(current)):
            elsewhere = [(tag, other) for tag, other in tagged.items() if tag != part]
            current = tagged[part]
        else:
            elsewhere = [(tag, _below(other, part)) for tag, other in elsewhere]
            current = _below(current, part)
    return current, elsewhere


def _below(annotation: Any, part: Any) -> Any:
    """Give what stands in a model under a key, or in a mapping or list under any."""
    model = _inner(annotation)
    if _is_model(model) and part in (fields := {**model.model_fields, **_aliased(model)}):
        field = fields[str(part)]
        return Annotated[field.annotation, field] if field.discriminator else field.annotation
    return _element(annotation)


def _element(annotation: Any) -> Any:
    """Give what a mapping or list holds."""
    for candidate in (annotation, *get_args(annotation)):
        if (get_origin(candidate) in (dict, tuple, list)) and (
            inner := [a for a in get_args(candidate) if a is not ...]
        ):
            return inner[-1]
    return annotation


def _tagged(annotation: Any) -> dict[str, Any]:
    """Give kind → model where `kind` chooses between models."""
    for part in get_args(annotation)[1:] if get_origin(annotation) is Annotated else ():
        if getattr(part, "discriminator", None):
            members = get_args(get_args(annotation)[0])
            return {get_args(member.model_fields[part.discriminator].annotation)[0]: member for member in members}
    return {}


def _keys(annotation: Any) -> set[str]:
    model = _inner(annotation)
    return {field.alias or name for name, field in model.model_fields.items()} if _is_model(model) else set()


def _aliased(model: Any) -> dict[str, Any]:
    return {field.alias: field for field in model.model_fields.values() if field.alias}


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _inner(annotation: Any) -> Any:
    """Give the model inside Annotated[...] or a union with None, else the annotation itself."""
    if get_origin(annotation) in (dict, tuple, list):
        return annotation
    models = [found for part in get_args(annotation) if _is_model(found := _inner(part))]
    return models[0] if models else annotation


def nearest(name: str, known: Iterable[str]) -> str:
    """Give `; did you mean …?` with the known name most like `name`, or nothing."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
