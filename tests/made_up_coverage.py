"""The hamlet with columns that reach no path, and with a preparation between source and mapping."""

from pathlib import Path

from made_up_city import Hamlet, write_hamlet

PREPARE = """\
CREATE MACRO cleaned(cell) AS nullif(trim(cell), '');
CREATE VIEW opened AS SELECT * FROM source.tenders;
CREATE VIEW tenders AS
SELECT _row, number, cleaned(title) AS title, status, estimate, changed, upper(office) AS office, memo FROM opened;
"""


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def hamlet_with_more(root: Path, *, prepare: str = "") -> Hamlet:
    """Write a hamlet whose tenders have an office, a memo that is blank, and a floor; and a table that nobody reads."""
    hamlet = write_hamlet(root)
    replace(hamlet.folder / "city.yaml", "estimate, changed]", "estimate, changed, office, memo, floor]")
    replace(
        hamlet.folder / "city.yaml",
        "disclosure:",
        "      notes: {file: notes.csv, key: [note], columns: [note, text], lookup: true}\ndisclosure:",
    )
    lines = (hamlet.sources / "tenders.csv").read_text(encoding="utf-8").splitlines()
    added = [f"{line},Town Hall, ,2" for line in lines[1:]]
    (hamlet.sources / "tenders.csv").write_text(
        "\n".join([f"{lines[0]},office,memo,floor", *added, ""]), encoding="utf-8"
    )
    (hamlet.sources / "notes.csv").write_text("note,text\n1,x\n2,y\n", encoding="utf-8")
    if prepare:
        (hamlet.folder / "prepare.sql").write_text(prepare, encoding="utf-8")
    return hamlet
