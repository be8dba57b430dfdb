"""An error carries what to do about it."""

from pregon.errors import PregonError


def test_the_hint_stands_apart_from_the_message() -> None:
    error = PregonError("the lamp is out", hint="change the bulb")
    assert (str(error), error.hint) == ("the lamp is out", "change the bulb")
    assert PregonError("the lamp is out").hint is None
