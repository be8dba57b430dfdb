"""What OCP's validator finds in packages, but for what the standard itself leaves behind."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson


def faulty_packages(judge: Callable[..., Any], packages: Iterable[Path]) -> dict[str, Any]:
    """Give the findings of the packages that have any, by path.

    Empty objects which merging leaves where releases nulled every leaf are none (ocds.md 1.5, rule 8).
    """
    faulty = {}
    for path, findings in judge(*packages).items():
        checks = findings.pop("additional_checks", {})
        if empty := checks.pop("empty_field", []):
            package = orjson.loads(Path(path).read_bytes())
            checks["empty_field"] = [found for found in empty if not _is_shell(package, found["json_location"])]
        if findings or any(checks.values()):
            faulty[path] = {**findings, **checks}
    return faulty


def _is_shell(package: dict[str, Any], location: str) -> bool:
    """Whether an empty object is what merging leaves where releases nulled every leaf (ocds.md 1.5, rule 8)."""
    top, number, document, *path = location.split("/")
    if (top, document) != ("records", "compiledRelease"):
        return False
    record = package["records"][int(number)]
    nulled = [record["releases"]]
    current = record["compiledRelease"]
    for part in path:
        current = current[int(part) if isinstance(current, list) else part]
        if part.isdigit():
            entries = [entry for array in nulled for entry in array if entry["id"] == current["id"]]
            nulled = [entries]
        else:
            nulled = [one[part] for array in nulled for one in array if one.get(part) is not None]
            nulled = nulled if isinstance(current, list) else [nulled]
    return current == {} and any(one and all(value is None for value in one.values()) for one in nulled[0])
