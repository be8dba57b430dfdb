"""A city's target at a Socrata portal, from the command line: what to create, the push, and who is told of it."""

import json
from pathlib import Path

import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import LATER, MOMENT, write_hamlet
from servers.scripted import Reply, scripted_server
from servers.socrata_portal import SocrataPortal

TARGET = """\
targets:
  portal: {kind: socrata, connection: portal_key, datasets: {processes: proc-0001, awards: awar-0001}}
announce: {webhooks: {team: {connection: team_hook}}}
"""


def test_a_portal_is_prepared_pushed_to_and_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path / "hamlet")
    edit(hamlet.folder / "city.yaml", "ocid_prefix: ocds-213czf", "ocid_prefix: ocds-h4m1e7")
    edit(hamlet.folder / "city.yaml", "sources:\n", f"{TARGET}sources:\n")
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    monkeypatch.setenv("PREGON_HOME", str(hamlet.home))
    monkeypatch.setattr("pregon.publishers.base.FIRST_WAIT", 0.0)
    with SocrataPortal() as portal, scripted_server() as receiver:
        portal.publishers["key"] = "secret-of-the-key"
        connection = {"conn_type": "http", "host": portal.url, "login": "key", "password": "secret-of-the-key"}
        monkeypatch.setenv("AIRFLOW_CONN_PORTAL_KEY", json.dumps(connection))
        monkeypatch.setenv("AIRFLOW_CONN_TEAM_HOOK", json.dumps({"conn_type": "http", "host": receiver.address}))
        receiver.answers(Reply(204, b""))
        datasets = {name: portal.writable(name, {"stray": "text"}, None) for name in ("proc-0001", "awar-0001")}

        first = pregon(*hamlet.arguments(MOMENT))
        assert first.code == 1
        assert "make ocid the dataset's row identifier (there is none)" in first.err
        (told,) = [json.loads(request.body)["data"] for request in receiver.requests]
        assert told["targets"] == []

        planned = pregon("push", "hamlet", "--dry-run")
        assert planned.code == 1
        kinds = {"Text": "text", "Number": "number", "Date & Time (floating)": "calendar_date", "URL": "url"}
        name = ""
        for line in planned.err.splitlines():
            if line.endswith("):"):
                name = line.partition("(")[2].removesuffix("):")
            elif line.startswith("  create the column "):
                field, _, rest = line.removeprefix("  create the column ").partition(" of type ")
                datasets[name].types[field] = kinds[rest.rpartition(", for ")[0]]
        for dataset, identifier in (("proc-0001", "ocid"), ("awar-0001", "row_key")):
            datasets[dataset].identifier = identifier

        planned = pregon("push", "hamlet", "--dry-run")
        assert planned.code == 0, planned.err
        assert "processes at proc-0001: 3 rows to add" in planned.out
        assert "other columns are left alone: stray" in planned.out
        assert portal.writes == []

        done = pregon("push", "hamlet")
        assert done.code == 0, done.err
        assert sorted(datasets["proc-0001"].by_key()) == [f"ocds-h4m1e7-T{number}" for number in (1, 2, 3)]
        assert datasets["awar-0001"].by_key()["ocds-h4m1e7-T1/awards/0"]["awards_value_amount"] == "1150"
        # The portal has it only now, so whoever was told before is told again.
        later = [json.loads(request.body)["data"] for request in receiver.requests]
        assert [one["targets"] for one in later] == [[], ["portal"]]
        assert later[0]["snapshot"] == later[1]["snapshot"]
        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 2

        assert pregon(*hamlet.arguments(LATER)).code == 0
        assert len(receiver.requests) == 2

        gone = pregon("redact", "hamlet", "ocds-h4m1e7-T1", "--reason", "not ours", "--by", "Ana", "--yes")
        assert gone.code == 0, gone.err
        assert sorted(datasets["proc-0001"].by_key()) == ["ocds-h4m1e7-T2", "ocds-h4m1e7-T3"]
        assert datasets["awar-0001"].by_key() == {}
        assert "change logs" in gone.out
        assert len(receiver.requests) == 3
        for file in (hamlet.home / "internal/hamlet/targets/portal").iterdir():
            assert b"ocds-h4m1e7-T1" not in file.read_bytes()
