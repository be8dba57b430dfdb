import pyarrow as pa
import pytest

from transforms.ocds import NoColumn, arrow_type, column_type, field_table, supported_extensions

TABLE = field_table(supported_extensions())


@pytest.mark.parametrize(
    ("path", "logical", "arrow"),
    [
        ("tender/id", "string", pa.string()),
        ("tender/value/amount", "decimal", pa.decimal128(38, 9)),
        ("tender/numberOfTenderers", "integer", pa.int64()),
        ("tender/hasEnquiries", "boolean", pa.bool_()),
        ("date", "timestamp", pa.timestamp("us", tz="UTC")),
        ("tender/documents/url", "string", pa.string()),
        ("tender/submissionMethod", "list<string>", pa.list_(pa.string())),
        ("tender/items/deliveryLocation/geometry/coordinates", "json", pa.string()),
        ("tender/amendments/changes/former_value", "json", pa.string()),
    ],
)
def test_a_leaf_has_one_type_everywhere(path: str, logical: str, arrow: pa.DataType) -> None:
    assert column_type(TABLE[path]) == logical
    assert arrow_type(TABLE[path]) == arrow


def test_each_leaf_has_a_type_and_nothing_else_has() -> None:
    for field in TABLE.values():
        if field.is_leaf:
            column_type(field)
        else:
            with pytest.raises(NoColumn):
                column_type(field)


def test_ids_are_never_numbers() -> None:
    ids = [field for field in TABLE.values() if field.name.endswith(("id", "ID")) and field.is_leaf]
    assert len(ids) > 100
    assert {column_type(field) for field in ids} == {"string"}
