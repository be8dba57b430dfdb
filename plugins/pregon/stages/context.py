"""What the stages of a city share: compiled mapping, rules, schema and ledger, each made when first asked for."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.city import City, InvalidCity, at
from pregon.city_sources import CommonTable, FilesSource, LocalOcdsTable, LocalTable, SqlSource
from pregon.city_transform import CityTransform, read_transform
from pregon.home import Home
from pregon.ledger import Ledger
from pregon.sources.base import ColumnSpec, GuardSpec, SourceSpec, TableSpec
from pregon.stages.catalog import prepared_schema
from pregon.stages.codes import unknown_codes
from pregon.stages.ledger_location import ledger_location
from pregon.stages.policy import periodicity
from transforms.mapping.compiler import compile_mapping
from transforms.mapping.disclosure import Condition, DisclosureRules
from transforms.mapping.errors import InvalidMapping, nearest
from transforms.mapping.fields import PathFacts
from transforms.mapping.persons import PersonTest
from transforms.mapping.plan import Plan
from transforms.mapping.published import PublishedRules
from transforms.mapping.redaction import RedactionRule, Redactions
from transforms.ocds import (
    UnknownExtension,
    field_table,
    release_schema,
    strict_release_schema,
    validator,
)
from transforms.ocds.errors import IncompatibleExtensions
from transforms.publication import Publication
from transforms.releases import MergeRules
from transforms.site.policy import POLICY

if TYPE_CHECKING:
    import jsonschema_rs

    from transforms.ocds import FieldTable


class CityContext:
    """A city at work. Everything is read from its folder once; nothing is read before it is needed."""

    def __init__(self, city: City, home: Home, as_of: datetime) -> None:
        self.city = city
        self.home = home
        self.as_of = as_of

    @cached_property
    def transform(self) -> CityTransform:
        """Mapping, code lists and preparation of the city."""
        return read_transform(self.city)

    @cached_property
    def fields(self) -> "FieldTable":
        """The field table with the city's extensions."""
        try:
            return field_table(self.city.extensions)
        except (UnknownExtension, IncompatibleExtensions) as error:
            declared = self.city.extensions
            name = getattr(error, "extension", None)
            place = ("extensions", declared.index(name)) if name in declared else ("extensions",)
            raise InvalidCity(self.city.slug, [f"{at(self.city.slug, *place)}{error}"]) from error

    @cached_property
    def plan(self) -> Plan:
        """The compiled mapping. Raises InvalidCity with every problem found."""
        fields = PathFacts(self.fields)
        problems = [*self._disclosure_problems(fields), *unknown_codes(self.city, self.transform, self.fields)]
        try:
            plan = compile_mapping(
                self.transform.mapping,
                schema=prepared_schema(self.city, self.transform),
                codelists=self.transform.codelists,
                fields=fields,
                party_fields=PathFacts(self.fields, "parties"),
                as_of_year=self.as_of.year,
                withhold_contact_points=self.city.disclosure.contact_points == "withhold",
                conditional_paths=frozenset(condition.path for condition in self.city.disclosure.conditions),
                now=self.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
        except InvalidMapping as error:
            raise InvalidCity(self.city.slug, [*problems, *error.problems]) from error
        if self.city.history == "events" and not any(table.since or table.until for table in plan.tables):
            where = at(self.city.slug, "history")
            why = "the rows hold whole documents" if plan.documents else "no mapped table has a column _since or _until"
            problems.append(f"{where}events can't be rebuilt: {why} (docs/reference/history.md)")
        if problems:
            raise InvalidCity(self.city.slug, problems)
        return plan

    def _disclosure_problems(self, fields: PathFacts) -> Iterable[str]:
        for number, condition in enumerate(self.city.disclosure.conditions):
            where = ("disclosure", "conditions", number)
            for path in (condition.path, *(condition.unless or {}), *(condition.when or {})):
                if fields.get(path) is None:
                    near = fields.nearest(path)
                    hint = f"; did you mean {near[0]!r}?" if near else ""
                    yield f"{at(self.city.slug, *where)}{path!r} is not a path of OCDS with the city's extensions{hint}"
            for path in (*(condition.unless or {}), *(condition.when or {})):
                # Of several values none could decide, and the condition would let everything through.
                if any(_holds_several(fields, outer) for outer in _and_around(path)):
                    problem = f"{path!r} has several values in a process: name a field outside arrays"
                    yield at(self.city.slug, *where) + problem
        roles = {reference.role for party in self.transform.mapping.parties.values() for reference in party.references}
        for role in self.city.disclosure.persons:
            if role not in roles and self.transform.mapping.documents is None:
                place = at(self.city.slug, "disclosure", "persons", role)
                yield f"{place}no party has this role{nearest(role, roles)}"

    @cached_property
    def disclosure(self) -> DisclosureRules:
        """What may be published of persons and of facts that are not public yet."""
        declared = self.city.disclosure
        conditions = []
        for condition in declared.conditions:
            test = condition.unless or condition.when or {}
            (path, values) = next(iter(test.items()))
            conditions.append(
                Condition(
                    tuple(condition.path.split("/")),
                    tuple(path.split("/")),
                    frozenset(values),
                    when=condition.when is not None,
                )
            )
        pseudonyms = "pseudonym" in declared.persons.values()
        return DisclosureRules(
            persons=dict(declared.persons),
            conditions=tuple(conditions),
            pseudonym_key=self._pseudonym_key() if pseudonyms else b"",
            language=self.city.language,
        )

    def _pseudonym_key(self) -> bytes:
        """Give the city's secret, made once: with another key every pseudonym would change."""
        path = self.home.internal(self.city.slug) / "pseudonym.key"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".new")
            temporary.touch(mode=0o600)
            temporary.write_bytes(secrets.token_bytes(32))
            temporary.rename(path)
        return path.read_bytes()

    @cached_property
    def merge_rules(self) -> MergeRules:
        """How releases of the city are compared and merged."""
        return MergeRules.from_schema(release_schema(self.city.extensions))

    @cached_property
    def validator(self) -> "jsonschema_rs.Draft4Validator":
        """The compiled schema that every release must obey."""
        documents = self.transform.mapping.documents
        closed = documents is None or documents.additional_fields == "drop"
        return validator(strict_release_schema(self.city.extensions, closed=closed))

    @cached_property
    def published(self) -> PublishedRules | None:
        """What is asked of documents that were published before, where the city's mapping takes those."""
        documents = self.transform.mapping.documents
        if documents is None:
            return None
        fields = PathFacts(self.fields)
        test = documents.persons
        return PublishedRules(
            merge=self.merge_rules,
            declared=cache(lambda path: fields.get(path) is not None),
            errors=self._errors,
            disclosure=self.disclosure,
            persons=None if test == "none" else PersonTest(tuple(test.path.split("/")), frozenset(test.values)),
            keep_additional=documents.additional_fields == "keep",
            withhold_contact_points=self.city.disclosure.contact_points == "withhold",
        )

    def _errors(self, release: dict[str, Any]) -> Iterable[tuple[Sequence[str | int], str, str]]:
        if self.validator.is_valid(release):
            return
        for error in self.validator.iter_errors(release):
            yield list(error.instance_path), str(list(error.schema_path)[-1]), error.message

    @cached_property
    def ledger(self) -> Ledger:
        """The city's book of record."""
        return Ledger.open(ledger_location(self.home, self.city.slug), self.city.slug)

    @cached_property
    def redactions(self) -> Redactions:
        """What the city took back from its publication, as of now."""
        found = self.ledger.redacting.all()
        rules = tuple(RedactionRule(one.ocid, one.path) for one in found)
        return Redactions(rules, self.merge_rules.references, max((one.number for one in found), default=0))

    def sources(self, from_dir: Path | None) -> list[SourceSpec]:
        """Give the sources as connectors take them; with `from_dir` files are read as their local variant says."""
        return [_source(self.city, name, local=from_dir is not None) for name in self.city.sources]

    @cached_property
    def publication(self) -> Publication:
        """The city as its readers see it."""
        city = self.city
        languages = (*(one for one in city.languages if one == city.language), *city.languages)
        return Publication(
            slug=city.slug,
            name={"en": city.name.en, "es": city.name.es},
            publisher_name=city.publisher.name,
            publisher_uri=city.publisher.uri,
            licence_name=city.licence.name,
            licence_uri=city.licence.uri,
            publication_policy=city.publication_policy or f"{city.base_url.rstrip('/')}/{POLICY}",
            base_url=city.base_url,
            ocid_prefix=city.ocid_prefix,
            country=city.country,
            languages=tuple(dict.fromkeys(languages)),
            source_language=city.language,
            time_zone=city.time_zone,
            publisher_scheme=city.publisher.scheme,
            publisher_uid=city.publisher.uid,
            extensions=city.extensions,
            synthetic=city.synthetic,
            contact_name=city.contacts.owner,
            contact_email=city.contacts.email,
            accrual_periodicity=periodicity(city.schedule),
            code_titles={
                name: {code: {"en": title.en, "es": title.es} for code, title in codes.items()}
                for name, codes in city.code_titles.items()
            },
            hub=city.announce.websub.hub if city.announce.websub else None,
        )


