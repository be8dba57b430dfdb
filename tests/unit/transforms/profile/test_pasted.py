"""What is ready to paste can be pasted: city.yaml, prepare.sql and mapping.yaml take it."""

from pathlib import Path

import duckdb
import yaml
from made_up_profiles import profiled

from pregon.city_sources.files import FilesTable
from transforms.mapping.fields import PathFacts
from transforms.mapping.model import Binding
from transforms.mapping.sql import macros
from transforms.ocds import field_table
from transforms.profile.model import TableProfile


def purchases(folder: Path) -> TableProfile:
    """A table as an office exports it."""
    return profiled(
        folder,
        {
            "bid_no": [f"2026-{number:03}" for number in range(20)],
            "title": [f"Thing number {number} of the office" for number in range(20)],
            "how": ["IFB", "RFP"] * 10,
            "due": ["02/03/2026", "12/31/2026"] * 9 + ["2026-01-31", "None"],
            "estimate": [f"${number},250.00" for number in range(1, 20)] + ['say "9k"'],
            "vendor_name": [f"Paving {number} Ltd" for number in range(20)],
            "amount": ["N/A", "12.50"] * 10,
        },
        name="purchases",
        names={"bid_no": "Bid No"},
        undeclared=["Buyer E-mail", "Año", "2nd note", "title_es"],
        null_values=('old "one"',),
    )


def test_lines_of_city_yaml_are_a_table(tmp_path: Path) -> None:
    read = yaml.safe_load(purchases(tmp_path).city_yaml)
    assert read == {"purchases": {"null_values": ['old "one"', "N/A", "None"]}}
    FilesTable(file="x.csv", key=["bid_no"], columns=["bid_no"], **read["purchases"])


def test_undeclared_columns_can_be_uncommented(tmp_path: Path) -> None:
    text = purchases(tmp_path).city_yaml.replace("  #   ", "    ").replace("  # The", "  columns:  # The")
    columns = yaml.safe_load(text)["purchases"]["columns"]
    assert columns == {
        "buyer_e_mail": {"from": "Buyer E-mail"}, "ano": {"from": "Año"}, "column_2nd_note": {"from": "2nd note"},
        "title_es": None,
    }  # fmt: skip
    FilesTable(file="x.csv", key=["ano"], columns=columns)


def test_the_view_reads_every_value_that_can_be_read(tmp_path: Path) -> None:
    made = purchases(tmp_path)
    with duckdb.connect() as connection:
        for macro in macros("America/Chicago"):
            connection.execute(macro)
        connection.execute("CREATE SCHEMA source")
        connection.execute(
            f"CREATE VIEW source.purchases AS SELECT 'x' AS _row, * FROM read_parquet('{tmp_path}/rows.parquet')"
        )
        connection.execute(made.prepare_sql)
        counts = connection.execute(
            "SELECT count(*), count(due), count(estimate), count(amount) FROM purchases"
        ).fetchall()
        assert counts == [(20, 19, 19, 10)]
        types = dict(
            connection.execute(
                "SELECT column_name, data_type FROM (DESCRIBE purchases) t(column_name, data_type, a, b, c, d)"
            ).fetchall()
        )
    assert types["due"] == "DATE"
    assert types["estimate"].startswith("DECIMAL")


def test_bindings_are_bindings_to_paths_that_exist(tmp_path: Path) -> None:
    facts = PathFacts(field_table())
    bindings = yaml.safe_load(purchases(tmp_path).mapping_yaml)["bindings"]
    for path, binding in bindings.items():
        Binding.model_validate(binding)
        found = facts.get(path)
        assert found is not None
        assert found.kind == "scalar"
    assert bindings["tender/value/currency"] == {"value": "USD"}
    assert bindings["tender/procurementMethod"] == {"from": "purchases.how", "codelist": "method"}
    assert bindings["tender/tenderPeriod/endDate"] == {"from": "purchases.due", "time": "end"}


def test_organizations_are_no_bindings(tmp_path: Path) -> None:
    made = purchases(tmp_path)
    assert "awards/suppliers/name" not in yaml.safe_load(made.mapping_yaml)["bindings"]
    assert "# parties: awards/suppliers/name from purchases.vendor_name" in made.mapping_yaml


def test_nothing_to_propose_is_nothing(tmp_path: Path) -> None:
    made = profiled(tmp_path, {"qx": ["A1", "A2"]})
    assert (made.city_yaml, made.mapping_yaml) == ("", "")
