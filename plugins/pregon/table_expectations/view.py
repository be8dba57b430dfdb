"""How Data Docs look: the project's own page around what Great Expectations renders, with the city's name.

The library's own pages fetch styles, scripts and pictures from five other places each time somebody looks at them.
These fetch nothing, and their policy forbids it: whatever a source's values hold, no script of it runs.

Imported by the library, which is given the name of this module; heavy for that reason.
"""

from importlib.resources import files
from itertools import count
from typing import Any

from great_expectations.render.view.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, Environment, PackageLoader


class CityPageView(DefaultJinjaPageView):
    """The page of a table. `page` holds what the frame says: city, words, as_of."""

    _template = "table_page.j2"
    _home = True

    def __init__(
        self,
        page: dict[str, Any],
        custom_styles_directory: str | None = None,
        custom_views_directory: str | None = None,
    ) -> None:
        super().__init__(custom_styles_directory, custom_views_directory)
        own = PackageLoader("pregon.table_expectations")
        environment: Environment = self.env
        environment.loader = ChoiceLoader([own, *([environment.loader] if environment.loader else [])])
        # The library numbers its elements at random; the same run has to give the same bytes.
        numbers = count()
        environment.filters["generate_html_element_uuid"] = lambda prefix=None: f"{prefix or ''}{next(numbers)}"
        self._page = {**page, "style": files("transforms.site").joinpath("templates/page.css").read_text("utf-8")}

    def render(self, document: Any, template: str | None = None, **kwargs: Any) -> Any:
        """Render a page of the library's within ours."""
        title = document.expectation_suite_name if self._home else self._page["words"]["title"]
        # validations/SUITE/RUN/TIME/BATCH.html, where a dot in the name of a suite makes one folder more.
        home = "../" * (4 + str(title).count(".")) + "index.html" if self._home else None
        render: Any = super().render
        return render(document, template, **kwargs, **self._page, title=title, heading=title, home=home)


class CityIndexView(CityPageView):
    """The first page: what is not met, and the tables."""

    _template = "overview.j2"
    _home = False
