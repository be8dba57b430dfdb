"""What is wrong with a city's folder, told with file, line, key and the nearest right name."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from pregon.errors import PregonError
from transforms.located import Located


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


def problems_of(error: ValidationError, document: Located, model: type[BaseModel]) -> list[str]:
    """One line per problem: file, line, key, what is wrong, and the nearest right name."""
    lines = []
    for found in error.errors():
        path = tuple(part for part in found["loc"] if part != "[key]")
        dotted = ".".join(str(part) for part in path)
        message = found["msg"].removeprefix("Value error, ")
        if found["type"] == "extra_forbidden":
            message = f"is not a known key{nearest(str(path[-1]), _siblings(model, path))}"
        elif found["type"] == "missing":
            message = "is missing"
        lines.append(f"{document.file}:{document.line(path)}: {dotted + ': ' if dotted else ''}{message}")
    return lines


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
