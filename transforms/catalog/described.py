"""What every form of the catalogue says of a publication: one dataset, with a distribution for each bulk file.

It is one dataset and not several, because its files are the same contracting processes in different forms: DCAT calls
each a distribution of one dataset (https://www.w3.org/TR/vocab-dcat-3/#Class:Distribution), and whoever searches a
portal finds one entry whose first files are those of all years. Its URI never changes: by it portals know the dataset.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from transforms.packages import UNDATED
from transforms.publication import Publication
from transforms.snapshot import BULK, FULL, Content, Manifest, PublishedFile, TableSummary, is_yearly
from transforms.texts import Texts, texts
from transforms.texts.names import dictionary_name, localized, page_name

OCDS = "https://standard.open-contracting.org/1.1/en/"
_RFC4180 = "https://www.rfc-editor.org/rfc/rfc4180"

DATA_PACKAGE = "datapackage.json"
QUALITY = "reports/quality.json"

_CONTENTS: tuple[Content, ...] = ("tables", "compiled", "records", "releases")
_FORMATS = ("XLSX", "CSV", "SQLite", "JSON Lines", "JSON", "Parquet")


@dataclass(frozen=True)
class Distribution:
    """One bulk file. `uri` stays while the file has its name; titles and descriptions are by language."""

    file: PublishedFile
    uri: str
    url: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    standard: str | None

    @property
    def compressed_as(self) -> str | None:
        """The media type of the compression around a single file (DCAT 3, `dcat:compressFormat`)."""
        return "application/gzip" if self.file.path.endswith(".gz") else None

    @property
    def packaged_as(self) -> str | None:
        """The media type of the archive around one or more files (DCAT 3, `dcat:packageFormat`)."""
        return "application/zip" if self.file.path.endswith(".zip") else None


@dataclass(frozen=True)
class Document:
    """A page about the dataset; `kind` is a key of the texts of the catalogue."""

    kind: str
    url: str
    language: str | None = None


@dataclass(frozen=True)
class Described:
    """A publication as its catalogue tells it, in every language of its pages.

    `pages` are the paths of the pages beside the bulk files of the `manifest`: what is not there is not referred to.
    """

    manifest: Manifest
    publication: Publication
    pages: Collection[str] = ()

    @property
    def uri(self) -> str:
        """The identifier of the dataset, for ever."""
        return self.publication.url("dataset/ocds")

    @property
    def language(self) -> str:
        """The first language of the pages: that of forms which hold one language."""
        return self.publication.languages[0]

    @property
    def modified(self) -> str:
        """The day (UTC) of the newest commit."""
        return self.manifest.published[:10]

    @property
    def issued(self) -> str | None:
        """The day (UTC) of the first commit; None where nothing was ever committed."""
        return self.manifest.issued[:10] if self.manifest.issued else None

    @cached_property
    def titles(self) -> dict[str, str]:
        """The dataset's title."""
        return self._said(lambda words: words["catalogue_title"].format(city=self.publication.name_in(words.language)))

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """The dataset's description; it says what is not real and what is not registered."""
        return self._said(self._description)

    @cached_property
    def keywords(self) -> dict[str, list[str]]:
        """What people search for."""
        return {language: list(words["keywords"]) for language, words in self.words.items()}

    @cached_property
    def words(self) -> dict[str, Texts]:
        """The texts of the catalogue, by language."""
        return {language: texts(language, "catalogue") for language in self.publication.languages}

    @property
    def period(self) -> tuple[str, str] | None:
        """First and last day of the years that have files; None where no year has."""
        years = sorted(one.segment for one in self.manifest.files if one.content in BULK and one.segment[:4].isdigit())
        return (f"{years[0][:4]}-01-01", f"{years[-1][:4]}-12-31") if years else None

    @cached_property
    def distributions(self) -> list[Distribution]:
        """The bulk files: those of all years first, then by year, the newest first; what most want before the rest.

        Of Parquet, which has a file for each table, those of all years alone; months are left out, because the years
        have what they have.
        """
        listed = [one for one in self.manifest.files if one.content in BULK and _is_listed(one)]
        return [self._distribution(one) for one in sorted(listed, key=_place)]

    @property
    def packaged(self) -> list[Distribution]:
        """What the data package holds: not workbooks and Parquet.

        Tools take such a file for one table with types of its own, a workbook's first sheet included; the CSV has the
        same tables.
        """
        return [one for one in self.distributions if one.file.format not in ("XLSX", "Parquet")]

    @cached_property
    def documents(self) -> list[Document]:
        """Pages and files about the data; pages in each language."""
        publication = self.publication
        found = [Document("policy", publication.publication_policy)]
        for kind, name in (("how", "policy.html"), ("dictionary", "dictionary.html")):
            for language in publication.languages:
                path = localized(name, language, publication.languages)
                if path in self.pages and publication.url(path) != publication.publication_policy:
                    found.append(Document(kind, publication.url(path), language))
        if self.packaged:
            found.append(Document("data_package", publication.url(DATA_PACKAGE)))
        if QUALITY in self.pages:
            found.append(Document("quality", publication.url(QUALITY)))
        return [*found, Document("manifest", publication.url("manifest.json"))]

    @property
    def dictionary(self) -> str | None:
        """Path of the dictionary in the first language; None where there are no tables."""
        return dictionary_name(self.language) if self.manifest.tables else None

    def holds(self, table: TableSummary, language: str) -> str:
        """Say in a language what a row of a table is."""
        return row_of(table, texts(language))

    def home(self, language: str) -> str:
        """Address of the home page in a language."""
        name = page_name(self.publication, language)
        return self.publication.url("" if name == "index.html" else name)

    def _said(self, say: Callable[[Texts], str]) -> dict[str, str]:
        return {language: say(texts(language)) for language in self.publication.languages}

    def _description(self, words: Texts) -> str:
        parts = [words["lede"].format(city=self.publication.name_in(words.language))]
        parts.append(self.words[words.language]["about"])
        if self.publication.synthetic:
            parts.append(words["synthetic"])
        if not self.publication.official:
            parts.append(words["unofficial"].format(prefix=self.publication.ocid_prefix))
        return " ".join(parts)

    def _distribution(self, one: PublishedFile) -> Distribution:
        standard = ({"CSV": _RFC4180}.get(one.format)) if one.content == "tables" else OCDS
        return Distribution(
            one,
            f"{self.uri}/{one.path.removeprefix('bulk/')}",
            self.publication.url(one.path),
            self._said(lambda words: _title(one, words)),
            self._said(lambda words: words["contents"][one.content]["what"]),
            standard,
        )


