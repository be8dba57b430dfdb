"""A publication is one dataset, whose first distributions are what most people want."""

from made_up_catalogue import MANIFEST, described, without_files
from made_up_publication import PUBLICATION

from transforms.catalog import Described


def test_whole_files_come_first_then_years_then_what_has_no_date() -> None:
    assert [one.file.path.removeprefix("bulk/") for one in described().distributions] == [
        "tables/full.xlsx",
        "tables/full.csv.zip",
        "compiled/full.jsonl.gz",
        "records/full-001.json.zip",
        "records/full-002.json.zip",
        "compiled/2025.jsonl.gz",
        "compiled/2024.jsonl.gz",
        "compiled/undated.jsonl.gz",
        "tables/full.parquet/awards.parquet",
    ]


def test_distributions_are_told_apart_in_each_language() -> None:
    for language in ("en", "es"):
        titles = [one.titles[language] for one in described().distributions]
        assert len(set(titles)) == len(titles)
    assert described().distributions[3].titles == {
        "en": "Records, all years (part 1), JSON", "es": "Registros, todos los años (parte 1), JSON",
    }  # fmt: skip
    assert len({one.uri for one in described().distributions}) == 9


def test_what_is_around_a_file_is_told_from_its_format() -> None:
    found = {one.file.path: (one.compressed_as, one.packaged_as) for one in described().distributions}
    assert found["bulk/compiled/full.jsonl.gz"] == ("application/gzip", None)
    assert found["bulk/tables/full.csv.zip"] == (None, "application/zip")
    assert found["bulk/tables/full.xlsx"] == (None, None)


def test_the_period_is_that_of_the_years_with_files() -> None:
    assert described().period == ("2024-01-01", "2025-12-31")
    assert described(without_files()).period is None


def test_documents_are_those_that_exist_the_policy_first_and_once() -> None:
    base = "https://data.lindenau.example/contracting"
    assert [(one.kind, one.url.removeprefix(base), one.language) for one in described().documents] == [
        ("policy", "https://lindenau.example/open-contracting/policy", None),
        ("how", "/policy.html", "en"),
        ("how", "/policy.es.html", "es"),
        ("dictionary", "/dictionary.html", "en"),
        ("dictionary", "/dictionary.es.html", "es"),
        ("data_package", "/datapackage.json", None),
        ("manifest", "/manifest.json", None),
    ]
    own = described(publication_policy=f"{base}/policy.html").documents
    assert [one.url.removeprefix(base) for one in own if one.kind in ("policy", "how")] == [
        "/policy.html", "/policy.es.html",
    ]  # fmt: skip
    assert [one.kind for one in Described(MANIFEST, PUBLICATION).documents] == ["policy", "data_package", "manifest"]
    assert [one.kind for one in Described(without_files(), PUBLICATION).documents] == ["policy", "manifest"]


def test_what_is_not_real_is_said_in_both_languages() -> None:
    assert "synthetic" in described().descriptions["en"]
    assert "sintéticos" in described().descriptions["es"]
    real = described(synthetic=False, ocid_prefix="ocds-abc123").descriptions
    assert "synthetic" not in real["en"]
    assert "no oficial" not in real["es"]


def test_days_are_those_of_the_first_and_of_the_newest_commit() -> None:
    assert (described().issued, described().modified) == ("2025-01-01", "2026-03-01")
    assert described(without_files()).issued is None
