"""Of packages with one fault each `pregon check` says what libcoveocds says; what it says beyond are named rules."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from judged_findings import differences, expected
from spoiled_packages import EXTENSIONS, faultless, package, spoiled_heads, spoiled_packages, spoiled_record_packages

from pregon.checking import check_file

Judge = Callable[..., Any]


def write(folder: Path, documents: list[dict[str, Any]]) -> list[Path]:
    files = [folder / f"{number}.json" for number in range(len(documents))]
    for file, document in zip(files, documents, strict=True):
        file.write_text(json.dumps(document), encoding="utf-8")
    return files


def test_a_release_with_all_fields_is_faultless_for_both(judge: Judge, tmp_path: Path) -> None:
    packages = [package(names, releases=[faultless(names)]) for names in ((), EXTENSIONS)]
    files = write(tmp_path, packages)
    assert judge(*files) == {str(file): {} for file in files}
    assert [check_file(file).findings for file in files] == [[], []]
    assert all(len(json.dumps(one)) > 8_000 for one in packages)


def test_each_kind_of_fault_gets_the_same_verdict(judge: Judge, tmp_path: Path) -> None:
    faults, documents = 0, []
    for names in ((), EXTENSIONS):
        # The judge takes its time: with extensions, what would be the same again is left out.
        packages = [*list(spoiled_packages(names))[:: 3 if names else 1], *spoiled_record_packages(names)]
        heads = [] if names else list(spoiled_heads(names))
        faults += sum(len(whats) for whats, _ in packages) + len(heads)
        documents += [document for _, document in packages] + [document for _, document in heads]
    files = write(tmp_path, documents)
    judged = judge(*files)
    codes: Counter[str] = Counter()
    wrong = []
    for file, document in zip(files, documents, strict=True):
        places = set(expected(judged[str(file)]))
        missed, added = differences(document, places, check_file(file, examples=1_000_000))
        wrong += [(file.name, "missed", *place) for place in missed] + [(file.name, "added", *one) for one in added]
        codes.update(code for code, _ in places)
    assert wrong == []
    assert faults >= 1_500
    assert codes.keys() >= {
        *("required", "array", "object", "string", "number", "integer", "boolean", "format", "unknown_code"),
        *("undeclared_field", "deprecated_field", "missing_id", "empty_field", "ocid_prefix", "uniqueItems"),
        *("minItems", "minLength"),
    }
