"""The kinds of source that there are, and which connector reads each. Connectors are imported when they are used."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from pregon.sources.base import SourceConfigurationError, SourceSpec, nearest
from pregon.sources.connector import Connector, OpenSource, Place


def _never(_source: SourceSpec) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source: `module:function` that opens one, and whether all tables of one are read by one task.

    That is so where the source gives one consistent state over its tables, but only as long as it is held open.
    """

    opens: str
    whole: Callable[[SourceSpec], bool] = _never

    def open(self, source: SourceSpec, place: Place) -> AbstractContextManager[Connector]:
        """Give the connector of a source."""
        module, _, function = self.opens.partition(":")
        return cast(OpenSource, getattr(import_module(module), function))(source, place)


KINDS = {
    "ckan": Kind("pregon.sources.ckan.connector:open_ckan"),
    "files": Kind("pregon.sources.files.connector:open_files"),
    "ocds": Kind("pregon.sources.ocds.connector:open_ocds"),
    "rest": Kind("pregon.sources.rest.connector:open_rest"),
    "socrata": Kind("pregon.sources.socrata.connector:open_socrata"),
    "sql": Kind("pregon.sources.sql.connector:open_sql", whole=lambda source: source.options.get("read") != "paged"),
}
"""Name in `kind:` → what it means."""


def kind_of(source: SourceSpec) -> Kind:
    """Give the kind of a source.

    Raises:
        SourceConfigurationError: there is no such kind.
    """
    if source.kind not in KINDS:
        near = nearest(source.kind, KINDS)
        raise SourceConfigurationError(
            f"there is no kind of source {source.kind!r}",
            source=source.name,
            hint=(f"did you mean {near!r}? " if near else "") + f"there are: {', '.join(sorted(KINDS))}",
        )
    return KINDS[source.kind]
