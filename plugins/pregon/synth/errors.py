"""What can go wrong when a synthetic database is written or moved forward."""

from pregon.errors import PregonError


class DatabaseNotEmptyError(PregonError):
    """The target holds tables already, and overwriting was not asked for; `tables` names them."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(
            f"the database is not empty: it holds {', '.join(tables[:6])}{' …' if len(tables) > 6 else ''}",
            hint="choose another --out, or add --replace to write the synthetic tables in it anew",
        )
        self.tables = tables


class NotSyntheticError(PregonError):
    """The database was not written by the generator, or not to the end, so it can't be moved forward."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"this database can't be moved forward: {reason}", hint="write it first: the same command without --advance"
        )
        self.reason = reason


class DatabaseUnusableError(PregonError):
    """The database can't be opened, read or written; `database` is its file, or its address without the password."""

    def __init__(self, database: str, problem: str, hint: str) -> None:
        super().__init__(f"{database} {problem}", hint=hint)
        self.database = database


class SynthesisRangeError(PregonError):
    """A number asked for makes no sense; `name` and `value` say which."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name} is {value}: expected {expected}")
        self.name = name
        self.value = value
