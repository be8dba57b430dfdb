"""Judging without a run: the source tables as they were last read, all rows, for a person at the terminal."""

from collections.abc import Callable
from pathlib import Path

from pregon.duck import session
from pregon.errors import PregonError
from pregon.manifest import latest
from pregon.manifest import read as read_manifest
from pregon.stages.context import CityContext
from pregon.table_expectations.results import ExpectationResults
from pregon.table_expectations.stage import city_suites, judge_sources, source_tables, write_account

FOLDER = "expectations"


class NothingToJudge(PregonError):
    """There are no suites, or nothing was read yet."""


def judge_now(context: CityContext, tell: Callable[[str, int], None] | None = None) -> tuple[ExpectationResults, Path]:
    """Judge the newest images; give what was found and the folder HOME/internal/CITY/expectations with the account.

    Raises NothingToJudge.
    """
    city, lake = context.city, context.home.lake
    suites = [suite for suite in city_suites(city) if suite.origin == "source"]
    if not suites:
        why = "expectations are switched off in city.yaml" if not city.expectations.enabled else "there are no suites"
        raise NothingToJudge(f"{city.slug}: {why}", hint=f"`pregon expectations draft {city.slug}` proposes some")
    newest = latest(lake, city.slug)
    if newest is None:
        raise NothingToJudge(f"{city.slug}: nothing was read yet", hint=f"run `pregon run {city.slug}` first")
    manifest = read_manifest(lake, city.slug, newest.number)
    tables = source_tables(city, lake, manifest, since=None)
    with (
        lake.scratch(f"{city.slug}/expectations") as scratch,
        session(scratch, about=f"expectations of {city.slug}") as connection,
    ):
        found, _ = judge_sources(connection, context, manifest, suites, tables, progress=tell)
    as_of = f"{manifest.as_of:%Y-%m-%dT%H:%M:%SZ}"
    results = ExpectationResults(city.slug, f"manifest-{manifest.number:06d}", as_of, manifest.number, tuple(found))
    folder = context.home.internal(city.slug) / FOLDER
    write_account(city, results, folder)
    return results, folder
