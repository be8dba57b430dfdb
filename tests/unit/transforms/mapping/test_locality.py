"""Which SELECTs look at one row at a time; the trees come from DuckDB itself."""

import json
from typing import Any

import duckdb
import pytest

from transforms.mapping.locality import Functions, Scope


def parsed(sql: str) -> Any:
    with duckdb.connect() as connection:
        row = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    assert row is not None
    return json.loads(row[0])["statements"][0]["node"]


SCOPE = Scope(
    Functions(
        frozenset({"sum", "min", "list", "first", "total", "count_star"}),
        frozenset({"with_events"}),
        {"open_tenders": parsed("SELECT *, 1 AS n FROM source.tenders"), "counted": parsed("SELECT sum(a) FROM t")},
    ),
    frozenset({"tenders", "bids"}),
    {"clean": True, "grouped": False, "bids": False, "past": False},
    frozenset({"past"}),
)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT _row, title FROM source.tenders",
        "SELECT t._row, upper(t.title) AS title FROM source.tenders t WHERE t.status IN ('A', 'B')",
        "SELECT * FROM tenders",
        "SELECT *, CASE WHEN a BETWEEN 1 AND 2 THEN NOT b END AS c FROM (SELECT *, x::INT AS a FROM clean) WHERE a > 1",
        "SELECT _row, v FROM source.tenders, unnest(lots) AS u(v)",
        "SELECT _row, unnest(lots) AS lot FROM source.tenders",
        "SELECT _row, list_transform(l, lambda x: x + 1) FROM source.bids",
        "SELECT _row, 1 AS n FROM source.tenders UNION ALL SELECT _row, 2 FROM clean",
        "SELECT _row, a FROM source.tenders ORDER BY a",
        "SELECT _row, n FROM open_tenders()",
        "SELECT * FROM source.tenders UNION ALL SELECT * REPLACE (1 AS a) FROM source.tenders",
        "SELECT a, _row FROM source.tenders UNION ALL BY NAME SELECT _row, a FROM clean",
        "SELECT _row FROM source.tenders UNION ALL SELECT sum(a) FROM source.bids WHERE with_events() GROUP BY a",
        "SELECT t._row, p.at FROM source.tenders t LEFT JOIN past p ON p.no = t.no",
        "SELECT t._row FROM source.tenders t LEFT JOIN (FROM source.bids WHERE with_events() AND a) b USING (no)",
    ],
)
def test_a_select_of_one_row_at_a_time_is_local(sql: str) -> None:
    assert SCOPE.local(parsed(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT min(_row) AS _row, sum(a) FROM source.tenders GROUP BY b",
        "SELECT _row, sum(a) OVER () FROM source.tenders",
        "SELECT _row, (SELECT max(x) FROM clean) AS most FROM source.tenders",
        "SELECT _row FROM source.tenders WHERE no IN (SELECT no FROM source.bids)",
        "SELECT _row FROM source.tenders WHERE EXISTS (SELECT 1 FROM source.bids)",
        "SELECT t._row FROM source.tenders t JOIN source.bids b ON b.no = t.no",
        "SELECT t._row FROM source.tenders t, source.bids b",
        "SELECT DISTINCT _row FROM source.tenders",
        "SELECT _row FROM source.tenders LIMIT 3",
        "SELECT _row FROM source.tenders UNION SELECT _row FROM clean",
        "SELECT _row, 1 AS n FROM source.tenders UNION ALL SELECT 'x', _row FROM clean",
        "SELECT * FROM source.tenders UNION ALL SELECT * FROM clean",
        "SELECT _row FROM grouped",
        "SELECT _row FROM bids",
        "SELECT _row FROM elsewhere",
        "SELECT _row FROM (SELECT min(_row) AS _row FROM source.tenders GROUP BY a)",
        "WITH x AS (SELECT * FROM source.tenders) SELECT _row FROM x",
        "SELECT _row, total(a) AS a FROM source.tenders",
        "SELECT _row FROM source.tenders QUALIFY row_number() OVER (PARTITION BY no) = 1",
        "SELECT _row FROM source.tenders USING SAMPLE 10%",
        "SELECT no AS _row FROM source.tenders",
        "SELECT lower(_row) AS _row FROM source.tenders",
        "SELECT * REPLACE (no AS _row) FROM source.tenders",
        "SELECT * EXCLUDE (a), no AS _row FROM source.tenders",
        "SELECT nested._row FROM source.tenders t",
        "SELECT a._row FROM source.tenders AS t(a, b)",
        "SELECT _row FROM source.tenders, unnest(l) AS u(_row)",
        "SELECT _row FROM range(3) AS r(_row)",
        "SELECT title FROM source.tenders",
        "SELECT _row FROM counted()",
        "SELECT _row FROM unknown()",
        "SELECT * FROM source.tenders UNION ALL SELECT * REPLACE (no AS _row) FROM source.tenders",
        "SELECT *, 1 FROM source.tenders UNION ALL SELECT 1, * FROM source.tenders",
        "SELECT _row FROM source.tenders UNION ALL BY NAME SELECT min(_row) AS _row FROM source.bids",
        "SELECT _row FROM source.tenders UNION ALL SELECT count(*) FROM source.bids WHERE with_events()",
        "SELECT _row FROM source.tenders UNION ALL SELECT sum(a) FROM source.bids WHERE with_events() OR a GROUP BY a",
        "SELECT t._row FROM source.tenders t RIGHT JOIN past p ON p.no = t.no",
        "SELECT p._row FROM source.tenders t LEFT JOIN past p ON p.no = t.no",
    ],
)
def test_what_may_look_further_is_not(sql: str) -> None:
    assert not SCOPE.local(parsed(sql))
