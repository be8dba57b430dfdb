from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import RetryAction

from pregon.city import InvalidCity
from pregon.duck import OutOfMemory, QueryFailed
from pregon.errors import PregonError
from pregon.ledger.errors import LedgerBusy, LedgerUnreachable, StaleManifest
from pregon.orchestration.retries import BY_KIND_OF_ERROR, EFFORT
from pregon.pipeline import STAGES
from pregon.publication.build import LedgerMoved
from pregon.publishers.base import PushIncomplete
from pregon.sources.base import EmptySourceError, SourceUnavailableError
from pregon.sources.http.errors import AddressNotFound, ServerFailed, Throttled
from transforms.errors import TransformError


def decide(error: Exception, context: Any = None) -> Any:
    return BY_KIND_OF_ERROR.evaluate(error, try_number=1, max_tries=4, context=context)


PLACE = {"source": "s", "table": "t", "file": "f"}


@pytest.mark.parametrize(
    "error",
    [
        InvalidCity("alba", ["cities/alba/city.yaml:1: name: is missing"]),
        EmptySourceError("gives no rows", source="portal"),
        StaleManifest("run", 3, 4, "other"),
        AddressNotFound(404, **PLACE),
        OutOfMemory("portal.awards", "512MB", Path("spill")),
        TransformError("there is no such path"),
        PregonError("anything else of ours"),
        AttributeError("a defect"),
    ],
)
def test_what_time_does_not_mend_fails_at_once(error: Exception) -> None:
    assert decide(error).action == RetryAction.FAIL


@pytest.mark.parametrize(
    "error",
    [
        SourceUnavailableError("does not answer", source="portal"),
        ServerFailed("503", status=503, **PLACE),
        LedgerBusy("ledger.sqlite", 60),
        LedgerUnreachable("ledger.sqlite", "locked"),
        LedgerMoved("alba"),
        PushIncomplete("portal", ["index.html is missing"]),
        QueryFailed("portal.awards", "No space left on device", retryable=True),
        ConnectionResetError("dropped"),
        OSError("no space left on device"),
    ],
)
def test_what_time_may_mend_is_tried_as_often_as_the_task_says(error: Exception) -> None:
    assert decide(error).action == RetryAction.DEFAULT


def test_a_server_that_says_when_is_asked_then() -> None:
    decision = decide(Throttled("429", status=429, retry_after=90, **PLACE))
    assert (decision.action, decision.retry_delay) == (RetryAction.RETRY, timedelta(seconds=90))


def test_a_file_missing_from_a_local_folder_is_not_waited_for() -> None:
    error = SourceUnavailableError("is not there", source="portal")
    assert decide(error, {"params": {"from_dir": "files"}}).action == RetryAction.FAIL
    assert decide(error, {"params": {"from_dir": None}}).action == RetryAction.DEFAULT


def test_every_stage_and_the_gate_have_their_effort() -> None:
    assert set(EFFORT) == {*STAGES, "plan", "read", "expectations", "gate", "announce"}
