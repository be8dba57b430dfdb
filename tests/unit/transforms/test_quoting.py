"""Names and texts inside DuckDB statements."""

from transforms.quoting import literal, quote


def test_names_and_texts_are_quoted() -> None:
    assert quote('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"
