"""A city's configuration is read whole, or refused with file, line, key and the nearest right name."""

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pregon.city import City, InvalidCity, UnknownCity, read_city, slugs
from transforms.snapshot import TABLE_FORMATS

CITY: dict[str, Any] = {
    "name": {"en": "Lampton", "es": "Villa Lámpara"},
    "ocid_prefix": "ocds-a1b2c3",
    "country": "US",
    "publisher": {"name": "Lampton", "uri": "https://lampton.example"},
    "licence": {"name": "CC0 1.0", "uri": "https://creativecommons.org/publicdomain/zero/1.0/"},
    "publication_policy": "https://lampton.example/policy",
    "base_url": "https://lampton.example/data",
    "language": "en",
    "time_zone": "America/Chicago",
    "currency": "USD",
    "schedule": "0 5 * * *",
    "contacts": {"owner": "Purchasing", "email": "data@lampton.example"},
    "sources": {
        "books": {
            "kind": "sql",
            "connection": "lampton_books",
            "tables": {
                "calls": {
                    "key": ["call_no"],
                    "cursor": "changed",
                    "overlap": "7d",
                    "columns": {"call_no": None, "changed": "timestamp", "doc": {"from": "Doc No", "type": "integer"}},
                }
            },
        },
        "portal": {
            "kind": "files",
            "tables": {"awards": {"file": "https://x.example/a.csv", "key": ["award"], "columns": ["award", "call"]}},
            "local": {"tables": {"awards": {"file": "a.csv", "absent": ["call"]}}},
        },
    },
    "disclosure": {"persons": {"supplier": "publish"}, "contact_points": "withhold"},
}

