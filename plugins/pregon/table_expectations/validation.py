"""What Great Expectations says of a frame: a checkpoint over one table, or one partition of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregon.table_expectations.library import context, library, quiet
from pregon.table_expectations.relations import reference_name
from pregon.table_expectations.suites import Expectation

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Found:
    """A verdict on a frame: rows that were judged, and the positions of those that fail. `error`: why there is none.

    `observed` is what an expectation of the whole saw: a number of rows, the largest value …
    """

    success: bool
    evaluated: int = 0
    failing: tuple[int, ...] = ()
    observed: Any = None
    error: str | None = None


def validate(
    frame: "pd.DataFrame", expectations: Sequence[Expectation], codes: Mapping[str, Sequence[str]], *, name: str
) -> dict[str, Found]:
    """Run a checkpoint over a frame.

    The first time only counts are asked for, because most expectations are met; where one is not, which rows fail it.

    Args:
        frame: the columns that the expectations are about, and for references those of `reference_name`.
        expectations: the suite, or the part of it that this frame can tell of.
        codes: values of the suite's parameters.
        name: of the table, for the checkpoint.
    """
    found = {key: _found(result) for key, result in _run(frame, expectations, codes, name, "BASIC").items()}
    failed = [one for one in expectations if _failing(found[one.id])]
    if failed:
        for key, result in _run(frame, failed, codes, name, "COMPLETE").items():
            found[key] = _found(result)
    return found


def _failing(found: Found) -> bool:
    return bool(found.failing) and found.error is None


def _run(
    frame: "pd.DataFrame", expectations: Sequence[Expectation], codes: Mapping[str, Sequence[str]], name: str, form: str
) -> dict[str, Any]:
    """Give the result of each expectation by its id.

    Every run has a context of its own: one that lived on would keep all results, and with them the rows' values.
    """
    gx = library()
    with quiet():
        made = context()
        suite = made.suites.add(gx.ExpectationSuite(name=name, expectations=[_for_frame(one) for one in expectations]))
        batch = made.data_sources.add_pandas("partitions").add_dataframe_asset(name)
        definition = made.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=batch.add_batch_definition_whole_dataframe("whole"), suite=suite)
        )
        checkpoint = made.checkpoints.add(
            gx.Checkpoint(name=name, validation_definitions=[definition], result_format=form)
        )
        outcome = checkpoint.run(batch_parameters={"dataframe": frame}, expectation_parameters=dict(codes))
        [result] = outcome.run_results.values()
        said: Sequence[Any] = result.results
        return {one.expectation_config.meta["expectation"]: one for one in said}


def _for_frame(one: Expectation) -> dict[str, Any]:
    said = one.to_library()
    if one.reference:
        # What was not found in the other table is absent, and absent is not equal to what was looked for.
        said["kwargs"] |= {"column_B": reference_name(one), "ignore_row_if": "both_values_are_missing"}
    return said


def _found(result: Any) -> Found:
    values = result.result
    if error := _error(result):
        return Found(success=False, error=error)
    if "element_count" not in values:
        return Found(success=bool(result.success), observed=_plain(values.get("observed_value")))
    # `missing_count` is not told by expectations about missing values themselves.
    evaluated = int(values["element_count"]) - int(values.get("missing_count") or 0)
    positions = values.get("unexpected_index_list")
    if positions is None:
        positions = range(int(values["unexpected_count"] or 0))
    return Found(success=bool(result.success), evaluated=evaluated, failing=tuple(map(int, positions)))


def _error(result: Any) -> str | None:
    """Give the first line of what was raised, if anything was: by one metric or another, or by the expectation."""
    told = result.exception_info or {}
    for info in [told, *(value for value in told.values() if isinstance(value, dict))]:
        if info.get("raised_exception"):
            return str(info.get("exception_message") or "an error without a message").strip().partition("\n")[0]
    return None


def _plain(value: Any) -> Any:
    """Give a value of numpy as Python's own."""
    return value.item() if hasattr(value, "item") else value
