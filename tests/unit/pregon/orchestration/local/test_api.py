import functools
from collections.abc import Callable

import httpx
import pytest

from pregon.orchestration.local.api import Airflow, Login, UnexpectedAnswer

BUSY = httpx.Response(500, json={"detail": {"reason": "Database error", "orig_error": "hidden"}})

Connect = Callable[[list[httpx.Response]], Airflow]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Give a client whose server accepts the login and then gives these answers, one by one."""

    def connected(answers: list[httpx.Response]) -> Airflow:
        waiting = iter([httpx.Response(201, json={"access_token": "t"}), *answers])
        transport = httpx.MockTransport(lambda _: next(waiting))
        monkeypatch.setattr("httpx.Client", functools.partial(httpx.Client, transport=transport))
        monkeypatch.setattr("time.sleep", lambda _: None)
        return Airflow("http://localhost", Login("admin", "x"))

    return connected


def test_a_database_that_is_busy_is_asked_again(connect: Connect) -> None:
    found = connect([BUSY, BUSY, httpx.Response(200, json={})]).has_dag("riverbend_collect")
    assert found


def test_a_database_that_stays_busy_is_an_error(connect: Connect) -> None:
    with pytest.raises(UnexpectedAnswer, match="500 to GET /dags/riverbend_collect"):
        connect([BUSY] * 4).has_dag("riverbend_collect")


def test_another_failure_of_the_server_is_not_repeated(connect: Connect) -> None:
    with pytest.raises(UnexpectedAnswer, match="500"):
        connect([httpx.Response(500, text="broken")]).has_dag("riverbend_collect")
