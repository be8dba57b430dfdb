"""Independent tools judge what every city publishes: OCP's validator and OCDS Kit."""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import pytest
from contract.ocds import official
from judged_packages import faulty_packages
from ocdskit.combine import merge
from ocdskit.util import detect_format
from publication_files import json_lines, unpack_bulk

from .conftest import CITIES, EVENTS, PublishedCity

pytestmark = [pytest.mark.integration, pytest.mark.parametrize("slug", [*CITIES, EVENTS])]

FORMATS = {
    ("releases", ".json"): ("release package", False),
    ("releases", ".jsonl"): ("release", True),
    ("records", ".json"): ("record package", False),
    ("records", ".jsonl"): ("record", True),
    ("compiled", ".jsonl"): ("compiled release", True),
}
"""Content and suffix → what it is, and whether it is concatenated."""

MONTH = re.compile(r"\d{4}-\d{2}")

Unpacked = Callable[[str], list[Path]]


@pytest.fixture(scope="module")
def unpacked(published: PublishedCity, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """Give the JSON and JSON Lines files of a city's publication, decompressed."""
    known: dict[str, list[Path]] = {}

    def unpack(slug: str) -> list[Path]:
        if slug not in known:
            files = unpack_bulk(published(slug).current, tmp_path_factory.mktemp(f"{slug}-files"))
            # Months hold what their years hold, so nobody has to judge it twice.
            known[slug] = [path for path in files if not MONTH.fullmatch(path.stem)]
        return known[slug]

    return unpack


def _is_whole(path: Path) -> bool:
    return path.stem.startswith("full")


def _packages(files: list[Path], content: str) -> tuple[list[Path], list[Path]]:
    """Give the packages of the whole, and those of its years."""
    packages = [path for path in files if path.suffix == ".json" and path.parent.name == content]
    whole = [path for path in packages if _is_whole(path)]
    return whole, [path for path in packages if path not in whole]


@pytest.mark.parametrize("content", ["releases", "records"])
def test_the_whole_is_without_a_finding(slug: str, content: str, unpacked: Unpacked, judge: Callable[..., Any]) -> None:
    """Years hold what the whole holds, as the next test shows: of these one is judged, for what stands before."""
    whole, years = _packages(unpacked(slug), content)
    assert whole
    assert faulty_packages(judge, [*whole, min(years, key=lambda path: path.stat().st_size)]) == {}


@pytest.mark.parametrize("content", ["releases", "records"])
def test_packages_of_years_hold_the_whole_and_say_the_same_before_it(
    slug: str, content: str, unpacked: Unpacked
) -> None:
    heads, documents = set(), []
    for files in _packages(unpacked(slug), content):
        packages = [orjson.loads(path.read_bytes()) for path in files]
        documents.append(sorted(orjson.dumps(one) for package in packages for one in package.pop(content)))
        for package in packages:
            assert package.pop("uri")
            assert package.pop("publishedDate")
            heads.add(orjson.dumps(package))
    whole, years = documents
    assert whole == years
    assert len(heads) == 1


def test_every_file_is_recognized_as_what_it_is(slug: str, unpacked: Unpacked) -> None:
    for path in unpacked(slug):
        kind, concatenated = FORMATS[path.parent.name, path.suffix]
        # A file of one line can't be told from a plain document.
        concatenated = concatenated and path.read_bytes().count(b"\n") > 1
        assert tuple(detect_format(str(path))) == (kind, concatenated, False), path


def _releases(path: Path) -> Iterator[Any]:
    """What `ocdskit compile` reads of a file: packages and releases; of records their releases."""
    if path.suffix == ".json":
        package = orjson.loads(path.read_bytes())
        if path.parent.name == "releases":
            yield package
        for record in package.get("records", ()):
            yield from record["releases"]
        return
    with path.open("rb") as lines:
        for line in lines:
            entry = orjson.loads(line)
            yield from entry["releases"] if path.parent.name == "records" else [entry]


def _compiled(path: Path, schema: dict[str, Any]) -> Iterator[Any]:
    # Outside a package OCDS Kit takes a release without parties for OCDS 1.0: its options --force-version 1.1 and
    # --ignore-version are for that.
    packaged = path.suffix == ".json" and path.parent.name == "releases"
    version = None if packaged else "1.1"
    yield from merge(_releases(path), schema=schema, force_version=version, ignore_version=not packaged)


def _without_id(release: dict[str, Any]) -> dict[str, Any]:
    """OCDS leaves the id of a compiled release to its maker."""
    return {key: value for key, value in release.items() if key != "id"}


def _pruned(value: Any) -> Any:
    """Leave out empty objects, at any depth."""
    if isinstance(value, dict):
        inner = {key: _pruned(part) for key, part in value.items()}
        return {key: part for key, part in inner.items() if part != {}}
    return [_pruned(part) for part in value] if isinstance(value, list) else value


def test_every_file_compiles_to_the_compiled_releases_we_publish(
    slug: str, published: PublishedCity, unpacked: Unpacked, reference: Path
) -> None:
    city = published(slug)
    # The official schema with the official extensions: nothing of ours decides how releases merge.
    schema = official.dereferenced(reference, city.extensions)
    ours = {release["ocid"]: _without_id(release) for release in json_lines(city.current, "compiled/full")}
    assert ours
    whole: dict[tuple[str, str], set[str]] = defaultdict(set)
    # Years hold the same documents: see above for packages, and below for lines.
    for path in filter(_is_whole, unpacked(slug)):
        compiled = {}
        for release in _compiled(path, schema):
            compiled[release["ocid"]] = _without_id(release)
        assert compiled.keys() <= ours.keys()
        expected = ours
        if path.parent.name == "compiled":
            # A compiled release that is read back in loses what deletions leave empty.
            compiled, expected = _pruned(compiled), _pruned(ours)
        different = [ocid for ocid, release in compiled.items() if expected[ocid] != release]
        assert not different, f"{path}: {different[:3]}"
        whole[path.parent.name, path.suffix].update(compiled)
    assert whole.keys() == FORMATS.keys()
    for content, ocids in whole.items():
        assert ocids == ours.keys(), content


def test_years_together_are_the_whole(slug: str, unpacked: Unpacked) -> None:
    lines: dict[str, dict[str, list[bytes]]] = defaultdict(lambda: {"full": [], "years": []})
    for path in unpacked(slug):
        if path.suffix == ".jsonl":
            part = "full" if _is_whole(path) else "years"
            lines[path.parent.name][part] += path.read_bytes().splitlines()
    assert lines.keys() == {"releases", "records", "compiled"}
    for content, parts in lines.items():
        assert sorted(parts["full"]) == sorted(parts["years"]), content


def test_months_together_are_their_year(slug: str, published: PublishedCity) -> None:
    folder = published(slug).current / "bulk/releases"
    names = {path.name.removesuffix(".jsonl.gz") for path in folder.glob("*.jsonl.gz")}
    months = sorted(name for name in names if MONTH.fullmatch(name))
    assert {name[:4] for name in months} == {name for name in names if name.isdigit()}

    def lines(name: str) -> list[bytes]:
        return gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes()).splitlines()

    for year, group in groupby(months, key=lambda name: name[:4]):
        assert sorted(line for name in group for line in lines(name)) == sorted(lines(year))


def test_packages_say_who_where_and_what(slug: str, published: PublishedCity, unpacked: Unpacked) -> None:
    city = published(slug)
    catalogue = json.loads((city.current / "data.json").read_text(encoding="utf-8"))
    base = catalogue["@id"].removesuffix("data.json")
    manifest = json.loads((city.current / "manifest.json").read_text(encoding="utf-8"))
    addresses = {base + file["path"] for file in manifest["files"]}
    assert {entry["downloadURL"] for dataset in catalogue["dataset"] for entry in dataset["distribution"]} <= addresses
    for path in unpacked(slug):
        if path.suffix == ".json":
            package = orjson.loads(path.read_bytes())
            assert package["version"] == "1.1"
            assert package["uri"] in addresses
            assert package["uri"].endswith(f"/bulk/{path.parent.name}/{path.name}.zip")
            assert {"uri", "publishedDate", "publisher", "license", "publicationPolicy"} <= package.keys()
