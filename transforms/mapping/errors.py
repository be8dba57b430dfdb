"""What can be wrong with a mapping."""

import difflib
from collections.abc import Iterable

from transforms.errors import TransformError


class InvalidMapping(TransformError):
    """A mapping can't be used; each of `problems` names file, line, key and the nearest right name, if any."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def nearest(name: str, known: Iterable[str]) -> str:
    """Give `; did you mean 'x'?` for the closest known name, else nothing."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