def _holds_several(fields: PathFacts, path: str) -> bool:
    facts = fields.get(path)
    return facts is not None and facts.kind != "scalar" and facts.kind != "object"


def _and_around(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


def _source(city: City, name: str, *, local: bool) -> SourceSpec:
    source = city.sources[name]
    variant = source.local if local and not isinstance(source, SqlSource) else None
    files = variant.tables if variant else {}
    tables = tuple(_table(name, table, files.get(name)) for name, table in source.tables.items())
    if variant and not isinstance(source, FilesSource):
        return SourceSpec(name, source.local_kind, tuple(map(_as_texts, tables)))
    return SourceSpec(name, source.kind, tables, source.url, source.connection, source.options())


def _as_texts(table: TableSpec) -> TableSpec:
    """Give a table as it is read from a file: whole, and every value as text."""
    columns = {name: ColumnSpec(column.source_name) for name, column in table.columns.items()}
    return replace(table, columns=columns, cursor=None, overlap=timedelta(0))


def _table(name: str, table: CommonTable, variant: LocalTable | LocalOcdsTable | None) -> TableSpec:
    options, columns, key = table.options(), table.columns, table.key
    if variant is not None:
        changed = {option: getattr(variant, option) for option in variant.model_fields_set - {"key", "columns"}}
        options = {option: value for option, value in {**options, **changed}.items() if value not in (None, ())}
        columns = {**columns, **(variant.columns or {})}
        key = variant.key or key
    return TableSpec(
        name=name,
        key=key,
        columns={
            column: ColumnSpec(declared.source_name or column, declared.type) for column, declared in columns.items()
        },
        cursor=table.cursor,
        overlap=table.overlap,
        deletions=table.deletions,
        lookup=table.lookup,
        guards=GuardSpec(**table.guards.model_dump()),
        options=options,
    )
