"""What a session need not ask twice: what Great Expectations says of rows that it has judged already.

It was most of the time of a run of few processes, and many tests begin with the same run of the same city. What it
says depends on nothing but the rows, the suite and the codes. Tests of the verdicts themselves ask each time.
"""

import hashlib
import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pregon.table_expectations import judging
from pregon.table_expectations.suites import Expectation
from pregon.table_expectations.validation import Found, validate

if TYPE_CHECKING:
    import pandas as pd

Codes = Mapping[str, Sequence[str]]


@contextmanager
def asked_once(folder: Path) -> Iterator[None]:
    """Let runs find in `folder`, which workers may share, what was said of the same rows before."""

    def remembered(
        frame: "pd.DataFrame", expectations: Sequence[Expectation], codes: Codes, *, name: str
    ) -> dict[str, Found]:
        file = folder / _fingerprint(frame, expectations, codes, name)
        if not file.exists():
            found = validate(frame, expectations, codes, name=name)
            # Renamed, so that nobody reads half of it; two workers that ask at once are told the same.
            unfinished = file.with_suffix(f".{os.getpid()}.new")
            unfinished.write_bytes(pickle.dumps(found))
            unfinished.rename(file)
        said: dict[str, Found] = pickle.loads(file.read_bytes())  # noqa: S301 written above
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "validate", remembered)
        yield


@contextmanager
def asked_anew() -> Iterator[None]:
    """Let runs ask Great Expectations each time, as in use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "validate", validate)
        yield


def _fingerprint(frame: "pd.DataFrame", expectations: Sequence[Expectation], codes: Codes, name: str) -> str:
    asked = [(one.to_library(), one.reference) for one in expectations]
    rows = [*map(str, frame.dtypes), *frame.columns, frame.index, frame.to_numpy(dtype=object).tolist()]
    return hashlib.sha256(repr((name, asked, sorted(codes.items()), rows)).encode()).hexdigest()
