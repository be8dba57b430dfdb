"""An error carries what to do about it."""

from pregon.errors import PregonError


def test_the_hint_stands_apart_from_the_message() -> None:
    error = PregonError("the lamp is out", hint="change the bulb")
    assert (str(error), error.hint) == ("the lamp is out", "change the bulb")
    assert PregonError("the lamp is out").hint is None


def test_a_log_shows_the_hint_too() -> None:
    assert PregonError("the lamp is out", hint="change the bulb").__notes__ == ["hint: change the bulb"]
