"""How many threads a query has where tests run whole cities."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def query_threads(request: pytest.FixtureRequest) -> Iterator[None]:
    """One, unless the module says `THREADS = 2`, as in use.

    As many workers as there are processors leave a second one nothing to do, and few rows cost nearly twice as much in
    two. What must not depend on threads is tested where bytes are compared: those modules say two.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREGON_THREADS", str(getattr(request.module, "THREADS", 1)))
        yield
