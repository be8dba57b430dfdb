"""What is told of a column."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_profiles import column, profiled

from pregon.profiling import values


def test_filled_blank_missing_and_null_words_are_told_apart(tmp_path: Path) -> None:
    made = column(tmp_path, ["a b c", "  ", None, "N/A", "N/A", "d e f"])
    assert (made.filled, made.blank, made.missing) == (4, 1, 1)
    assert [(word.value, word.rows, word.declared) for word in made.null_words] == [("N/A", 2, False)]
    assert made.filled_share == pytest.approx(2 / 6)


def test_null_words_that_are_declared_are_seen_and_said_so(tmp_path: Path) -> None:
    made = column(tmp_path, ["12", "none of it", "None", "13"], called="amount", null_values=("none of it",))
    assert {(word.value, word.declared) for word in made.null_words} == {("none of it", True), ("None", False)}
    assert made.kind == "integer"


def test_dates_that_stand_for_none_do_not_stretch_the_range(tmp_path: Path) -> None:
    made = column(tmp_path, ["1900-01-01 00:00:00", "2019-02-14 15:00:00", "2018-01-02 00:00:00"], called="CloseDate")
    assert [(word.value, word.family) for word in made.null_words] == [("1900-01-01 00:00:00", "date")]
    assert made.range is not None
    assert (made.range.lowest, made.range.highest, made.range.rows) == ("2018-01-02", "2019-02-14 15:00:00", 2)


def test_impossible_years_and_days_are_found(tmp_path: Path) -> None:
    made = column(tmp_path, ["07/01/0201", "12/31/2020", "02/30/2020", "01/15/2020"], called="start")
    assert {(finding.code, finding.rows, finding.examples) for finding in made.findings} == {
        ("years_out_of_range", 1, ("07/01/0201",)),
        ("impossible_dates", 1, ("02/30/2020",)),
    }


def test_a_day_above_twelve_decides_what_is_the_month(tmp_path: Path) -> None:
    months = column(tmp_path / "m", ["01/02/2020", "12/31/2020"], called="due").date_formats[0]
    days = column(tmp_path / "d", ["01/02/2020", "31/12/2020"], called="due").date_formats[0]
    assert (months.form, months.strptime, months.decided, months.ambiguous) == ("MM/DD/YYYY", "%m/%d/%Y", "values", 1)
    assert (days.form, days.strptime, days.decided) == ("DD/MM/YYYY", "%d/%m/%Y", "values")


@pytest.mark.parametrize(("month_first", "form"), [(True, "MM/DD/YYYY"), (False, "DD/MM/YYYY")])
def test_without_one_it_is_a_guess_and_said_so(tmp_path: Path, month_first: bool, form: str) -> None:
    made = column(tmp_path, ["01/02/2020", "03/04/2020"], called="due", month_first=month_first)
    assert (made.date_formats[0].form, made.date_formats[0].decided) == (form, "undecided")
    assert [finding.code for finding in made.findings] == ["undecided_dates"]


def test_days_and_months_in_both_orders_are_found(tmp_path: Path) -> None:
    made = column(tmp_path, ["12/31/2020", "01/31/2020", "31/01/2020"], called="due")
    assert (made.date_formats[0].exchanged, made.date_formats[0].impossible) == (1, 0)
    assert "day_and_month_exchanged" in {finding.code for finding in made.findings}


def test_several_ways_of_writing_dates_are_found(tmp_path: Path) -> None:
    made = column(tmp_path, ["2020-01-31"] * 3 + ["01/31/2020"], called="due")
    assert {one.form: one.rows for one in made.date_formats} == {"YYYY-MM-DD": 3, "MM/DD/YYYY": 1}
    assert [(finding.code, finding.rows) for finding in made.findings] == [("mixed_date_formats", 1)]


def test_amounts_that_must_not_be_read_are_found(tmp_path: Path) -> None:
    values = ["$0", "$0 - $0", "-5.00", "31.65/MT", "76500.0025.95625.00", "$2 - $3", *(f"{n}.50" for n in range(40))]
    made = column(tmp_path, values, called="Award")
    assert {finding.code: finding.rows for finding in made.findings} == {
        "zero_amounts": 2,
        "negative_amounts": 1,
        "unit_prices": 1,
        "run_together_amounts": 1,
        "amount_ranges": 2,
    }
    assert made.currencies == {"$": 3}
    assert made.range is not None
    assert (made.range.lowest, made.range.highest) == ("-5", "39.5")


def test_an_amount_of_nines_is_no_placeholder_but_a_number_is(tmp_path: Path) -> None:
    amounts = column(tmp_path / "a", ["999999", "12.50", "13.50"], called="amount")
    numbers = column(tmp_path / "n", ["99999999999", "B69683203", "B69683204", "B5"], called="Specification Number")
    assert amounts.null_words == ()
    assert [(word.value, word.family) for word in numbers.null_words] == [("99999999999", "placeholder")]


def test_what_texts_hide_is_found(tmp_path: Path) -> None:
    texts = [
        "TYPE<BR>Road salt",
        "Tom &amp; Co",
        "Children\ufffds Services",
        "two\nlines",
        " blanks around ",
        "TEST please ignore",
        "the \x93City\x94",
        "V1.80111500",
    ]
    made = column(tmp_path, texts, called="title")
    assert {finding.code for finding in made.findings} == {
        "markup",
        "entities",
        "replacement_characters",
        "line_breaks",
        "outer_blanks",
        "test_rows",
        "control_characters",
        "code_prefix",
    }


def test_one_thing_in_several_spellings_is_found(tmp_path: Path) -> None:
    made = column(tmp_path, ["Goods and Services"] * 5 + ["Goods & Services"] * 2 + ["Works"], called="category")
    [finding] = made.findings
    assert (finding.code, finding.rows, finding.examples) == (
        "spelling_variants",
        2,
        ("Goods and Services / Goods & Services",),
    )


def test_cells_of_several_values_are_found(tmp_path: Path) -> None:
    wards = ["North", "South", "East", "North,South", "South,East", "North,East", "North,South,East"]
    assert "several_values" in {finding.code for finding in column(tmp_path, wards, called="wards").findings}


def test_personal_columns_show_no_value(tmp_path: Path) -> None:
    people = [f"{name} Example" for name in ("Maria", "John", "Ana", "Peter", "Laura", "Carlos", "Linda", "Jose")]
    made = column(tmp_path, people, called="Buyer Name")
    assert [(one.data, one.where) for one in made.personal] == [("person", "name")]
    assert made.range is None
    shown = made.model_dump_json()
    assert not any(name.split()[0] in shown for name in people)


def test_an_address_inside_a_text_is_counted_and_that_value_masked(tmp_path: Path) -> None:
    texts = [f"Offers for road number {number} are invited from everybody" for number in range(9)]
    made = column(tmp_path, [*texts, "Write to ana.perez@city.example or 416-555-0123"], called="description")
    assert {(one.data, one.where, one.rows) for one in made.personal} == {("email", "text", 1), ("phone", "text", 1)}
    assert "ana.perez" not in made.model_dump_json()
    assert "road number" in made.model_dump_json()


def test_tax_numbers_have_no_range(tmp_path: Path) -> None:
    made = column(tmp_path, ["800123456", "900123456"], called="nit_proveedor")
    assert made.range is None
    assert all(example.masked for example in (*made.frequent, *made.random))


def test_all_codes_are_shown_with_their_rows(tmp_path: Path) -> None:
    codes = [f"code {number % 20}" for number in range(200)]
    made = column(tmp_path, codes, called="status")
    assert made.kind == "code"
    assert {example.rows for example in made.frequent} == {10}
    assert len(made.frequent) == 20


def test_many_different_values_are_estimated_and_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "HELD", 100)
    monkeypatch.setattr(values, "EXACT", 500)
    numbers = [f"N-{number % 3_000}" for number in range(6_000)]
    made = column(tmp_path, numbers, called="number")
    assert not made.distinct.exact
    assert made.distinct.count == pytest.approx(3_000, rel=0.1)


def test_what_may_be_a_key_is_counted_whatever_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "HELD", 100)
    monkeypatch.setattr(values, "EXACT", 500)
    made = profiled(tmp_path, {"id": [f"N-{number}" for number in range(6_000)]})
    assert made.columns[0].unique
    assert made.columns[0].distinct.count == 6_000
    assert made.key.holds


@pytest.mark.parametrize("held", [0, 50_000])
def test_it_is_the_same_whether_values_are_held_or_streamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(values, "HELD", held)
    made = column(tmp_path, ["x1", "x1", "x1", "x2", "x2", " x3", "None"], called="thing id")
    assert [(example.value, example.rows) for example in made.frequent][:2] == [("x1", 3), ("x2", 2)]
    assert (made.distinct.count, made.distinct.exact) == (4, True)
    assert [word.rows for word in made.null_words] == [1]


CELLS = (
    st.sampled_from(
        [
            "",
            " ",
            "None",
            "N/A",
            "12",
            "$12.00",
            "1,5",
            "01/02/2020",
            "2020-02-01",
            "31/12/2019",
            "Open",
            "open ",
            "<b>x</b>",
            "a@b.example",
            "Maria Example",
            "1900-01-01",
            "99999999",
            "x" * 50,
        ]
    )
    | st.none()
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=30),
    st.sampled_from(["status", "amount", "due date", "supplier name", "number"]),
    st.integers(),
)
def test_the_order_of_rows_does_not_matter(
    tmp_path: Path, rows: list[tuple[str | None, str | None]], name: str, seed: int
) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    first, second = (
        profiled(tmp_path, {"a": [row[0] for row in order], "b": [row[1] for row in order]}, names={"a": name})
        for order in (rows, shuffled)
    )
    assert first == second
