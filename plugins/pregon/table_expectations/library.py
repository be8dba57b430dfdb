"""Great Expectations, brought in quietly: late, without what it asks of the network, and with no word in the log.

Its import takes seconds, most of them for charts and statistics that no suite here uses: those two parts are given to
it as modules that load themselves when they are first asked for something.
"""

import importlib.util
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_LATER = frozenset({"altair", "scipy", "scipy.stats"})


class _Later(MetaPathFinder):
    """Finds modules that are loaded at their first use, and not by an import."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find one of them as the other finders do."""
        if fullname not in _LATER:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = importlib.util.LazyLoader(spec.loader)
                return spec
        return None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings of the library, and of what it is made of, to itself: no reader of a log can act on them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def library() -> ModuleType:
    """Import Great Expectations, once."""
    # Read when it is imported: nothing of a city's data, not even that it was looked at, is told to anyone.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # It logs what it registers, hundreds of lines at its import.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    later = _Later()
    with quiet():
        sys.meta_path.insert(0, later)
        try:
            import great_expectations
        finally:
            sys.meta_path.remove(later)
    return great_expectations


def context(**configured: Any) -> Any:
    """Open a context that lives in memory, writes nothing and shows no progress.

    `configured`: what else it is made with, see `DataContextConfig` (its sites of Data Docs).
    """
    gx = library()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    configuration = DataContextConfig(
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites=configured.pop("data_docs_sites", {}),
        **configured,
    )
    return gx.get_context(mode="ephemeral", project_config=configuration)
