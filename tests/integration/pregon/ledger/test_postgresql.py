"""The ledger on a real PostgreSQL: everything the SQLite ledger does, and what only a server has."""

from itertools import count

import pytest
from ledger_behaviour import LedgerBehaviour
from ledger_restoring import LedgerRestoring
from made_up_ledger import a_run, an_entry

from pregon.ledger import Ledger, LedgerUnreachable

pytestmark = pytest.mark.integration
_numbers = count(1)


class TestPostgresqlLedger(LedgerBehaviour, LedgerRestoring):
    @pytest.fixture
    def location(self, postgresql_url: str) -> str:
        return postgresql_url

    @pytest.fixture
    def second(self, postgresql_url: str) -> Ledger:
        return Ledger.open(postgresql_url, f"ledger-test-{next(_numbers)}")

    @pytest.fixture
    def city(self) -> str:
        return f"ledger-test-{next(_numbers)}"

    def test_each_city_has_a_schema_of_its_own(self, ledger: Ledger, location: str) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        other = Ledger.open(location, f"ledger-test-{next(_numbers)}")
        assert list(other.releases()) == []
        assert other.commit(a_run(1), [an_entry("1")]).sequence == 1

    def test_a_server_that_does_not_answer_is_named_without_its_password(self) -> None:
        with pytest.raises(LedgerUnreachable) as refused:
            Ledger.open("postgresql://pregon:secret@127.0.0.1:1/pregon?connect_timeout=2", "riverbend")
        assert "127.0.0.1:1" in str(refused.value)
        assert "secret" not in str(refused.value)
