"""A city's configuration: the models of `city.yaml`, and the only reader of the folder `cities/`.

Kept light (no pandas, duckdb, pyarrow): the DAG processor imports it each time it parses `dags/`.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from pregon.city_announce import Announce
from pregon.city_problems import InvalidCity, UnknownCity, problems_of
from pregon.city_quality import Quality
from pregon.city_sources import CommonTable, Model, Name, Source
from pregon.city_targets import Target
from pregon.city_values import (
    Address,
    BaseUrl,
    Country,
    Currency,
    Language,
    Mailbox,
    OcidPrefix,
    Schedule,
    TimeZone,
)
from transforms.located import InvalidYaml, parse
from transforms.snapshot import TABLE_FORMATS, TableFormat

__all__ = ["City", "InvalidCity", "UnknownCity", "at", "cities_folder", "read_city", "slugs"]

DOCUMENTATION_PREFIX = "ocds-213czf"
"""The prefix that the standard reserves for examples: https://standard.open-contracting.org/1.1/en/schema/identifiers/"""

_SLUG = re.compile(r"[a-z][a-z0-9-]*\Z")


def cities_folder() -> Path:
    """Folder with one folder per city: `PREGON_CITIES`, else `cities/` of the checkout."""
    configured = os.environ.get("PREGON_CITIES")
    return Path(configured).absolute() if configured else Path(__file__).resolve().parents[2] / "cities"


class Bilingual(Model):
    """A public text in English and Spanish."""

    en: str
    es: str


class Publisher(Model):
    """`publisher` of every package (OCDS 1.1, package metadata)."""

    name: str
    uri: Address
    scheme: str | None = None
    uid: str | None = None


class Licence(Model):
    """The licence of everything published; `uri` is its canonical address."""

    name: str
    uri: Address


class PolicyTexts(Model):
    """What the city says itself on points of its publication policy, beside what the page says of its settings."""

    scope: Bilingual | None = None
    exclusions: Bilingual | None = None
    sources: Bilingual | None = None
    delay: Bilingual | None = None
    changes: Bilingual | None = None
    corrections: Bilingual | None = None


class Contacts(Model):
    """Who answers for the data, and the office mailbox that the public may write to."""

    owner: str
    email: Mailbox


class Condition(Model):
    """Withhold `path` unless (or while) a value of the state is one of those given; each test takes one path."""

    path: str
    unless: dict[str, tuple[str, ...]] | None = Field(default=None, min_length=1, max_length=1)
    when: dict[str, tuple[str, ...]] | None = Field(default=None, min_length=1, max_length=1)

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if (self.unless is None) == (self.when is None):
            raise ValueError("give either unless (publish unless …) or when (publish when …)")
        return self


PersonRule = Literal["withhold", "pseudonym", "publish"]


class Disclosure(Model):
    """What the city decided to publish of persons and of what is not public yet (no defaults: somebody decides)."""

    persons: dict[str, PersonRule]
    contact_points: Literal["withhold", "publish"]
    conditions: tuple[Condition, ...] = ()


class Records(Model):
    """What a record holds beside its compiled release; the same for every record of a publication."""

    releases: Literal["embedded", "linked"] = "embedded"
    versioned: bool = False


def _table_formats(value: object) -> object:
    """Let `tables: true` stand for every format, `tables: false` for none."""
    return {True: TABLE_FORMATS, False: ()}[value] if isinstance(value, bool) else value


class Csv(Model):
    """How tables are written as CSV. With a byte order mark Excel takes a file that is double-clicked for UTF-8."""

    byte_order_mark: bool = False


class Workbook(Model):
    """How tables are written as XLSX: the language of their column names; not given, the first of the city's."""

    language: Literal["en", "es"] | None = None


class Opportunities(Model):
    """How tenders, plans and contracts that are about to end are listed in feeds and on a page."""

    enabled: bool = True
    closed_days: int = Field(default=30, ge=0, le=365)
    expiring_days: int = Field(default=180, ge=1, le=3650)
    code_digits: dict[str, Annotated[int, Field(ge=0, le=20)]] = Field(default_factory=dict)


class Build(Model):
    """What a snapshot holds and how many are kept."""

    tables: Annotated[tuple[TableFormat, ...], BeforeValidator(_table_formats)] = TABLE_FORMATS
    csv: Csv = Csv()
    workbook: Workbook = Workbook()
    records: Records = Records()
    opportunities: Opportunities = Opportunities()
    api: bool = True
    snapshots: int = Field(default=5, ge=1)
    snapshot_days: int | None = Field(default=None, ge=1)
    permanent: tuple[str, ...] = ()


