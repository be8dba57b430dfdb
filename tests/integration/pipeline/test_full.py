"""`--full`: sources are read whole and every process is looked at, but what says the same gets no release."""

import json
from pathlib import Path

import pytest
from command_line import pregon
from made_up_city import LATER, MOMENT, write_hamlet

pytestmark = pytest.mark.integration


def test_a_full_run_looks_at_every_process_and_releases_none_that_is_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    assert pregon(*hamlet.arguments(MOMENT)).code == 0

    def looked_at(moment: str, *options: str) -> int:
        done = pregon(*hamlet.arguments(moment), *options)
        assert done.code == 0, done.err
        assert "0 new releases" in done.out
        name = moment.replace("-", "").replace(":", "")
        summary = hamlet.home / "internal" / "hamlet" / "runs" / name / "summary.json"
        return int(json.loads(summary.read_text())["processes"])

    assert looked_at(LATER) == 0
    assert looked_at(LATER.replace("-02T", "-03T"), "--full") == 3
