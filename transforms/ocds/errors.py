"""What can be asked wrongly of the field table."""

from collections.abc import Iterable

from transforms.errors import TransformError


class UnknownExtension(TransformError):
    """No extension has this registry id; `nearest` has the ids that look like it."""

    def __init__(self, extension: str, nearest: tuple[str, ...]) -> None:
        super().__init__(f"no supported OCDS extension is called {extension!r}{_hint(nearest)}")
        self.extension = extension
        self.nearest = nearest


class IncompatibleExtensions(TransformError):
    """These extensions can't be declared together, or one lacks another that its schema refers to."""

    def __init__(self, extensions: Iterable[str], reason: str) -> None:
        self.extensions = tuple(extensions)
        self.reason = reason
        super().__init__(f"OCDS extensions {', '.join(self.extensions)}: {reason}")


class UnknownField(TransformError):
    """The path is no field of the table; `nearest` has paths like it, `offered_by` extensions that would add it."""

    def __init__(self, path: str, nearest: tuple[str, ...], offered_by: tuple[str, ...]) -> None:
        hint = f" (a field of the extension {' or '.join(offered_by)})" if offered_by else _hint(nearest)
        super().__init__(f"{path!r} is no OCDS field here{hint}")
        self.path = path
        self.nearest = nearest
        self.offered_by = offered_by


class UnknownCodelist(TransformError):
    """No field in use has this codelist; `nearest` has the names that look like it."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        super().__init__(f"no codelist is called {name!r}{_hint(nearest)}")
        self.name = name
        self.nearest = nearest


class NoColumn(TransformError):
    """The field is an object or an array of objects, so it has no single column."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path!r} is not a leaf, so it has no column type")
        self.path = path


def _hint(nearest: tuple[str, ...]) -> str:
    return f"; nearest: {', '.join(nearest)}" if nearest else ""