Read = Callable[..., City]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Write the configuration with changes (by dotted key, None removes; or a whole text), and read it."""
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path))

    def written(changes: dict[str, Any] | str | bytes = "", slug: str = "lampton") -> City:
        folder = tmp_path / slug
        folder.mkdir(exist_ok=True)
        if isinstance(changes, bytes):
            (folder / "city.yaml").write_bytes(changes)
            return read_city(slug)
        (folder / "city.yaml").write_text(changes if isinstance(changes, str) and changes else text(changes or {}))
        return read_city(slug)

    return written


def text(changes: Any) -> str:
    document = copy.deepcopy(CITY)
    for path, value in changes.items():
        *outer, last = path.split(".")
        holder: Any = document
        for part in outer:
            holder = holder.setdefault(part, {})
        if value is None:
            del holder[last]
        else:
            holder[last] = value
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def test_a_configuration_is_read_as_it_is_written(read: Read, tmp_path: Path) -> None:
    city = read()
    assert (city.slug, city.folder) == ("lampton", tmp_path / "lampton")
    assert city.name.es == "Villa Lámpara"
    assert city.official
    calls = city.sources["books"].tables["calls"]
    assert calls.overlap == timedelta(days=7)
    assert {name: (column.source_name, column.type) for name, column in calls.columns.items()} == {
        "call_no": (None, "text"),
        "changed": (None, "timestamp"),
        "doc": ("Doc No", "integer"),
    }
    assert [(source, table) for source, table, _ in city.tables()] == [("books", "calls"), ("portal", "awards")]


def test_what_is_not_said_has_its_default(read: Read) -> None:
    city = read()
    assert not city.synthetic
    assert city.languages == ("en", "es")
    assert (city.quality.quarantine_flag, city.quality.quarantine_stop) == (0.0, 0.05)
    assert (city.build.tables, city.build.snapshots) == (TABLE_FORMATS, 5)
    assert (city.build.records.releases, city.build.records.versioned) == ("embedded", False)
    assert city.sources["portal"].tables["awards"].deletions == "ignore"


def test_the_documentation_prefix_is_not_official(read: Read) -> None:
    assert not read({"ocid_prefix": "ocds-213czf"}).official


@pytest.mark.parametrize(
    ("given", "expected"), [("90s", 90), ("5m", 300), ("12h", 43_200), ("7d", 604_800), ("1 d", 86_400)]
)
def test_a_duration_is_a_number_and_a_unit(read: Read, given: str, expected: int) -> None:
    table = read({"sources.books.tables.calls.overlap": given}).sources["books"].tables["calls"]
    assert table.overlap == timedelta(seconds=expected)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"nam": {}}, "nam: is not a known key; did you mean 'name'?"),
        ({"name": None}, "name: is missing"),
        ({"name.es": None}, "name.es: is missing"),
        ({"name.fr": "Lampe"}, "name.fr: is not a known key"),
        ({"ocid_prefix": "ocds-213"}, "ocid_prefix: "),
        ({"ocid_prefix": "OCDS-213CZF"}, "ocid_prefix: "),
        ({"country": "usa"}, "country: "),
        ({"currency": "Dollar"}, "currency: "),
        ({"language": "English"}, "language: "),
        ({"languages": ["en", "fr"]}, "languages.1: "),
        ({"base_url": "https://lampton.example/data/"}, "base_url: "),
        ({"base_url": "lampton.example"}, "base_url: "),
        ({"time_zone": "Chicago"}, "time_zone: 'Chicago' is not a time zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone: '../etc/passwd' is not a time zone"),
        ({"time_zone": "America"}, "time_zone: 'America' is not a time zone"),
        ({"time_zone": "america/chicago"}, "time_zone: 'america/chicago' is not a time zone"),
        ({"time_zone": "Mexico City"}, "did you mean 'America/Mexico_City'?"),
        ({"schedule": "daily"}, "schedule: 'daily' is not a cron expression of five fields"),
        ({"schedule": "60 5 * * *"}, "schedule: '60 5 * * *' can't be used as a schedule: out of range"),
        ({"schedule": "0 5 31 2 *"}, "schedule: '0 5 31 2 *' can't be used as a schedule: no date will ever"),
        ({"language": "xx"}, "language: 'xx' is not a language code of ISO 639-1"),
        ({"languages": []}, "languages: must not be empty"),
        ({"publisher.uri": "lampton.example"}, "publisher.uri: 'lampton.example' is not an address"),
        ({"contacts.email": "purchasing"}, "contacts.email: 'purchasing' is not a mail address"),
        ({"slug": "other"}, "slug: is not a known key"),
        ({"publisher.uid": 42}, "publisher.uid: YAML reads this as the number 42; put the text into quotes"),
        ({"name": "Lampton"}, "name: must be a mapping"),
        ({"extensions": "bids"}, "extensions: must be a list"),
        ({"synthetic": "perhaps"}, "synthetic: must be true or false"),
        (
            {"targets.portal": {"kind": "filesytem", "path": "x"}},
            "is none of: filesystem, s3, ckan, socrata; did you mean 'filesystem'?",
        ),
        (
            {"targets.portal": {"kind": "ckan", "connection": "x", "organization": "City of Lindenau"}},
            "targets.portal.organization: 'City of Lindenau' is not a name of CKAN: 2 to 100 small letters",
        ),
        (
            {"targets.portal": {"kind": "ckan", "connection": "x", "organization": "lindenau", "resources": ["xls"]}},
            "targets.portal.resources.0: ",
        ),
        (
            {
                "targets.portal": {
                    "kind": "ckan",
                    "connection": "x",
                    "organization": "lindenau",
                    "fields": {"name": "x"},
                }
            },
            "targets.portal.fields: 'name' is set by the push itself",
        ),
        ({"contacts.mail": "x"}, "contacts.mail: is not a known key; did you mean 'email'?"),
        ({"sources": {}}, "sources: "),
        ({"disclosure": None}, "disclosure: is missing"),
        ({"disclosure.persons.supplier": "hide"}, "disclosure.persons.supplier: "),
        ({"disclosure.conditions": [{"path": "bids"}]}, "disclosure.conditions.0: give either unless"),
        (
            {"disclosure.conditions": [{"path": "bids", "unless": {"a": ["x"]}, "when": {"b": ["x"]}}]},
            "disclosure.conditions.0: give either unless",
        ),
        ({"disclosure.conditions": [{"path": "bids", "unless": {}}]}, "disclosure.conditions.0.unless: "),
        ({"quality.quarantine_stop": 5}, "quality.quarantine_stop: "),
        ({"build.snapshots": 0}, "build.snapshots: "),
        ({"build.records": {"releases": "both"}}, "build.records.releases: "),
        ({"targets.portal": {"kind": "ftp", "path": "x"}}, "targets.portal.kind: "),
        ({"announce": {"websub": {"hub": "http://hub.example/"}}}, "announce.websub.hub: 'http://hub.example/' is not"),
        ({"announce": {"websub": {"hub": "hub.example"}}}, "is no address of the web"),
        ({"announce": {"websub": {"hub": "https://me:secret@hub.example/"}}}, "those belong into a connection"),
        ({"announce": {"websub": {"hub": 'https://hub.example/">'}}}, "percent-encoded"),
        ({"announce": {"webhooks": {"websub": {"connection": "x"}}}}, "no webhook can be called websub"),
        ({"announce": {"webhooks": {"team": {}}}}, "announce.webhooks.team.connection: is missing"),
        (
            {"targets.portal": {"kind": "socrata", "connection": "c", "datasets": {"processes": "abcd1234"}}},
            "targets.portal.datasets.processes: 'abcd1234' is not the id of a dataset",
        ),
        (
            {"targets.portal": {"kind": "socrata", "connection": "c", "datasets": {"a": "ab-1", "b": "abcd-1234"}}},
            "targets.portal.datasets.a: 'ab-1' is not the id of a dataset",
        ),
        (
            {"targets.portal": {"kind": "socrata", "connection": "c", "datasets": dict.fromkeys("ab", "abcd-1234")}},
            "targets.portal.datasets: abcd-1234 can't hold both a and b",
        ),
        ({"targets.portal": {"kind": "socrata", "connection": "c", "datasets": {}}}, "targets.portal.datasets: "),
        ({"sources.books.kind": "excel"}, "sources.books.kind: "),
        ({"sources.books.connection": None}, "sources.books: a source of kind sql needs a connection or a url"),
        (
            {"sources.books.url": "postgresql://me:secret@db.example/x"},
            "sources.books.url: holds a password: name an Airflow connection instead",
        ),
        ({"sources.books.tables": {}}, "sources.books.tables: "),
        ({"sources.Books": CITY["sources"]["portal"]}, "sources.Books: 'Books': use lower-case letters"),
        ({"sources.books.tables.calls.colums": []}, "calls.colums: is not a known key; did you mean 'columns'?"),
        (
            {"sources.books.tables.calls.key": ["call_nr"]},
            "sources.books.tables.calls.key.0: 'call_nr' is not one of the columns; did you mean 'call_no'?",
        ),
        ({"sources.books.tables.calls.key": []}, "sources.books.tables.calls.key: "),
        (
            {"sources.books.tables.calls.cursor": "change"},
            "calls.cursor: 'change' is not one of the columns; did you mean",
        ),
        ({"sources.books.tables.calls.overlap": "a week"}, "overlap: a duration is a number and a unit"),
        ({"sources.books.tables.calls.columns.changed": "datetime"}, "columns.changed.type: "),
        ({"sources.books.tables.calls.columns.Bad": "text"}, "'Bad': use lower-case letters"),
        ({"sources.portal.tables.awards.file": None}, "table 'awards' of a source of kind files needs a file"),
        ({"sources.portal.tables.awards.delimiter": ";;"}, "tables.awards.delimiter: must be one character"),
        ({"sources.portal.tables.awards.quote": "''"}, "tables.awards.quote: must be one character"),
        ({"sources.portal.tables.awards.cursor": "call"}, "awards.cursor: is for sources of other kinds"),
        ({"sources.portal.tables.awards.table": "a"}, "awards.table: is for sources of kind sql"),
        ({"sources.portal.url": "sqlite://"}, "sources.portal.url: is for sources of other kinds"),
        ({"sources.books.tables.calls.delimiter": ";"}, "calls.delimiter: is for sources of kind "),
        ({"sources.books.local": {"tables": {}}}, "sources.books.local: is for sources of kind "),
        ({"sources.portal.local.tables.awards.absent": ["cal"]}, "awards.absent.0: 'cal' is not one of the columns"),
        ({"sources.portal.local.tables.awards.key": ["row"]}, "awards.key.0: 'row' is not one of the columns"),
        (
            {"sources.portal.local.tables.award": {"file": "x"}},
            "sources.portal.local.tables.award: is not one of the tables; did you mean 'awards'?",
        ),
        (
            {"sources.portal.tables.calls": {"file": "x", "key": ["a"], "columns": ["a"]}},
            "table 'calls' is declared by the sources 'books' and 'portal'",
        ),
    ],
)
def test_what_is_wrong_is_named(read: Read, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidCity) as refused:
        read(changes)
    found = refused.value.problems
    assert any(problem in line for line in found), found
    assert all(line.startswith("cities/lampton/city.yaml:") for line in found)


@pytest.mark.parametrize("place", ["tables.awards.columns", "local.tables.awards.columns"])
def test_a_type_in_a_file_is_refused_where_it_stands(read: Read, place: str) -> None:
    columns = {"award": None, "call": "decimal"}
    changes = {f"sources.portal.{place}": columns}
    with pytest.raises(InvalidCity) as refused:
        read(changes)
    (problem,) = refused.value.problems
    lines = text(changes).splitlines()
    assert lines[int(problem.split(":")[1]) - 1].strip() == "call: decimal"
    assert f"sources.portal.{place}.call: is declared as decimal, but values of files arrive as text" in problem
    assert "prepare.sql" in problem


def test_quote_and_member_belong_to_files(read: Read) -> None:
    table = read(
        {"sources.portal.tables.awards.quote": "", "sources.portal.tables.awards.member": "*.csv"}
    ).sources["portal"].tables["awards"]  # fmt: skip
    assert (table.quote, table.member) == ("", "*.csv")


@pytest.mark.parametrize("word", ["NO", "'NO'"])
def test_norway_needs_no_quotes(read: Read, word: str) -> None:
    assert read(text({}).replace("country: US", f"country: {word}")).country == "NO"


@pytest.mark.parametrize("word", ["yes", "on", "true"])
def test_true_may_be_written_as_people_do(read: Read, word: str) -> None:
    assert read(text({}) + f"synthetic: {word}\n").synthetic


def test_a_star_without_quotes_is_answered_with_quotes(read: Read) -> None:
    content = text({}).replace("schedule: 0 5 * * *", "schedule: */5 * * * *")
    with pytest.raises(InvalidCity, match=r"put the value into quotes") as refused:
        read(content)
    line = content.splitlines().index("schedule: */5 * * * *") + 1
    assert refused.value.problems[0].startswith(f"cities/lampton/city.yaml:{line}:")


def test_each_problem_names_its_line(read: Read) -> None:
    changes = {"country": "usa", "contacts.email": None, "sources.books.tables.calls.cursor": "when"}
    lines = text(changes).splitlines()
    with pytest.raises(InvalidCity) as refused:
        read(changes)
    named = [lines[int(problem.split(":")[1]) - 1].strip() for problem in refused.value.problems]
    assert named == ["country: usa", "contacts:", "cursor: when"]
    assert str(refused.value) == "\n".join(refused.value.problems)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"name: [", "city.yaml:"),
        (b"country: US\ncountry: CA\n", "city.yaml:2: the key 'country' stands here a second time"),
        (b"- a\n", "city.yaml:1: holds no keys"),
        (b"", "city.yaml:1: holds no keys"),
        ("name: Ciudad de México".encode("latin-1"), "city.yaml:1: is not UTF-8 (byte 17)"),
    ],
)
def test_what_is_no_configuration_at_all_is_refused(read: Read, content: bytes, problem: str) -> None:
    with pytest.raises(InvalidCity) as refused:
        read(content)
    assert problem in refused.value.problems[0]


def test_a_city_that_is_not_there_is_answered_with_the_nearest(read: Read) -> None:
    read(slug="lampton")
    with pytest.raises(UnknownCity, match="there is no city 'lamptown'") as refused:
        read_city("lamptown")
    assert refused.value.hint == "did you mean lampton?"
    with pytest.raises(UnknownCity) as refused:
        read_city("zzz")
    assert refused.value.hint == "there are: lampton"


@pytest.mark.parametrize("slug", ["../lampton", "Lampton", "lampton/..", "", ".", "lamp ton", "lampton\n"])
def test_a_name_that_is_no_folders_name_is_not_looked_up(read: Read, slug: str) -> None:
    read()
    with pytest.raises(UnknownCity):
        read_city(slug)


def test_cities_are_the_folders_that_hold_a_configuration(read: Read, tmp_path: Path) -> None:
    read(slug="poleville")
    read(slug="lampton")
    (tmp_path / "notes").mkdir()
    (tmp_path / "city.yaml").touch()
    assert slugs() == ["lampton", "poleville"]


def test_no_folder_of_cities_is_no_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / "none"))
    assert slugs() == []
    with pytest.raises(UnknownCity) as refused:
        read_city("lampton")
    assert refused.value.hint == "there are: none"


def test_a_configuration_does_not_change_after_reading(read: Read) -> None:
    city = read()
    with pytest.raises(ValueError, match="frozen"):
        city.country = "CA"  # type: ignore[misc]
