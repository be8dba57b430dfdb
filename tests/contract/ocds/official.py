"""The official schemas, patched with the official extensions: the judge of the field table."""

import copy
import csv
import io
import json
import warnings
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from transforms.ocds import RECOMMENDED, extensions, supported_extensions

Json = dict[str, Any]

INTRODUCTION = (
    *RECOMMENDED,
    *("organizationClassification", "contract_suppliers", "budget"),
    *("options", "renewal", "suitability", "otherRequirements", "withheldInformation"),
)
"""The set that ocds.md section 3 says to resolve without a finding."""

NO_ARCHIVE = ("awardCriteria", "selectionCriteria")
"""selectionCriteria refers to awardCriteria, of which the reference has no archive: these two have their own test."""

SETS = [
    (),
    *(tuple(sorted({name, *extensions()[name].needs})) for name in supported_extensions() if name not in NO_ARCHIVE),
    RECOMMENDED,
    INTRODUCTION,
    tuple(name for name in supported_extensions() if name not in NO_ARCHIVE),
]

LARGEST = SETS[-1]


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396, with the nulls of the patch left out, as OCP's tools do."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is not None:
            result[key] = merge_patch(result.get(key), value)
    return result


@cache
def archive(reference: Path, extension: str) -> dict[str, bytes]:
    """The files of an extension's archive by their path in the repository."""
    known = extensions()[extension]
    with zipfile.ZipFile(reference / "ocds" / "extensions" / f"{known.repository}@{known.ref}.zip") as file:
        return {name.partition("/")[2]: file.read(name) for name in file.namelist() if not name.endswith("/")}


def codelist_rows(reference: Path, names: tuple[str, ...]) -> dict[str, dict[str, dict[str, str]]]:
    """List name → code → official columns, with the lists and rows the extensions add."""
    files = [(path.name, path.read_text("utf-8")) for path in (reference / "ocds/1.1.5/codelists").glob("*.csv")]
    for name in names:
        files += [
            (Path(path).name, content.decode("utf-8"))
            for path, content in archive(reference, name).items()
            if path.startswith("codelists/")
        ]
    lists: dict[str, dict[str, dict[str, str]]] = {}
    for file, text in files:
        codes = lists.setdefault(file.removesuffix(".csv").removeprefix("+"), {})
        for row in csv.DictReader(io.StringIO(text)):
            codes.setdefault(row["Code"], row)
    return lists


@cache
def schema(reference: Path, names: tuple[str, ...], file: str = "release-schema.json") -> Json:
    """One official schema file, patched."""
    patched = json.loads((reference / "ocds/1.1.5" / file).read_text("utf-8"))
    for name in names:
        content = archive(reference, name).get(file)
        if content is not None:
            patch = json.loads(content)
            # pagination says that it requires nothing more. Taken to the letter, its empty list would replace the
            # required fields of packages (and an empty list is no legal `required` in Draft 4).
            if patch.get("required") == []:
                del patch["required"]
            patched = merge_patch(patched, patch)
    return patched


@cache
def versioned_schema(reference: Path, names: tuple[str, ...]) -> Json:
    """The official versioned schema; with extensions, as OCP's own library makes it from the patched schema."""
    if not names:
        return json.loads((reference / "ocds/1.1.5/versioned-release-validation-schema.json").read_text("utf-8"))
    from ocdsextensionregistry.exceptions import VersionedReleaseWarning
    from ocdsextensionregistry.versioned_release_schema import get_versioned_release_schema

    patched = copy.deepcopy(schema(reference, names))
    # The lots extension also patches a definition of an extension that is not in use, and leaves it incomplete.
    patched["definitions"].pop("Finance", None)
    with warnings.catch_warnings():
        # It announces types it has not met before, and then treats them as the others.
        warnings.simplefilter("ignore", VersionedReleaseWarning)
        return get_versioned_release_schema(patched, "1__1__5")


def dereferenced(reference: Path, names: tuple[str, ...], file: str = "release-schema.json") -> Json:
    """An official schema without references: also those from packages to release schemas are resolved."""
    release = _resolved(schema(reference, names), schema(reference, names), {})
    outside = {"release-schema.json": release}
    if file.startswith("versioned"):
        return _resolved(versioned_schema(reference, names), versioned_schema(reference, names), {})
    if file.startswith("record"):
        versioned = versioned_schema(reference, names)
        outside["versioned-release-validation-schema.json"] = _resolved(versioned, versioned, {})
    root = schema(reference, names, file)
    return _resolved(root, root, outside)


def resolved(root: Json) -> Json:
    """A schema with local references only, without references."""
    return _resolved(root, root, {})


def _resolved(node: Any, root: Json, outside: dict[str, Json]) -> Any:
    if isinstance(node, list):
        return [_resolved(entry, root, outside) for entry in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        reference = node["$ref"]
        if not reference.startswith("#"):
            return outside[reference.rpartition("/")[2]]
        target: Any = root
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        # Draft 4 ignores what stands beside a reference, except for our reader: whether the field is deprecated.
        beside = {key: node[key] for key in ("deprecated",) if key in node}
        return {**_resolved(target, root, outside), **beside}
    # A field may be called `id` too; only the keyword is a string.
    return {
        key: _resolved(value, root, outside)
        for key, value in node.items()
        if key != "definitions" and not (key == "id" and isinstance(value, str))
    }


_WORDS = {"title", "description", "default", "$schema"}


def facts(node: Json, path: str = "") -> dict[str, Json]:
    """Path → every keyword of a dereferenced schema there, texts left out, lists without an order sorted.

    Array entries are at `path[]`, language variants at `path/{pattern}`, alternatives at `path|n`.
    """
    stated: Json = {}
    found: dict[str, Json] = {path: stated}
    for keyword, value in node.items():
        if keyword in {"properties", "patternProperties"}:
            for name, inner in value.items():
                found |= facts(inner, f"{path}/{name}")
        elif keyword == "items":
            found |= facts(value, f"{path}[]")
        elif keyword == "oneOf":
            for number, inner in enumerate(value):
                found |= facts(inner, f"{path}|{number}")
        elif keyword == "type":
            stated["type"] = sorted([value] if isinstance(value, str) else value)
        elif keyword == "deprecated":
            stated[keyword] = value["deprecatedVersion"]
        elif keyword in {"enum", "required"}:
            stated[keyword] = sorted(value, key=str)
        elif keyword not in _WORDS and (value is not False or keyword == "openCodelist"):
            stated[keyword] = value
    return found
