"""What the checks of values and releases find in releases that cities published: kept under review by their counts."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from expectations.assessment import Assessor
from expectations.checks.earlier import UNKNOWN
from transforms.ocds import supported_extensions

ASSESSOR = Assessor(supported_extensions())


def releases(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*elease*.json")):
        package = json.loads(path.read_text(encoding="utf-8-sig"))
        yield from package.get("releases", [package])


def test_single_releases_of_one_publisher(reference: Path) -> None:
    failed: Counter[str] = Counter()
    for release in releases(reference / "data/ocds_native/uk_english"):
        compiled = release | {"tag": ["compiled"]}
        fact = ASSESSOR.assess(compiled, [(release, UNKNOWN)], today="2026-11-28").fact
        for check, (_, count) in dict(fact["checks"]).items():
            if check.startswith(("field.", "x.placeholder", "x.personal_data", "x.test_value", "x.tag_", "x.rel")):
                failed[check] += count

    assert +failed == {
        "x.personal_data": 4,
        "x.placeholder": 29,
        "x.placeholder_amount": 9,
        "field.telephone": 2,
        "field.telephone_country": 70,
        "field.document_type": 19,
    }


def test_a_column_header_as_an_identifier(reference: Path) -> None:
    record = json.loads((reference / "data/ocds_native/portland/first_record.json").read_text())

    found = ASSESSOR.assess(record["compiledRelease"]).found

    assert [one.failure.value for one in found if one.check == "x.placeholder"] == ["Vendor Nbr"]
    # Its releases are dated before what they tell of.
    assert sum(one.check == "field.date_time" for one in found) == 6


def test_releases_that_were_written_within_one_second(reference: Path) -> None:
    histories: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((reference / "data/ocds_native/jalisco/releases").glob("*.json")):
        for release in json.loads(path.read_text())["releases"]:
            histories[release["ocid"]].append(release)
    failed: Counter[str] = Counter()
    for history in histories.values():
        history.sort(key=lambda release: release["date"])
        for release, earlier in ASSESSOR.history(history):
            for check in ASSESSOR.release_checks:
                outcome = check.run(release, earlier)
                failed[check.id] += bool(outcome and outcome.failures)

    assert +failed == {"x.release_date_order": 6, "x.null_prior": 3}
