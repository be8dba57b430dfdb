"""What can be wrong with a portal's datasets and answers, beyond what goes wrong on the way."""

from collections.abc import Iterable

from pregon.sources.base import SourceError, SourceUnreadableError, nearest

_LISTED = 10


class DatasetNotFound(SourceError):
    """The portal has no dataset of this name; `near` are names of some that are like it."""

    def __init__(self, package: str, near: Iterable[str], *, source: str, table: str) -> None:
        names = list(near)[:_LISTED]
        super().__init__(
            f"the portal has no dataset {package!r}",
            source=source,
            table=table,
            hint=(f"did you mean {', '.join(map(repr, names))}? " if names else "")
            + "set `package:` to the dataset's name, as it stands in the address of its page",
        )
        self.package = package
        self.near = tuple(names)


class ResourceNotFound(SourceError):
    """A dataset holds no resource of this description, or several; `found` gives (name, format) of those it holds."""

    def __init__(
        self, wanted: str, found: Iterable[tuple[str, str]], *, several: bool, source: str, table: str
    ) -> None:
        held = list(found)
        near = nearest(wanted, [name for name, _ in held]) if not several else None
        listed = ", ".join(f"{name!r} ({format_})" for name, format_ in held[:_LISTED])
        super().__init__(
            f"the dataset has {'several resources' if several else 'no resource'} {wanted}",
            source=source,
            table=table,
            hint=(f"did you mean {near!r}? " if near else "")
            + (f"it has: {listed}; " if held else "it has none; ")
            + "set `resource:`, and `resource_format:` where names repeat",
        )
        self.wanted = wanted
        self.found = tuple(held)


class NotInDatastore(SourceError):
    """A resource is a file only, where a table of the datastore is wanted."""

    def __init__(self, resource: str, *, source: str, table: str) -> None:
        super().__init__(
            f"the resource {resource!r} is not in the portal's datastore",
            source=source,
            table=table,
            hint="remove `datastore: true` to read its file, or ask the portal to load it",
        )
        self.resource = resource


class NoApi(SourceError):
    """There is no action API at the address of the source."""

    def __init__(self, address: str, *, source: str, table: str) -> None:
        super().__init__(
            f"there is no CKAN action API at {address}",
            source=source,
            table=table,
            hint="correct `url:` of the source: a portal's API may lie on another host than its pages",
        )
        self.address = address


class UnexpectedAnswer(SourceUnreadableError):
    """An answer is JSON, but not what CKAN's API gives; `action` was asked."""

    def __init__(self, action: str, problem: str, *, source: str, table: str) -> None:
        super().__init__(
            f"the portal's answer to {action} {problem}",
            source=source,
            table=table,
            hint="check that `url:` of the source is the base of a CKAN API",
        )
        self.action = action
