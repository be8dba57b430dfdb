"""Verdicts are what is tested here: each is asked for."""

from collections.abc import Iterator

import pytest
from verdicts import asked_anew


@pytest.fixture(scope="module", autouse=True)
def _verdicts_anew() -> Iterator[None]:
    with asked_anew():
        yield
