"""What libcoveocds finds, in the codes of `pregon check`, and why one may tell what the other does not."""

import re
from collections.abc import Iterator
from typing import Any

from pregon.checking import Report

Place = tuple[str, str]
"""Code of a finding, and the place: a JSON Pointer, or where the judge gives none, a path without indexes."""


def expected(findings: dict[str, Any]) -> Iterator[Place]:
    """What the judge found, in our codes."""
    for error in findings.get("validation_errors", ()):
        pointer = "/" + error["path"] if error["path"] else ""
        if error["type"] == "required":
            name = re.match(r"'(\w+)' is missing", error["description"])
            assert name is not None, error
            yield "required", f"{pointer}/{name[1]}"
        else:
            yield {"date-time": "format", "uri": "format"}.get(error["type"], error["type"]), pointer
    for value in findings.get("additional_closed_codelist_values", {}).values():
        yield "unknown_code", f"{value['path']}/{value['field']}"
    for field in findings.get("all_additional_fields", ()):
        if field["root_additional_field"]:
            yield "undeclared_field", f"{field['path']}/{field['field_name']}".lstrip("/")
    for field in findings.get("deprecated_fields", ()):
        for path in field["paths"]:
            yield "deprecated_field", f"/{path}/{field['field']}"
    for path in findings.get("structure_warnings", {}).get("missing_ids", ()):
        yield "missing_id", "/" + path.removesuffix("/id")
    for place in findings.get("additional_checks", {}).get("empty_field", ()):
        yield "empty_field", "/" + place["json_location"]
    for errors in findings.get("conformance_errors", {}).get("ocds_prefixes_bad_format", ()):
        yield "ocid_prefix", "/" + errors[1]
    for url, _ in findings.get("invalid_extensions", ()):
        yield "unknown_extension", url
    known = {
        *("validation_errors", "additional_closed_codelist_values", "all_additional_fields", "deprecated_fields"),
        *("structure_warnings", "additional_checks", "conformance_errors", "invalid_extensions"),
    }
    assert not findings.keys() - known


def found(report: Report) -> set[Place]:
    """What we found: each place as a pointer, as a path, and as the first word of its message (a URL)."""
    places = set()
    for finding in report.findings:
        pointer = finding.where
        generic = "/".join(part for part in pointer.split("/") if part and not part.isdigit())
        places |= {(finding.code, place) for place in (pointer, generic, finding.message.split(" ", 1)[0])}
        # The judge names the array in which an id stands twice, and all its names for a wrong type.
        if finding.code in ("duplicate_id", "duplicate_release", "duplicate_record"):
            places.add(("uniqueItems", pointer.rsplit("/", 2)[0]))
        if finding.code == "type":
            places |= {(name, pointer) for name in ("array", "object", "string", "number", "integer", "boolean")}
    return places


def excused(place: Place, document: dict[str, Any], report: Report) -> str | None:
    """Why we do not report what the judge does; each reason is a rule, not a file."""
    code, path = place
    if "versionedRelease" in path and code in ("missing_id", "deprecated_field", "empty_field"):
        return "a versioned release repeats what was said of the releases it is made of; its schema is checked"
    if code == "empty_field" and "compiledRelease" in path and at(document, path) == {}:
        return "merging leaves an empty object where everything inside was removed (OCDS 1.1, merging)"
    if code == "unknown_extension":
        repository = path.split("/")[-3]
        if any(finding.code == code and repository in path and "checked as that" in finding.message
               for finding in report.findings):  # fmt: skip
            return "an extension at another ref: reported by its id, and checked at the ref known here"
    if code == "undeclared_field" and any("checked as that" in finding.message for finding in report.findings):
        return "a field of an extension at another ref, which the judge has not got"
    if code == "undeclared_field" and any(
        finding.code == code and f"/{path}".startswith(f"{finding.where}/") for finding in report.findings
    ):
        return "a field inside one that is reported as undeclared"
    return None


def at(document: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/"):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


RULES_OF_OURS = {
    "duplicate_id": "the merge routine matches by id in arrays of which the schema does not say that ids differ",
    "duplicate_record": "there is one record for each process",
    "duplicate_release": "an ocid and an id name one release, in all records of a file",
    "foreign_release": "a record is of one process",
    "incomplete_record": "a record says what its releases come to",
    "ocid_case": "an ocid is spelled in one way",
    "order": "a record has the oldest release first",
    "party_name": "an organization has one name",
    "published_date": "a package is published after its releases",
    "release_id": "an id has no #, which links use",
    "repeated_key": "an object has a key once",
    "tag": "compiled is the tag of compiled releases alone",
    "unknown_party": "an organization that is referred to is in parties",
    "unsafe_number": "a number is one that readers keep",
    "unsafe_text": "a text is of characters that databases take",
    "version": "a package says that it is OCDS 1.1",
}
"""What `pregon check` asks beyond libcoveocds, and the rule behind it."""


def beyond(code: str, place: str, document: dict[str, Any], judged: set[Place]) -> str | None:
    """Why we report what the judge does not; each reason is a rule, not a file."""
    if code in RULES_OF_OURS:
        return RULES_OF_OURS[code]
    parts = place.strip("/").split("/")
    if code == "deprecated_field" and any(other == code and path.endswith(f"/{parts[-1]}") for other, path in judged):
        return "of each deprecated field the judge names some places only"
    if code == "deprecated_field" and parts[0] == "records" and parts[2] == "releases":
        return "the judge looks for deprecated fields in compiled releases, not in the releases beside them"
    if code == "empty_field" and (parts[0] not in ("releases", "records") or parts[-1].isdigit()):
        return "the judge looks neither at what a package says of itself nor at entries that are empty texts"
    if code == "missing_id" and (parts[0] == "records" or not parts[-1].isdigit()):
        return "the judge looks neither inside records nor at single references to organizations"
    if code == "ocid_prefix":
        return "the judge takes a prefix alone for an ocid"
    if code == "unknown_code" and (not at(document, place) or isinstance(at(document, place), dict)):
        return "the judge does not ask whether what is empty or an object is a code; it says that it is that"
    return None


def differences(document: dict[str, Any], judged: set[Place], report: Report) -> tuple[list[Place], list[Place]]:
    """Give what the judge alone reports, and what `pregon check` alone does, but for what a rule explains."""
    missed = [place for place in sorted(judged - found(report)) if excused(place, document, report) is None]
    added = []
    for finding in report.findings:
        one = Report(report.file)
        one.add(finding.code, finding.path, finding.where, finding.message)
        if not found(one) & judged and beyond(finding.code, finding.where, document, judged) is None:
            added.append((finding.code, finding.where))
    return missed, added
