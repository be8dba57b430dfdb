"""The data dictionary as a page: every table with its columns, and the codes of every list that they use."""

from collections.abc import Iterator
from dataclasses import dataclass

from transforms.ocds import Codelist, FieldTable, codelist, field_table, full_title
from transforms.ocds.dictionary import Language
from transforms.publication import Publication
from transforms.site.environment import environment
from transforms.snapshot import Manifest, TableSummary
from transforms.tables.plan import POINTER
from transforms.texts import Texts, texts
from transforms.texts.names import dictionary_name, localized, page_name
from transforms.texts.numbers import number

DICTIONARY = "dictionary.html"


@dataclass(frozen=True)
class Entry:
    """A column: its name in the files, what it is called, its type in words, its codelist and its extension."""

    name: str
    title: str
    type: str
    codelist: str | None = None
    extension: str | None = None


def dictionary_pages(manifest: Manifest, publication: Publication) -> Iterator[tuple[str, bytes]]:
    """Render the page in every language of the publication, with its file name."""
    for language in publication.languages:
        page = DictionaryPage(manifest, publication, texts(language, "dictionary"), texts(language))
        text: str = environment().get_template("dictionary.html.jinja").render(page=page, words=page.words)
        yield localized(DICTIONARY, language, publication.languages), text.encode()


@dataclass(frozen=True)
class DictionaryPage:
    """What the template asks."""

    manifest: Manifest
    publication: Publication
    words: Texts
    common: Texts

    @property
    def language(self) -> Language:
        """Language of the page."""
        return "es" if self.words.language == "es" else "en"

    @property
    def city(self) -> str:
        """Name of the city."""
        return self.publication.name_in(self.language)

    @property
    def home(self) -> str:
        """The home page in the same language."""
        return page_name(self.publication, self.language)

    @property
    def csv(self) -> str:
        """The dictionary as CSV in the same language."""
        return dictionary_name(self.language)

    @property
    def others(self) -> list[tuple[str, str]]:
        """The page in the other languages: code and file name."""
        languages = self.publication.languages
        return [(one, localized(DICTIONARY, one, languages)) for one in languages if one != self.language]

    def holds(self, table: TableSummary) -> str:
        """Say what a row of a table is."""
        said: str = self.common["tables"].get(table.name) or self.common["table_other"].format(path=table.chain[-1])
        return said

    def columns(self, table: TableSummary) -> Iterator[Entry]:
        """Give the columns of a table as they stand in its files."""
        if table.chain:
            yield self._entry("ocid", "string")
            yield Entry(POINTER, self.words["pointer"], self.words["types"]["string"])
            for link in table.links:
                yield self._entry(link, "string")
        for column in table.columns:
            yield self._entry(column.path, column.type)

    @property
    def lists(self) -> list[Codelist]:
        """The codelists that published columns use, by name."""
        paths = {column.path for table in self.manifest.tables for column in table.columns}
        fields = [self._fields.get(path) for path in paths]
        names = {field.codelist for field in fields if field and field.codelist}
        return [codelist(name, self.publication.extensions) for name in sorted(names)]

    def codes(self, one: Codelist) -> Iterator[tuple[str, str]]:
        """Give the codes of a list with their titles."""
        return ((code, one.title(code, self.language)) for code in one.codes)

    def number(self, value: int) -> str:
        """Write a count."""
        return number(value, self.language, self.publication.country)

    @property
    def _fields(self) -> FieldTable:
        return field_table(self.publication.extensions)

    def _entry(self, path: str, kind: str) -> Entry:
        field, said = self._fields.get(path), self.words["types"][kind]
        if field is None:
            return Entry(path, path, said)
        title = full_title(self._fields, path, self.language)
        return Entry(path, title, said, field.codelist, field.extension)
