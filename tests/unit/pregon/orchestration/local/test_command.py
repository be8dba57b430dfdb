"""`bin/run` refuses what can't succeed before it starts any process."""

from pathlib import Path

import pytest

from pregon.orchestration.local.command import main
from pregon.orchestration.local.interruption import Interruption
from pregon.orchestration.local.stack import Stack


@pytest.fixture(autouse=True)
def _starts_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def started(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr(Stack, "start", started)
    monkeypatch.setenv("PREGON_AIRFLOW_HOME", str(tmp_path / "airflow"))


def test_a_folder_that_is_not_there_is_a_command_that_can_not_be_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["toronto", "--from", str(tmp_path / "none")], Interruption())
    assert ended.value.code == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_a_city_whose_mapping_is_missing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    folder = tmp_path / "cities" / "toronto"
    folder.mkdir(parents=True)
    (folder / "city.yaml").write_bytes((repository / "cities/toronto/city.yaml").read_bytes())
    monkeypatch.setenv("PREGON_CITIES", str(folder.parent))
    assert main(["toronto", "--home", str(tmp_path / "home")], Interruption()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cities"]


def test_a_folder_for_airflow_that_can_not_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PREGON_AIRFLOW_HOME", str(tmp_path / "file" / "airflow"))
    assert main(["riverbend", "--home", str(tmp_path / "home")], Interruption()) == 1
