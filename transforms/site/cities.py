"""The page that lists the cities of a server, in English and Spanish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.site.environment import environment


@dataclass(frozen=True)
class PublishedCity:
    """A city with a publication; `published` as in its manifest."""

    slug: str
    name: Mapping[str, str]
    published: str
    processes: int


def cities_page(cities: Sequence[PublishedCity]) -> str:
    """Render the list of cities."""
    page: str = environment().get_template("cities.html.jinja").render(cities=cities)
    return page
