import multiprocessing
import os
from pathlib import Path

import pytest
from made_once import made_once


class Session:
    """Stands in for the folders of a session with workers."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def getbasetemp(self) -> Path:
        self.base.mkdir(exist_ok=True)
        return self.base


def _ask(folder: Path, worker: str) -> None:
    os.environ["PYTEST_XDIST_WORKER"] = worker
    made_once(Session(folder / worker), "city", lambda home: _note(home, worker))  # type: ignore[arg-type]


def _note(home: Path, worker: str) -> None:
    with (home / "made").open("a", encoding="utf-8") as file:
        file.write(f"{worker}\n")


def test_of_several_workers_one_makes_it(tmp_path: Path) -> None:
    workers = [
        multiprocessing.get_context("spawn").Process(target=_ask, args=(tmp_path, f"gw{number}")) for number in range(3)
    ]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
        assert one.exitcode == 0
    assert len((tmp_path / "made-once" / "city" / "made").read_text(encoding="utf-8").splitlines()) == 1


def test_what_failed_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    session = Session(tmp_path)

    def fail(home: Path) -> None:
        _note(home, "half")
        raise RuntimeError("half of it")

    with pytest.raises(RuntimeError, match="half of it"):
        made_once(session, "city", fail)  # type: ignore[arg-type]
    made = made_once(session, "city", lambda home: _note(home, "whole"))  # type: ignore[arg-type]
    assert (made / "made").read_text(encoding="utf-8") == "whole\n"
    assert made_once(session, "city", fail) == made  # type: ignore[arg-type]
