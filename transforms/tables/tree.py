"""The tree in which a plan is looked up while a release is walked: one dictionary access for each key of JSON."""


class Slot:
    """What may stand at a place: a plain value in `column` (or -1), an object's `members`, an array's `entries`."""

    __slots__ = ("column", "entries", "members", "pointer", "table")

    def __init__(self) -> None:
        self.column = -1
        self.members: dict[str, Slot] = {}
        self.entries: Slot | None = None
        self.table = 0
        self.pointer = ""


def pointer_token(key: str) -> str:
    """Escape a key as in a JSON Pointer (RFC 6901), so that paths stay unambiguous."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def key_of(token: str) -> str:
    """Give back the key that `pointer_token` escaped."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token
