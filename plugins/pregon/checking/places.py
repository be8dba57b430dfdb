"""Where a document stands in what is checked, so that whatever is found inside it can be pointed at."""

from typing import NamedTuple

from pregon.checking.content import Steps


class Place(NamedTuple):
    """A document's place: what is said in front of a pointer (ZIP member, line), and the steps from there."""

    prefix: str
    steps: Steps = ()

    def below(self, *steps: str | int) -> "Place":
        """Give the place of something inside."""
        return Place(self.prefix, (*self.steps, *steps))

    def where(self, inner: Steps = ()) -> str:
        """Say a place inside to a person: `line 3: /tender/value`, with a JSON Pointer (RFC 6901)."""
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in (*self.steps, *inner))
        return f"{self.prefix}{pointer}" if pointer else self.prefix.removesuffix(": ")
