"""What holds of every check, whatever it tests."""

import string
from collections.abc import Iterator
from typing import Any

import pytest
from asked_facts import asking
from hypothesis import given
from hypothesis import strategies as st

from expectations.assessment import Assessor
from expectations.checks import datasets, fields, process, releases, times
from expectations.checks.earlier import Earlier
from expectations.checks.figures import figure_names, figure_of
from expectations.checks.model import SEVERITIES, Check, Setting
from transforms.ocds import field_table, supported_extensions

CHECKS: list[Check] = [*process.CHECKS, *fields.CHECKS, *releases.CHECKS, *datasets.CHECKS, *times.CHECKS]

EXTENSIONS = ("bids", "lots", "enquiries", "location", "participation_fee", "process_title", "subcontracting", "budget")
FIELDS = field_table(EXTENSIONS)

NAMES = sorted({part for path in FIELDS for part in path.split("/")})
CODES = ("active", "complete", "direct", "open", "compiled", "tender", "tenderUpdate", "USD", "supplier", "ocid")

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(CODES),
    st.sampled_from(("2026-01-01T00:00:00Z", "2026-01-01", "0000-00-00T", "9999-12-31T23:59:59+14:00", "1", "")),
)
"""Values with which a check may go wrong: of every type, ids that repeat, and days that are none."""

anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=40,
)


def documents(path: str = "", depth: int = 0) -> st.SearchStrategy[Any]:
    """Documents that look like OCDS, but whose values are anything."""
    children = FIELDS.children(path)
    if not children or depth > 5:
        return anything
    inner = {
        field.name: st.deferred(lambda field=field: _values(field.path, depth, is_array=field.is_array))  # type: ignore[misc]
        for field in children
    }
    return st.fixed_dictionaries({}, optional=inner)


def _values(path: str, depth: int, *, is_array: bool) -> st.SearchStrategy[Any]:
    if not FIELDS.children(path):
        return scalars | anything
    entry = documents(path, depth + 1)
    return st.one_of(st.lists(entry | scalars, max_size=3) if is_array else entry, scalars)


ASSESSOR = Assessor(EXTENSIONS)


@given(document=documents() | anything, release=documents() | anything, earlier=documents() | anything)
def test_no_check_of_a_process_raises_on_any_json(document: Any, release: Any, earlier: Any) -> None:
    before = Earlier(frozenset({"tender"}), frozenset({"1"}), "2026-01-01T00:00:00Z", earlier if earlier else None)
    releases = [(release, before)] if isinstance(release, dict) else []

    assessed = ASSESSOR.assess(document, releases)

    for found in assessed.found:
        assert found.failure.pointer.startswith("/") or not found.failure.steps


@given(
    st.lists(documents() | anything, max_size=4), st.lists(documents() | anything, max_size=4),
    st.sampled_from((Setting(), Setting("2026-01-01T00:00:00Z", frozenset({"2026-01-01T00:00:00Z"})))),
)  # fmt: skip
def test_no_check_of_a_publication_raises_on_any_json(now: list[Any], before: list[Any], setting: Setting) -> None:
    query = asking(now, before)

    for check in (*datasets.CHECKS, *times.CHECKS):
        found = check.run(query, setting)
        assert found.applied >= 0
        assert found.applied or found.reason is not None, check.id
        assert not found.by_design or (not found.passed and found.remark is not None), check.id
        assert figure_names().keys() >= {figure_of(name) for name in found.figures}, check.id


def test_ids_are_unique() -> None:
    ids = [check.id for check in CHECKS]
    assert len(ids) == len(set(ids))


def _texts(check: Check) -> Iterator[tuple[str, str]]:
    for text in (check.title, check.message, check.cost):
        yield text.en, text.es


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_says_what_it_is_in_both_languages(check: Check) -> None:
    assert check.severity in SEVERITIES
    assert check.version
    assert check.source
    for english, spanish in _texts(check):
        assert english
        assert spanish
        assert english != spanish
        for text in (english, spanish):
            named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            assert named <= {"value", "other"}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_its_paths_are_paths_of_the_standard_or_of_its_extensions(check: Check) -> None:
    known = field_table([one for one in supported_extensions() if one != "statistics"])
    for path in check.paths:
        assert path in known or path.startswith("package/"), path