class TableExpectations(Model):
    """Whether tables are judged by the suites of expectations, and whether pages are made of it (Data Docs)."""

    enabled: bool = True
    data_docs: bool = True


class City(Model):
    """A city's configuration, as read from `cities/<slug>/city.yaml`."""

    slug: str
    folder: Path
    name: Bilingual
    synthetic: bool = False
    ocid_prefix: OcidPrefix
    country: Country
    publisher: Publisher
    licence: Licence
    publication_policy: Address | None = None
    policy: PolicyTexts = PolicyTexts()
    base_url: BaseUrl
    language: Language
    languages: tuple[Literal["en", "es"], ...] = Field(default=("en", "es"), min_length=1)
    time_zone: TimeZone
    currency: Currency
    schedule: Schedule
    contacts: Contacts
    extensions: tuple[str, ...] = ()
    sources: dict[Name, Source] = Field(min_length=1)
    disclosure: Disclosure
    code_titles: dict[str, dict[str, Bilingual]] = Field(
        default_factory=dict, description="by codelist: what the public reads for codes of the city's own"
    )
    history: Literal["snapshot", "events"] = Field(
        default="snapshot",
        description="first publication of a process: what exists now, or a release for each dated event so far",
    )
    quality: Quality = Quality()
    expectations: TableExpectations = TableExpectations()
    build: Build = Build()
    targets: dict[Name, Target] = Field(default_factory=dict)
    announce: Announce = Announce()

    @model_validator(mode="after")
    def _tables_have_one_owner(self) -> Self:
        owners: dict[str, str] = {}
        for source_name, source in self.sources.items():
            for table in source.tables:
                if table in owners:
                    raise ValueError(
                        f"table {table!r} is declared by the sources {owners[table]!r} and {source_name!r}"
                    )
                owners[table] = source_name
        return self

    @property
    def official(self) -> bool:
        """Whether the ocid prefix was issued to the city."""
        return self.ocid_prefix != DOCUMENTATION_PREFIX

    def tables(self) -> Iterator[tuple[str, str, CommonTable]]:
        """Give (source, table, model) for every source table."""
        for source_name, source in self.sources.items():
            for table_name, table in source.tables.items():
                yield source_name, table_name, table


def slugs() -> list[str]:
    """Names of the folders that hold a `city.yaml`, in order."""
    folder = cities_folder()
    if not folder.is_dir():
        return []
    return sorted(path.parent.name for path in folder.glob("*/city.yaml"))


def read_city(slug: str) -> City:
    """Read and validate one city's `city.yaml`; nothing else of its folder is opened.

    Raises UnknownCity, InvalidCity.
    """
    file = cities_folder() / slug / "city.yaml"
    label = f"cities/{slug}/city.yaml"
    if not _SLUG.match(slug) or not file.parent.is_dir():
        raise UnknownCity(slug, cities_folder(), slugs())
    if not file.is_file():
        raise InvalidCity(slug, [f"{label}: is missing"], hint="start from docs/add-a-city.md")
    try:
        document = parse(file.read_text(encoding="utf-8"), label)
    except InvalidYaml as error:
        raise InvalidCity(slug, [str(error)]) from error
    except UnicodeDecodeError as error:
        raise InvalidCity(slug, [f"{label}:1: is not UTF-8 (byte {error.start})"]) from error
    if not isinstance(document.data, dict):
        raise InvalidCity(slug, [f"{label}:1: holds no keys"], hint="start from docs/add-a-city.md")
    own = {"slug", "folder"} & document.data.keys()
    problems = [f"{label}:{document.line((key,))}: {key}: is not a known key" for key in sorted(own)]
    try:
        city = City.model_validate({**document.data, "slug": slug, "folder": file.parent})
    except ValidationError as error:
        raise InvalidCity(slug, [*problems, *problems_of(error, document, City)]) from error
    if problems:
        raise InvalidCity(slug, problems)
    return city


def at(slug: str, *path: Any) -> str:
    """`cities/<slug>/city.yaml:line: key: ` of a part of a city's configuration, to begin an error with."""
    label = f"cities/{slug}/city.yaml"
    document = parse((cities_folder() / slug / "city.yaml").read_text(encoding="utf-8"), label)
    return f"{label}:{document.line(path)}: {'.'.join(str(part) for part in path)}: "
