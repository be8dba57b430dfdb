"""A source whose columns change: the error names the lines of the city's folder that rely on them."""

import sqlite3
from pathlib import Path

import pytest
from command_line import pregon
from made_up_city import CITY, LATER, MOMENT, SOURCES, Hamlet, write_hamlet

pytestmark = pytest.mark.integration

SQL = """\
-- estimates
CREATE VIEW tenders AS
SELECT * REPLACE (replace(estimate, '$', '') AS estimate)
FROM source.tenders;
"""


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    return hamlet


def test_a_column_that_is_gone_is_told_with_what_it_feeds(hamlet: Hamlet) -> None:
    (hamlet.folder / "prepare.sql").write_text(SQL, encoding="utf-8")
    assert pregon(*hamlet.arguments(MOMENT)).code == 0
    text = SOURCES["tenders.csv"].replace("estimate", "estimated_value", 1)
    (hamlet.sources / "tenders.csv").write_text(text, encoding="utf-8")
    done = pregon(*hamlet.arguments())
    assert done.code != 0
    assert "has no column 'estimate'" in done.err
    assert "did you mean 'estimated_value'?" in done.err
    assert "cities/hamlet/mapping.yaml:6: bindings.tender/value/amount" in done.err.replace("\n", " ")
    assert "cities/hamlet/prepare.sql:3" in done.err


def test_a_column_whose_type_changed_is_told_with_what_it_feeds(hamlet: Hamlet, tmp_path: Path) -> None:
    database = tmp_path / "erp.sqlite"
    head, _, rest = CITY.partition("sources:\n")
    tail = rest.partition("disclosure:")[2]
    text = f"""{head}sources:
  erp:
    kind: sql
    url: sqlite:///{database}
    tables:
      tenders: {{key: [number], columns: [number, title, status, estimate, changed]}}
      documents: {{key: [number, document], columns: [number, document, address]}}
      firms: {{key: [firm], lookup: true, columns: [firm, name]}}
      awards: {{key: [award], columns: [award, number, firm, amount]}}
disclosure:{tail}"""
    (hamlet.folder / "city.yaml").write_text(text, encoding="utf-8")
    for kind, moment in (("TEXT", MOMENT), ("REAL", LATER)):
        database.unlink(missing_ok=True)
        with sqlite3.connect(database) as erp:
            for file, lines in SOURCES.items():
                names, *rows = (line.split(",") for line in lines.splitlines())
                columns = ", ".join(f"{name} {kind if name == 'amount' else 'TEXT'}" for name in names)
                erp.execute(f"CREATE TABLE {file.removesuffix('.csv')} ({columns})")
                marks = ",".join("?" * len(names))
                erp.executemany(f"INSERT INTO {file.removesuffix('.csv')} VALUES ({marks})", rows)
        erp.close()
        done = pregon("run", "hamlet", "--home", hamlet.home, "--as-of", moment)
        assert (done.code == 0) is (kind == "TEXT"), done.err
    told = " ".join(done.err.split())
    assert "erp.awards: columns changed their type: 'amount' was TEXT, is REAL" in told
    assert "cities/hamlet/mapping.yaml:10: bindings.awards/value/amount" in told
    assert pregon("run", "hamlet", "--home", hamlet.home, "--as-of", LATER, "--accept", "drift").code == 0
