"""YAML that remembers where each key stands, so that an error can name file, line and key."""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import yaml

from transforms.errors import TransformError

Path = tuple[Hashable, ...]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads `on`, `yes` and `no` as words, as YAML 1.2 does: `on:` is a key of mappings, and NO is Norway."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)


class InvalidYaml(TransformError):
    """A YAML text can't be read, or repeats a key; `file` and `line` (1-based) say where."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


@dataclass(frozen=True)
class Located:
    """A YAML document as plain values, with the line of each key and list entry."""

    file: str
    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """Line (1-based) of the deepest part of `path` that the document has."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


def parse(text: str, file: str) -> Located:
    """Read one YAML document.

    `file` is only quoted in errors. Repeated keys are an error, because the later one would win silently.
    Raises InvalidYaml.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Path, int] = {(): 1}
        data = _plain(node, (), lines, loader, file) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not readable as YAML"
        if error.context in ("while scanning an alias", "while scanning an anchor"):
            problem = "a value that begins with * or & means something else in YAML: put the value into quotes"
        if mark and text.splitlines()[mark.line : mark.line + 1] and "\t" in text.splitlines()[mark.line]:
            problem += "; the line holds a tab: YAML is indented with spaces"
        raise InvalidYaml(file, mark.line + 1 if mark else 1, problem) from error
    except yaml.YAMLError as error:
        raise InvalidYaml(file, 1, str(error)) from error
    except RecursionError as error:
        raise InvalidYaml(file, 1, "is nested too deeply, or refers to itself") from error
    finally:
        loader.dispose()
    return Located(file, data, lines)


_PLAIN_TAGS: dict[type[yaml.Node], str] = {
    yaml.MappingNode: "tag:yaml.org,2002:map",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
}


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], loader: Any, file: str) -> Any:
    if node.tag != _PLAIN_TAGS.get(type(node), node.tag):
        raise InvalidYaml(file, node.start_mark.line + 1, f"the tag {node.tag!r} means nothing here")
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node, loader, file)
            if key in mapping:
                raise InvalidYaml(file, key_node.start_mark.line + 1, f"the key {key!r} stands here a second time")
            lines[(*path, key)] = key_node.start_mark.line + 1
            mapping[key] = _plain(value_node, (*path, key), lines, loader, file)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        entries = []
        for index, entry in enumerate(node.value):
            lines[(*path, index)] = entry.start_mark.line + 1
            entries.append(_plain(entry, (*path, index), lines, loader, file))
        return entries
    return _scalar(node, loader, file)


def _scalar(node: yaml.Node, loader: Any, file: str) -> Any:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.ScalarNode):
        raise InvalidYaml(file, line, "a key must be a word or a number")
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:
        # What looks like a date and is none, or is tagged as a number.
        raise InvalidYaml(file, line, f"{node.value!r} can't be read: {error}") from error