def _title(one: PublishedFile, words: Texts) -> str:
    period = {FULL: words["all_years"], UNDATED: words["undated"]}.get(one.segment, one.segment)
    part = one.path.rpartition("/")[2].split(".")[0]
    title = f"{words['contents'][one.content]['title']}, {period}"
    if one.format == "Parquet":
        title += f", {part}"
    elif part != one.segment:
        title += f" ({words['part'].format(number=int(part.rpartition('-')[2]))})"
    return f"{title}, {one.format}"


def _is_listed(one: PublishedFile) -> bool:
    return one.segment == FULL or (is_yearly(one.segment) and one.format != "Parquet")


def _place(one: PublishedFile) -> tuple[object, ...]:
    """Sort: whole files, then the years from the newest on, then what has no date, and Parquet's many files last."""
    year = int(one.segment[:4]) if one.segment[:4].isdigit() else 0
    return (
        one.format == "Parquet",
        one.segment != FULL,
        -year,
        _CONTENTS.index(one.content),
        _position(one.format, _FORMATS),
        one.path,
    )


def _position(name: str, order: Sequence[str]) -> int:
    return order.index(name) if name in order else len(order)


def row_of(table: TableSummary, words: Texts) -> str:
    """Say what a row of a table is."""
    said: str = words["tables"].get(table.name) or words["table_other"].format(path=table.chain[-1])
    return said


def flat(values: Mapping[str, Iterable[str]]) -> list[str]:
    """Give what is said in several languages as one list without repetition, in order."""
    return list(dict.fromkeys(one for several in values.values() for one in several))
