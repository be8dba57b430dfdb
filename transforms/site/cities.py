"""The page that lists the cities of a server, in every language side by side."""

from collections.abc import Sequence
from datetime import datetime

from transforms.site.environment import environment
from transforms.snapshot import Manifest
from transforms.texts import LANGUAGES, Texts, texts
from transforms.texts.numbers import date, number


class PublishedCity:
    """A city with a publication, as its manifest describes it."""

    def __init__(self, manifest: Manifest) -> None:
        self.slug = manifest.city
        self.synthetic = manifest.synthetic
        self._manifest = manifest
        self._pages = {one.path for one in manifest.files_of("page")}

    def name_in(self, language: str) -> str:
        """Give the name of the city in a language, else in another one."""
        names = self._manifest.name
        return names.get(language) or next(iter(names.values()), self.slug)

    def page_in(self, language: str) -> str:
        """Give the name of the home page in a language; "" for `index.html`, which any folder answers with."""
        page = f"index.{language}.html"
        return page if page in self._pages else ""

    def processes(self, words: Texts) -> str:
        """Write the number of contracting processes, as read in the city's country."""
        return number(self._manifest.counts["records"], words.language, self._manifest.country)

    def published(self, words: Texts) -> str:
        """Write the day of the newest commit in the city's time zone."""
        return date(datetime.fromisoformat(self._manifest.published), self._manifest.time_zone, words)


def cities_page(cities: Sequence[PublishedCity]) -> str:
    """Render the list of cities."""
    languages = [texts(language) for language in LANGUAGES]
    page: str = environment().get_template("cities.html.jinja").render(cities=cities, languages=languages)
    return page
