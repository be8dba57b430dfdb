"""What can go wrong when a synthetic database is written or moved forward."""

from pregon.errors import PregonError


class DatabaseNotEmptyError(PregonError):
    """The target holds tables already, and overwriting was not asked for; `tables` names them."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(
            f"the database is not empty: it holds {', '.join(tables[:6])}{' …' if len(tables) > 6 else ''}",
            hint="choose another database, or ask for the synthetic tables in it to be replaced",
        )
        self.tables = tables


class NotSyntheticError(PregonError):
    """The database was not written by the generator, or not to the end, so it can't be moved forward."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this database can't be moved forward: {reason}", hint="write it anew with `pregon synth`")
        self.reason = reason


class SynthesisRangeError(PregonError):
    """A number asked for makes no sense; `name` and `value` say which."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name} is {value}: expected {expected}")
        self.name = name
        self.value = value
