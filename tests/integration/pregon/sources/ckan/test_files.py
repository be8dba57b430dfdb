"""Resources that are files: found by the portal's word, fetched once, read by the readers of files."""

from pathlib import Path

import pytest
from servers.ckan import CkanServer
from servers.ckan_tables import Resource

from pregon.sources.base import EmptySourceError, SourceConfigurationError
from pregon.sources.connector import Place

from .conftest import FIELDS, Read, notices

pytestmark = pytest.mark.integration
COLUMNS = {"no": "Document Number", "title": "Title"}
CSV = b"Document Number;Title\nN1;Caf\xe9\nN2;Benches\n"


@pytest.fixture
def file(server: CkanServer) -> Resource:
    return server.portal.add("notices", "Notices", active=False, file=CSV, filename="Notices 2026.csv")


def test_a_file_is_read_with_the_options_of_files(server: CkanServer, file: Resource, read: Read) -> None:
    found = read(columns=COLUMNS, types={}, delimiter=";", encoding="windows-1252")

    assert found.rows == [{"no": "N1", "title": "Café"}, {"no": "N2", "title": "Benches"}]
    assert found.plan.notes["files"][0]["name"] == "Notices 2026.csv"
    assert found.expected is None
    assert [request.action for request in server.requests] == ["package_show", "Notices%202026.csv"]


def test_the_file_of_a_table_is_read_where_it_is_asked_for(server: CkanServer, read: Read) -> None:
    server.portal.add("notices", "Notices", notices(3), FIELDS)

    found = read(columns=COLUMNS, types={}, datastore=False, format="csv")

    assert found.numbers == ["N0001", "N0002", "N0003"]
    assert server.answered("datastore_search") == []


def test_the_signature_is_that_of_the_bytes(server: CkanServer, file: Resource, read: Read) -> None:
    first, second = (read(columns=COLUMNS, types={}, delimiter=";").plan.signature for _ in range(2))
    file.file = CSV + b"N3;More\n"

    assert first == second != read(columns=COLUMNS, types={}, delimiter=";").plan.signature


def test_the_tasks_that_read_need_not_fetch_it_again(
    server: CkanServer, file: Resource, read: Read, place: Place
) -> None:
    read(columns=COLUMNS, types={}, delimiter=";")
    assert not (place.scratch / "notices.download").exists()
    assert len([request for request in server.requests if request.action.endswith(".csv")]) == 1


def test_a_typed_column_of_a_file_is_refused(file: Resource, read: Read) -> None:
    with pytest.raises(SourceConfigurationError, match="values of files arrive as text"):
        read()


def test_an_empty_file_is_refused(server: CkanServer, file: Resource, read: Read, tmp_path: Path) -> None:
    file.file = b"\n"

    with pytest.raises(EmptySourceError):
        read(columns=COLUMNS, types={})
