"""The API described: as OpenAPI 3.1 for programs, and as a page for people that needs nothing from elsewhere."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pregon.web.api.snapshot import About
from transforms.site.api import Operation, Parameter, api_page
from transforms.texts import Texts, texts

_STANDARD = "https://standard.open-contracting.org/1.1/en/schema/"

_ADDRESS = {"type": "string", "format": "uri"}
_METADATA: dict[str, Any] = {
    "uri": _ADDRESS,
    "version": {"type": "string", "const": "1.1"},
    "publishedDate": {"type": "string", "format": "date-time"},
    "extensions": {"type": "array", "items": _ADDRESS},
    "publisher": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "scheme": {"type": "string"},
            "uid": {"type": "string"},
            "uri": _ADDRESS,
        },
        "required": ["name"],
    },
    "license": _ADDRESS,
    "publicationPolicy": _ADDRESS,
    "links": {"type": "object", "properties": {"next": _ADDRESS}},
}
_IDENTIFIED = {"ocid": {"type": "string", "minLength": 1}}
_RELEASE = {
    "type": "object",
    "externalDocs": {"url": f"{_STANDARD}release/"},
    "properties": {
        **_IDENTIFIED,
        "id": {"type": "string", "minLength": 1},
        "date": {"type": "string", "format": "date-time"},
        "tag": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
    "required": ["ocid", "id", "date", "tag"],
}
_RECORD = {
    "type": "object",
    "externalDocs": {"url": f"{_STANDARD}records_reference/"},
    "properties": {
        **_IDENTIFIED,
        "releases": {"type": "array", "items": {"type": "object"}, "minItems": 1},
        "compiledRelease": {"$ref": "#/components/schemas/Release"},
    },
    "required": ["ocid", "releases", "compiledRelease"],
}
_PROBLEM = {
    "type": "object",
    "externalDocs": {"url": "https://www.rfc-editor.org/rfc/rfc9457"},
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("in", "name", "problem")},
                "required": ["in", "name", "problem"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}


def _package(name: str, entry: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**_METADATA, name: {"type": "array", "items": {"$ref": f"#/components/schemas/{entry}"}}},
        "required": ["uri", "version", "publishedDate", "extensions", "publisher", name],
        "additionalProperties": False,
    }


_SCHEMAS = {
    "RecordPackage": _package("records", "Record"),
    "ReleasePackage": _package("releases", "Release"),
    "Record": _RECORD,
    "Release": _RELEASE,
    "Problem": _PROBLEM,
}
_HEADERS = {name: {"schema": {"type": "string"}} for name in ("ETag", "Last-Modified", "Vary")}


def page_names(languages: tuple[str, ...]) -> dict[str, str]:
    """Give the language of each page for people, by its name: that in the first language has none in it."""
    return {f"index{_suffix(language, languages)}.html": language for language in languages}


def schema_names(languages: tuple[str, ...]) -> dict[str, str]:
    """Give the language of each OpenAPI description, by its name."""
    return {f"openapi{_suffix(language, languages)}.json": language for language in languages}


def _suffix(language: str, languages: tuple[str, ...]) -> str:
    return "" if language == languages[0] else f".{language}"


def description(app: FastAPI, api: str, about: About, example: tuple[str, str] | None, language: str) -> dict[str, Any]:
    """Describe the API of a publication as OpenAPI; `api` is its path below the publication.

    `example` are ocid and id of a release that can be asked for.
    """
    words = texts(language, "api")
    found: dict[str, Any] = deepcopy(get_openapi(title=app.title, version=app.version, routes=app.routes))
    city = about.manifest.name.get(language) or next(iter(about.manifest.name.values()), about.manifest.city)
    found["info"] = {
        "title": words["title"].format(city=city),
        "version": app.version,
        "description": "\n".join([
            words["lede"].format(city=city), "", *(f"- {one['title']}: {one['text']}" for one in words["rules"]),
        ]),
        "license": {"name": about.package["license"], "url": about.package["license"]},
    }  # fmt: skip
    found["servers"] = [{"url": f"{about.base_url}{api}"}]
    found["components"] = {"schemas": deepcopy(_SCHEMAS)}
    for path in found["paths"].values():
        operation = path["get"]
        name = operation["operationId"]
        said = words["operations"][name]
        operation |= {"summary": said["summary"], "description": said["description"]}
        for parameter in operation.get("parameters", []):
            _describe(parameter, words, example)
        operation["responses"] = _responses(about, words, name, said["answer"], example)
    return found


def _describe(parameter: dict[str, Any], words: Texts, example: tuple[str, str] | None) -> None:
    schema = parameter["schema"]
    # That a parameter may be left out is told by its not being required, not by a value `null`.
    variants = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    schema |= variants[0] if variants else {}
    schema.pop("title", None)
    parameter["description"] = words["values"][parameter["name"]]
    if parameter["in"] == "path":
        schema["minLength"] = 1
    examples = dict(zip(("ocid", "id"), example or (), strict=False))
    if parameter["name"] in examples and parameter["in"] == "path":
        parameter["example"] = examples[parameter["name"]]


def _responses(about: About, words: Texts, name: str, answered: str, example: tuple[str, str] | None) -> dict[str, Any]:
    entry = "Record" if name.endswith(("Record", "Records")) else "Release"
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{entry}Package"}}
    if example:
        content["example"] = _example(about, entry, example)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "200": {"description": answered, "headers": _HEADERS, "content": {"application/json": content}},
        "304": {"description": words["not_modified"]},
        "400": {"description": words["wrong"], "content": problem},
        "404": {"description": words["not_found"], "content": problem},
    }


def _example(about: About, entry: str, example: tuple[str, str]) -> dict[str, Any]:
    """Show an answer in outline: what stands in it is best seen by asking."""
    ocid, identifier = example
    date = about.manifest.published
    release = {"ocid": ocid, "id": identifier, "date": date, "tag": ["tender"]}
    compiled = {"ocid": ocid, "id": f"{ocid}-{date}", "date": date, "tag": ["compiled"]}
    record = {"ocid": ocid, "releases": [release], "compiledRelease": compiled}
    entries = {"records": [record]} if entry == "Record" else {"releases": [release]}
    return {"uri": f"{about.base_url}/…", "publishedDate": date, **about.package, **entries}


def documentation(schema: Mapping[str, Any], about: About, language: str) -> bytes:
    """Write the page that tells people of the API, out of its OpenAPI description."""
    operations = [
        Operation(
            path=path,
            name=operation["operationId"],
            summary=operation["summary"],
            description=operation["description"],
            parameters=[
                Parameter(one["name"], one["description"], one["schema"], required=one["required"])
                for one in operation.get("parameters", [])
            ],
            tried=_tried(path, operation),
        )
        for path, methods in schema["paths"].items()
        for operation in methods.values()
    ]
    return api_page(
        operations,
        language=language,
        city=about.manifest.name.get(language) or about.manifest.city,
        synthetic=about.manifest.synthetic,
        pages={other: name for name, other in page_names(about.languages).items() if other != language},
        schema=next(name for name, other in schema_names(about.languages).items() if other == language),
        home="../../" + ("" if language == about.languages[0] else f"index.{language}.html"),
    )


def _tried(path: str, operation: Mapping[str, Any]) -> str | None:
    """Give a relative address that answers, None where there is nothing to ask for."""
    for one in operation.get("parameters", []):
        if one["in"] == "path":
            if "example" not in one:
                return None
            path = path.replace(f"{{{one['name']}}}", quote(one["example"], safe=""))
    return path.removeprefix("/") + ("?limit=1" if path in ("/records", "/releases") else "")
