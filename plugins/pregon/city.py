"""A city's configuration: the models of `city.yaml`, and the only reader of the folder `cities/`.

Kept light (no pandas, duckdb, pyarrow): the DAG processor imports it each time it parses `dags/`.
"""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from pregon.errors import PregonError
from transforms.located import InvalidYaml, Located, parse

DOCUMENTATION_PREFIX = "ocds-213czf"
"""The prefix that the standard reserves for examples: https://standard.open-contracting.org/1.1/en/schema/identifiers/"""

COLUMN_TYPES = ("text", "integer", "decimal", "date", "timestamp", "timestamptz", "boolean")

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_SLUG = re.compile(r"[a-z][a-z0-9-]*\Z")
_DURATION = re.compile(r"(\d+)\s*([smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class InvalidCity(PregonError):
    """A city's folder can't be used; `problems` lists file, line, key and what is wrong."""

    def __init__(self, slug: str, problems: list[str], *, hint: str | None = None) -> None:
        super().__init__("\n".join(problems), hint=hint)
        self.slug = slug
        self.problems = problems


class UnknownCity(PregonError):
    """There is no folder for this city."""

    def __init__(self, slug: str, known: list[str]) -> None:
        near = difflib.get_close_matches(slug, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}"
        super().__init__(f"there is no city {slug!r} in {cities_folder()}", hint=hint)
        self.slug = slug


def cities_folder() -> Path:
    """Folder with one folder per city: `PREGON_CITIES`, else `cities/` of the checkout."""
    configured = os.environ.get("PREGON_CITIES")
    return Path(configured) if configured else Path(__file__).resolve().parents[2] / "cities"


def _duration(value: object) -> object:
    if isinstance(value, str):
        found = _DURATION.match(value)
        if not found:
            raise ValueError("a duration is a number and a unit, such as 90m, 12h or 7d")
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    return value


def _name(value: str) -> str:
    if not _NAME.match(value):
        raise ValueError(f"{value!r}: use lower-case letters, digits and underscores, starting with a letter")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Name = Annotated[str, AfterValidator(_name)]


class Model(BaseModel):
    """What all parts of the configuration share: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Model):
    """A public text in English and Spanish."""

    en: str
    es: str


class Publisher(Model):
    """`publisher` of every package (OCDS 1.1, package metadata)."""

    name: str
    uri: str
    scheme: str | None = None
    uid: str | None = None


class Licence(Model):
    """The licence of everything published; `uri` is its canonical address."""

    name: str
    uri: str


class Contacts(Model):
    """Who answers for the data, and the office mailbox that the public may write to."""

    owner: str
    email: str


class Column(Model):
    """A column that the city relies on. `from` is the source's own name where it differs."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source_name: str | None = Field(default=None, alias="from")
    type: Literal["text", "integer", "decimal", "date", "timestamp", "timestamptz", "boolean"] = "text"


def _columns(value: object) -> object:
    if isinstance(value, list):
        value = dict.fromkeys(value)
    if isinstance(value, Mapping):
        return {
            name: {} if column is None else {"type": column} if isinstance(column, str) else column
            for name, column in value.items()
        }
    return value


Columns = Annotated[dict[Name, Column], BeforeValidator(_columns)]


class FileOptions(Model):
    """How a table of a `files` source is read; what is not given is detected and reported."""

    file: str | None = None
    format: Literal["csv", "tsv", "json", "jsonl", "xlsx"] | None = None
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header: int | None = Field(default=None, ge=0, description="line of the header; 0 = none, names from columns")
    sheet: str | None = None
    records: str | None = Field(default=None, description="path of the array of rows in a JSON document")
    row_number: Name | None = Field(default=None, description="add a column with the row's number, from 1")
    null_values: tuple[str, ...] = ()
    absent: tuple[str, ...] = Field(default=(), description="declared columns that this file does not have")


class Table(FileOptions):
    """A table of a source and the contract with it."""

    table: str | None = Field(default=None, description="the source's own name of the table, schema included")
    key: tuple[Name, ...] = Field(min_length=1)
    cursor: Name | None = None
    overlap: Duration = timedelta(0)
    deletions: Literal["ignore", "mark"] = "ignore"
    lookup: bool = False
    columns: Columns = Field(min_length=1)

    @model_validator(mode="after")
    def _key_and_cursor_are_columns(self) -> Self:
        known = set(self.columns) | ({self.row_number} if self.row_number else set())
        for role, names in (("key", self.key), ("cursor", (self.cursor,) if self.cursor else ())):
            for name in names:
                if name not in known:
                    raise ValueError(f"{role} {name!r} is not one of the columns{_nearest(name, known)}")
        return self


class LocalTable(FileOptions):
    """What differs when a table is read from a downloaded file."""

    key: tuple[Name, ...] | None = None
    columns: Columns | None = None


class Local(Model):
    """The variant of a source for `--from DIR`."""

    tables: dict[Name, LocalTable]


class Source(Model):
    """A system from which records come. Secrets stay in the Airflow connection that is named."""

    kind: Literal["sql", "files"]
    connection: str | None = None
    url: str | None = None
    tables: dict[Name, Table] = Field(min_length=1)
    local: Local | None = None

    @field_validator("url")
    @classmethod
    def _no_secret(cls, url: str | None) -> str | None:
        if url and re.search(r"://[^/@\s]*:[^/@\s]+@", url):
            raise ValueError("holds a password: name an Airflow connection instead (connection: …)")
        return url

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.kind == "sql" and not (self.url or self.connection):
            raise ValueError("a source of kind sql needs a connection or a url without secrets")
        for name in self.local.tables if self.local else ():
            if name not in self.tables:
                raise ValueError(f"local table {name!r} is not one of the tables{_nearest(name, self.tables)}")
        if self.kind == "files":
            for name, table in self.tables.items():
                if not table.file:
                    raise ValueError(f"table {name!r} of a source of kind files needs a file")
        return self


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


class Quality(Model):
    """Thresholds of the gate. Shares are of the processes looked at in the run, 0 to 1."""

    quarantine_flag: float = Field(default=0.0, ge=0, le=1, description="above this share the publication is flagged")
    quarantine_stop: float = Field(default=0.05, ge=0, le=1, description="above this share the run stops")


class Build(Model):
    """What a snapshot holds and how many are kept."""

    tables: bool = True
    snapshots: int = Field(default=5, ge=1)


class Target(Model):
    """Where a snapshot is pushed after promotion."""

    kind: Literal["filesystem"]
    path: str


class City(Model):
    """A city's configuration, as read from `cities/<slug>/city.yaml`."""

    slug: str
    folder: Path
    name: Bilingual
    synthetic: bool = False
    ocid_prefix: str = Field(pattern=r"^ocds-[a-z0-9]{6}$")
    country: str = Field(pattern=r"^[A-Z]{2}$")
    publisher: Publisher
    licence: Licence
    publication_policy: str
    base_url: str = Field(pattern=r"^https?://\S+[^/]$")
    language: str = Field(pattern=r"^[a-z]{2}$")
    languages: tuple[Literal["en", "es"], ...] = ("en", "es")
    time_zone: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    schedule: str
    contacts: Contacts
    extensions: tuple[str, ...] = ()
    sources: dict[Name, Source] = Field(min_length=1)
    disclosure: Disclosure
    quality: Quality = Quality()
    build: Build = Build()
    targets: dict[Name, Target] = {}

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not a time zone of the IANA database, such as America/Chicago") from error
        return name

    @field_validator("schedule")
    @classmethod
    def _five_fields(cls, cron: str) -> str:
        if len(cron.split()) != 5:
            raise ValueError(f"{cron!r} is not a cron expression of five fields")
        return cron

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

    def tables(self) -> Iterator[tuple[str, str, Table]]:
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
    if not _SLUG.match(slug) or not file.is_file():
        raise UnknownCity(slug, slugs())
    label = f"cities/{slug}/city.yaml"
    try:
        document = parse(file.read_text(encoding="utf-8"), label)
    except InvalidYaml as error:
        raise InvalidCity(slug, [str(error)]) from error
    except UnicodeDecodeError as error:
        raise InvalidCity(slug, [f"{label}:1: is not UTF-8 (byte {error.start})"]) from error
    if not isinstance(document.data, dict):
        raise InvalidCity(slug, [f"{label}:1: holds no keys"], hint="start from docs/add-a-city.md")
    try:
        return City.model_validate({**document.data, "slug": slug, "folder": file.parent})
    except ValidationError as error:
        raise InvalidCity(slug, _problems(error, document, City)) from error


def at(slug: str, *path: Any) -> str:
    """`cities/<slug>/city.yaml:line: key: ` of a part of a city's configuration, to begin an error with."""
    label = f"cities/{slug}/city.yaml"
    document = parse((cities_folder() / slug / "city.yaml").read_text(encoding="utf-8"), label)
    return f"{label}:{document.line(path)}: {'.'.join(str(part) for part in path)}: "


def _problems(error: ValidationError, document: Located, model: type[BaseModel]) -> list[str]:
    """One line per problem: file, line, key, what is wrong, and the nearest right name."""
    lines = []
    for found in error.errors():
        path = tuple(part for part in found["loc"] if part != "[key]")
        dotted = ".".join(str(part) for part in path)
        message = found["msg"].removeprefix("Value error, ")
        if found["type"] == "extra_forbidden":
            message = f"is not a known key{_nearest(str(path[-1]), _siblings(model, path))}"
        elif found["type"] == "missing":
            message = "is missing"
        lines.append(f"{document.file}:{document.line(path)}: {dotted + ': ' if dotted else ''}{message}")
    return lines


def _siblings(model: type[BaseModel], path: tuple[Any, ...]) -> set[str]:
    """Names that may stand where the last part of `path` stands."""
    current: Any = model
    for part in path[:-1]:
        if isinstance(current, type) and issubclass(current, BaseModel) and part in current.model_fields:
            current = current.model_fields[str(part)].annotation
        current = _inner(current)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return {field.alias or name for name, field in current.model_fields.items()}
    return set()


def _inner(annotation: Any) -> Any:
    """Give the model inside dict[...], tuple[...], Annotated[...] or a union, else the annotation itself."""
    stack = [annotation]
    while stack:
        candidate = stack.pop()
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
        stack.extend(getattr(candidate, "__args__", ()))
    return annotation


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
