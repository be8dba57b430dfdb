"""A run that is killed in any stage and repeated with the same clock leaves the same bytes as an undisturbed one."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from city_copies import copy_city, edit
from command_line import pregon
from made_up_city import LATER, MOMENT, write_hamlet

from pregon.pipeline import STAGES
from pregon.synth import advance, generate

from .conftest import FIRST_RUN, Published

pytestmark = pytest.mark.integration

THREADS = 2

PROCESSES = 24
STAGE_MOMENTS = 4
"""Moments of each stage at which a stage of the large city is killed: first act, last act, and between."""

RUN_MOMENTS = 6
"""The same for whole runs of the small city."""


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """A small Riverbend that is pushed to a folder; nothing has run yet."""
    home = tmp_path / "home"
    city_file = copy_city("riverbend", tmp_path / "cities") / "city.yaml"
    with city_file.open("a", encoding="utf-8") as file:
        file.write(f"\ntargets: {{portal: {{kind: filesystem, path: {home / 'portal'}}}}}\n")
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / "cities"))
    made = Published("riverbend", home)
    made.database.parent.mkdir(parents=True)
    generate(f"sqlite:///{made.database}", processes=PROCESSES, seed=5, as_of=FIRST_RUN)
    # The key of pseudonyms is drawn once for a city: with another one every pseudonym would differ.
    key = home / "internal" / "riverbend" / "pseudonym.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(bytes(range(32)))
    return made


def _drive(kind: str, tmp_path: Path, **settings: object) -> dict[str, Any]:
    """Run the driver; give per stage how many moments it has, at how many it was killed, and what was wrong then."""
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({**settings, "copies": str(tmp_path / "copies")}))
    tests = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("crash_driver.py"), kind, file],
        env={**os.environ, "PYTHONPATH": f"{tests}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert tuple(report) == STAGES
    for stage, found in report.items():
        assert found["moments"] > 0, stage
        assert found["killed"] == min(settings["moments"], found["moments"]), stage
    return {stage: found["faults"] for stage, found in report.items() if found["faults"]}


def test_each_stage_can_be_killed_anywhere_and_repeated(city: Published, tmp_path: Path) -> None:
    """On the second run, which reuses, replaces and removes what the first one left."""
    city.run(FIRST_RUN)
    advance(f"sqlite:///{city.database}", days=2)
    as_of = (FIRST_RUN + dt.timedelta(days=2)).isoformat()
    faults = _drive("stages", tmp_path, home=str(city.home), slug=city.slug, as_of=as_of, moments=STAGE_MOMENTS)
    assert faults == {}


def test_each_stage_of_a_first_publication_of_events_can_be_killed_anywhere_and_repeated(
    city: Published, tmp_path: Path
) -> None:
    with (tmp_path / "cities" / "riverbend" / "city.yaml").open("a", encoding="utf-8") as file:
        file.write("history: events\n")
    as_of = FIRST_RUN.isoformat()
    faults = _drive("stages", tmp_path, home=str(city.home), slug=city.slug, as_of=as_of, moments=2)
    assert faults == {}


@pytest.mark.parametrize("run", ["first", "second"])
def test_a_run_can_be_killed_anywhere_and_repeated_whole(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    with (hamlet.folder / "city.yaml").open("a", encoding="utf-8") as file:
        file.write(f"targets: {{portal: {{kind: filesystem, path: {hamlet.home / 'portal'}}}}}\n")
    hamlet.home.mkdir()
    if run == "second":
        assert pregon(*hamlet.arguments(MOMENT)).code == 0
        edit(hamlet.sources / "awards.csv", "1150", "1175")
        edit(hamlet.sources / "tenders.csv", "T3,Paint,O,,", "T3,Paint,C,90,")
    arguments = [str(argument) for argument in hamlet.arguments(LATER)]
    faults = _drive("runs", tmp_path, home=str(hamlet.home), slug="hamlet", arguments=arguments, moments=RUN_MOMENTS)
    assert faults == {}
