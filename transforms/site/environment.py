"""The Jinja environment of the pages: everything is escaped, a missing value is an error."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@cache
def environment() -> "Environment":
    """Make the environment once."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("transforms.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["say"] = say
    made.filters["say_marked"] = say_marked
    return made


def say(text: str, **values: object) -> "Markup":
    """Fill a text of the pages, each value isolated: a name that is written from right to left turns nothing around."""
    from markupsafe import Markup, escape

    isolated = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
    return escape(text).format(**isolated)


def say_marked(text: str, **values: object) -> "Markup":
    """Fill a text of the pages with parts that templates made, and other values, which are escaped."""
    from markupsafe import escape

    return escape(text).format(**values)
