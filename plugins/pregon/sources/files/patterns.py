"""Which files a table means: `*` and `?`, and the date in a name.

`*` stands for any characters of one name, `?` for one, `**` for any folders; `[ab]` for one of these. `{date:%Y-%m}`
stands for a date, written as strptime has it with numbers: it gives the files their order. Without it the names do,
numbers in them by value (`part-9` before `part-10`).
"""

import re
from datetime import datetime

_DIRECTIVES = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "m": r"\d{2}",
    "d": r"\d{2}",
    "j": r"\d{3}",
    "H": r"\d{2}",
    "M": r"\d{2}",
    "S": r"\d{2}",
    "%": "%",
}
_DATE = re.compile(r"\{date:([^{}]*)\}")
_TOKEN = re.compile(r"\*\*/|\*+|\?|\[[^\]/]+\]|\{date:[^{}]*\}|.", re.DOTALL)
_WILD = re.compile(r"[*?]|\[[^\]/]+\]|\{date:")

_NO_DATE = datetime(1, 1, 1)  # noqa: DTZ001 - only compared with its like

Order = tuple[datetime, tuple[str | int, ...], str]


class Pattern:
    """A path, or a pattern of paths, with forward slashes.

    Raises:
        ValueError: the date in it can't be told from its format.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        dates = _DATE.findall(text)
        if len(dates) > 1:
            raise ValueError("has more than one {date:…}")
        self.date_format: str | None = dates[0] if dates else None
        self._regex = re.compile("".join(map(self._translated, _TOKEN.findall(text))) + r"\Z", re.DOTALL)

    @property
    def is_exact(self) -> bool:
        """Whether it names one file."""
        return _WILD.search(self.text) is None

    @property
    def folder(self) -> str:
        """The folder in which all it can mean lies, with a slash at its end; empty for the outermost."""
        wild = _WILD.search(self.text)
        literal = self.text[: wild.start()] if wild else self.text
        return literal[: literal.rfind("/") + 1]

    @property
    def glob(self) -> str:
        """The same as a pattern for `pathlib`, which knows no dates."""
        return _DATE.sub("*", self.text)

    def matches(self, path: str) -> bool:
        """Tell whether a path is meant."""
        found = self._regex.match(path)
        return found is not None and (self.date_format is None or self._date(path) is not None)

    def order(self, path: str) -> Order:
        """Give what paths that match are sorted by: the date, then the name, numbers in it by value."""
        parts = re.split(r"(\d+)", path)
        natural = tuple(int(part) if index % 2 else part for index, part in enumerate(parts))
        return self._date(path) or _NO_DATE, natural, path

    def _date(self, path: str) -> datetime | None:
        found = self._regex.match(path)
        if found is None or self.date_format is None:
            return None
        try:
            return datetime.strptime(found["date"], self.date_format)  # noqa: DTZ007 - only compared with its like
        except ValueError:
            return None

    @staticmethod
    def _translated(piece: str) -> str:
        if piece == "**/":
            return r"(?:[^/]+/)*"
        if piece[0] == "*":
            return r"[^/]*"
        if piece == "?":
            return r"[^/]"
        if piece[0] == "[" and len(piece) > 2:
            inner = piece[1:-1].replace("\\", r"\\")
            return f"[{'^' + inner[1:] if inner[0] == '!' else inner}]"
        if piece.startswith("{date:"):
            return f"(?P<date>{_date_regex(piece[len('{date:') : -1])})"
        return re.escape(piece)


def _date_regex(date_format: str) -> str:
    parts = re.split(r"%(.)", date_format)
    for directive in parts[1::2]:
        if directive not in _DIRECTIVES:
            known = " ".join(f"%{name}" for name in _DIRECTIVES if name != "%")
            raise ValueError(f"has %{directive} in its date; there are: {known}")
    if len(parts) < 3 or "%" in "".join(parts[::2]):
        raise ValueError("has {date:…} without a format such as %Y-%m")
    return "".join(_DIRECTIVES[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))
