import pytest

from transforms.counting import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 processes"), (1, "1 process"), (2, "2 processes"), (1_000_000, "1,000,000 processes")]
)
def test_one_is_singular(number: int, words: str) -> None:
    assert counted(number, "process", "processes") == words


def test_the_usual_plural_has_an_s() -> None:
    assert counted(3, "file") == "3 files"
