"""Data Docs of a run: what was found, as pages of Great Expectations in the city's own frame.

The merged results are put into a store of validation results, from which the library builds its site: partitions are
nobody's concern, and values that may not be shown are not among them. For internal use (DESIGN 7).
"""

import html
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pregon.city import City
from pregon.table_expectations.library import context, library, quiet
from pregon.table_expectations.results import ExpectationResults, Outcome, TableOutcomes
from transforms.texts import texts

BATCH = "all-rows"
_VIEW = "pregon.table_expectations.view"


def build_data_docs(city: City, results: ExpectationResults, folder: Path) -> None:
    """Write the site into a folder that is not there yet. The same results give the same bytes."""
    language = "es" if city.language == "es" else "en"
    words = texts(language, "expectations")
    page: dict[str, Any] = {
        "city": city.name.es if language == "es" else city.name.en,
        "words": {**words.entries, "language": language},
        "as_of": results.as_of,
    }
    with quiet():
        library()
        made = context(data_docs_sites={"site": _site(results, page, language, folder)})
        for table in results.tables:
            key, value = _validation(results, table, language, page["words"])
            made.validation_results_store.set(key, value)
        made.build_data_docs(site_names=["site"])
    # Pictures and fonts of the library's own pages, which ours do not use.
    shutil.rmtree(folder / "static", ignore_errors=True)


def _site(results: ExpectationResults, page: dict[str, Any], language: str, folder: Path) -> dict[str, Any]:
    overview = {**page, **_overview(results, language)}
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {
            "class_name": "DefaultSiteIndexBuilder",
            "view": {"module_name": _VIEW, "class_name": "CityIndexView", "page": overview},
        },
        "site_section_builders": {
            "expectations": "None",
            "profiling": "None",
            "validations": {"view": {"module_name": _VIEW, "class_name": "CityPageView", "page": page}},
        },
    }


def _overview(results: ExpectationResults, language: str) -> dict[str, Any]:
    failures = [
        {
            "severity": one.severity,
            "table": one.table,
            "expectation": one.expectation[language],
            "rows": f"{one.unexpected:,} / {one.evaluated:,}" if one.evaluated else "",
            "error": one.error,
        }
        for one in results.failures()
    ]
    tables = [
        {
            "table": table.table,
            "origin": table.origin,
            "rows": f"{table.rows:,}",
            "href": _address(results, table),
            "passed": sum(one.verdict == "passed" for one in table.outcomes),
            "failed": sum(one.verdict in {"failed", "error"} for one in table.outcomes),
        }
        for table in results.tables
    ]
    return {"counts": results.counts, "failures": failures, "tables": tables}


def _suite_name(table: TableOutcomes) -> str:
    return table.table if table.origin == "source" else f"releases.{table.table}"


def _address(results: ExpectationResults, table: TableOutcomes) -> str:
    from great_expectations.core.run_identifier import RunIdentifier

    identifier: Any = RunIdentifier(run_name=results.run, run_time=results.as_of)
    run = identifier.to_tuple()
    return "/".join(["validations", *_suite_name(table).split("."), *map(str, run), f"{BATCH}.html"])


def _validation(
    results: ExpectationResults, table: TableOutcomes, language: str, words: dict[str, Any]
) -> tuple[Any, Any]:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    run = RunIdentifier(run_name=results.run, run_time=results.as_of)
    key = ValidationResultIdentifier(ExpectationSuiteIdentifier(_suite_name(table)), run, BATCH)
    judged = [one for one in table.outcomes if one.verdict != "not_applicable"]
    met = sum(one.verdict == "passed" for one in judged)
    value = ExpectationSuiteValidationResult(
        success=met == len(judged),
        results=[_result(one, language, words) for one in judged],
        suite_name=_suite_name(table),
        statistics={
            "evaluated_expectations": len(judged),
            "successful_expectations": met,
            "unsuccessful_expectations": len(judged) - met,
            "success_percent": 100 * met / len(judged) if judged else None,
        },
        meta={"run_id": run, "great_expectations_version": library().__version__, "active_batch_definition": {}},
    )
    return key, value


def _result(one: Outcome, language: str, words: dict[str, Any]) -> Any:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    said = f"{words['severities'][one.severity]}: {one.words[language]}"
    made: Any = ExpectationConfiguration
    configuration = made(
        type=one.type,
        kwargs=dict(one.arguments),
        meta={},
        severity=one.severity,
        # A template of the library, and not escaped by it.
        description=html.escape(said).replace("$", "$$"),
    )
    return ExpectationValidationResult(
        success=one.verdict == "passed",
        expectation_config=configuration,
        result=dict(_seen(one)),
        exception_info={
            "raised_exception": one.verdict == "error",
            "exception_message": html.escape(one.error) if one.error else None,
            "exception_traceback": None,
        },
    )


def _seen(one: Outcome) -> Iterator[tuple[str, Any]]:
    if one.observed is not None:
        yield "observed_value", one.observed
    if one.evaluated:
        yield "element_count", one.evaluated
        yield "unexpected_count", one.unexpected
        yield "unexpected_percent", 100 * one.unexpected / one.evaluated
        yield "unexpected_percent_nonmissing", 100 * one.unexpected / one.evaluated
        shown = [html.escape(_named(example.row, example.value)) for example in one.examples]
        yield "partial_unexpected_list", shown
        yield "partial_unexpected_counts", [{"value": text, "count": 1} for text in shown]


def _named(row: str, value: str | None) -> str:
    return row if value is None else f"{row}: {value}"
