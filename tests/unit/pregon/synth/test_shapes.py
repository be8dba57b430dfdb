"""The database looks like a real one: skewed, seasonal, dirty in known places and no more than that."""

import datetime as dt
import re
from collections import Counter
from itertools import pairwise

from pregon.synth.schema import KEYS

from .conftest import Query


def test_most_tenders_get_one_to_four_bids_and_some_none_or_many(query: Query) -> None:
    counts = Counter(
        count for (count,) in query("SELECT bids_received FROM solicitations WHERE bids_received IS NOT NULL")
    )
    total = sum(counts.values())
    assert sum(counts[number] for number in (1, 2, 3, 4)) > 0.6 * total
    assert 0.03 * total < counts[0] < 0.15 * total
    assert max(counts) >= 12


def test_few_vendors_win_a_lot_and_many_never(query: Query) -> None:
    wins = [n for (n,) in query("SELECT count(*) FROM award_suppliers GROUP BY vendor_id ORDER BY 1 DESC")]
    [(vendors,)] = query("SELECT count(*) FROM vendors")
    assert sum(wins[: vendors // 10]) > 0.4 * sum(wins)
    assert len(wins) < 0.95 * vendors


def test_a_process_has_a_sane_size_and_a_few_are_giants(query: Query) -> None:
    sizes = [n for (n,) in query("SELECT count(*) FROM line_items GROUP BY sol_no ORDER BY 1")]
    assert sizes[-1] >= 1200
    assert sizes[len(sizes) // 2] <= 4
    assert sum(size > 100 for size in sizes) / len(sizes) < 0.002
    assert 3 < sum(sizes) / len(sizes) < 6
    [(processes,)] = query("SELECT count(*) FROM solicitations")
    for table, least, most in (("bids", 1.8, 3.2), ("contracts", 0.5, 0.75), ("payments", 1.0, 2.0)):
        [(rows,)] = query(f"SELECT count(*) FROM {table}")
        assert least < rows / processes < most, table


def test_past_open_and_planned_fall_around_the_day(query: Query, as_of: dt.date) -> None:
    status = Counter(code.strip().upper() for (code,) in query("SELECT status_code FROM solicitations"))
    assert set(status) == {"PLN", "DRAFT", "OPEN", "EVAL", "AWD", "AWARDED", "CAN", "NOB", "REJ", "REB"}
    day = as_of.isoformat()
    assert query(
        "SELECT count(*) FROM solicitations WHERE lower(trim(status_code)) = 'open' AND closes_at < ?", day
    ) == [(0,)]
    assert query("SELECT count(*) FROM solicitations WHERE status_code = 'PLN' AND published_at < ?", day) == [(0,)]
    [(oldest,)] = query("SELECT min(published_at) FROM solicitations")
    assert oldest < "2020-09"


def test_more_is_advertised_when_the_fiscal_year_ends_than_at_its_turn(query: Query) -> None:
    months = Counter(int(month) for (month,) in query("SELECT substr(published_at, 6, 2) FROM solicitations"))
    assert months[4] + months[5] > 1.3 * (months[11] + months[12])


def test_estimates_spread_over_orders_of_magnitude(query: Query) -> None:
    budgets = sorted(amount for (amount,) in query("SELECT budget_amount FROM solicitations"))
    assert budgets[len(budgets) * 95 // 100] > 20 * budgets[len(budgets) * 5 // 100]
    assert sum(budgets) / len(budgets) > 1.5 * budgets[len(budgets) // 2]


def test_a_failed_tender_is_repeated_later_under_a_new_number(query: Query) -> None:
    pairs = query(
        "SELECT old.status_code, old.title, new.title, old.closes_at, new.published_at FROM solicitations new"
        " JOIN solicitations old ON old.sol_no = new.previous_sol_no"
    )
    assert len(pairs) >= 5
    for status, old_title, new_title, closed, published in pairs:
        assert status == "REB"
        assert (
            old_title.strip().upper() == new_title.strip().upper()
            or "TEST" in old_title + new_title
            or ("DRAFT" in new_title)
        )
        assert closed < published


def test_awards_may_have_several_suppliers_and_solicitations_several_awards(query: Query) -> None:
    assert query("SELECT count(*) FROM (SELECT 1 FROM award_suppliers GROUP BY award_no HAVING count(*) > 1)")[0][0] > 3
    assert query("SELECT count(*) FROM (SELECT 1 FROM awards GROUP BY sol_no HAVING count(*) > 1)")[0][0] > 20
    assert {code.upper() for (code,) in query("SELECT DISTINCT status_code FROM awards")} == {"FINAL", "PEND", "CAN"}


def test_amounts_and_dates_are_spelled_in_several_ways(query: Query) -> None:
    amounts = {re.sub(r"[0-9]+", "9", amount) for (amount,) in query("SELECT amount FROM bids")}
    assert {"$9,9.9", "USD 9,9.9", "9.9", " $ 9,9.9", "9,9.9 USD"} <= amounts
    dates = {re.sub(r"[0-9]", "9", date) for (date,) in query("SELECT signed_on FROM contracts")}
    assert dates == {"9999-99-99", "99/99/9999"}
    ends = {date for (date,) in query("SELECT end_on FROM contracts")}
    assert {"1900-01-01", "2200-12-31"} <= ends
    assert {"", " ", "TBD"} <= {estimate for (estimate,) in query("SELECT estimate FROM solicitations")}


def test_dirt_is_there_and_rare(query: Query) -> None:
    found: Counter[str] = Counter()
    for table, key in KEYS.items():
        columns = ", ".join(key)
        blank = " OR ".join(f"trim(coalesce({column}, '')) = ''" for column in key)
        found["empty key"] += query(f"SELECT count(*) FROM {table} WHERE {blank}")[0][0]
        found["duplicate"] += query(
            f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {columns} HAVING count(*) > 1)"
        )[0][0]
    for child, parent, column in (("bids", "solicitations", "sol_no"), ("invoices", "contracts", "contract_no")):
        statement = f"SELECT count(*) FROM {child} WHERE {column} NOT IN (SELECT {column} FROM {parent})"
        found["orphan"] += query(statement)[0][0]
    [(rows,)] = query("SELECT (SELECT count(*) FROM line_items) + (SELECT count(*) FROM bids)")
    assert all(found[kind] >= 2 for kind in ("empty key", "duplicate", "orphan"))
    assert sum(found.values()) < 0.005 * rows


def test_names_are_bilingual_and_nobody_can_be_reached(query: Query) -> None:
    titles = [title for (title,) in query("SELECT title FROM solicitations WHERE lang = 'ES'")]
    assert len(titles) > 50
    assert any(letter in title for title in titles for letter in "áéíóúñ")
    for (email,) in query("SELECT email FROM vendors WHERE email <> '' UNION SELECT buyer_email FROM solicitations"):
        assert re.fullmatch(r"[a-z0-9.+-]+@[a-z0-9.]+\.example", email), email
    for (phone,) in query("SELECT phone FROM vendors UNION SELECT buyer_phone FROM solicitations"):
        assert re.fullmatch(r"\(555\) 01\d-\d{4}", phone), phone


def test_vendor_names_are_distinct(query: Query) -> None:
    names = sorted(name.strip().upper() for (name,) in query("SELECT legal_name FROM vendors"))
    repeated = sum(one == other for one, other in pairwise(names))
    assert repeated <= len(names) * 0.02
