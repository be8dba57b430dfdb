-- Riverbend's e-procurement tables, cleaned: codes in one case, text to amounts and dates, one row per thing.
-- Codes become OCDS codes in mapping.yaml, through codelists/.

-- Two clerks, two habits: 2026-03-09 and 03/09/2026. 1900-01-01 stands for unknown, 2200-12-31 for open-ended.
CREATE MACRO day(cell) AS
  CASE WHEN year(coalesce(TRY_CAST(blank(cell) AS DATE), CAST(local_ts(cell, '%m/%d/%Y') AS DATE))) BETWEEN 1990 AND 2199
       THEN coalesce(TRY_CAST(blank(cell) AS DATE), CAST(local_ts(cell, '%m/%d/%Y') AS DATE)) END;

CREATE MACRO code(cell) AS upper(blank(cell));

-- -$1,200.00 is a credit; TBD and N/A are words for absent.
CREATE MACRO amount(cell) AS money(regexp_replace(blank(cell), '^-\s*\$', '-'));
CREATE MACRO said(cell) AS CASE WHEN code(cell) NOT IN ('TBD', 'N/A') THEN blank(cell) END;
CREATE MACRO unreadable(label, cell, value) AS
  CASE WHEN said(cell) IS NOT NULL AND value IS NULL THEN label || ' can''t be read: ' || blank(cell) END;

-- Where history is to be told by events (docs/reference/history.md), rows say since when they hold. What a row said
-- before is told by versions of it, with _until; a run that needs no events reads none of them.
CREATE MACRO since(moment) AS CASE WHEN with_events() THEN moment END;
CREATE MACRO end_of(day) AS CAST(day AS TIMESTAMP) + INTERVAL 86399 SECOND;

CREATE VIEW departments AS
SELECT _row, dept_code, name, street, city, state, zip FROM source.departments;

-- An estimate may be a range: $9,000 - $24,000.
CREATE MACRO highest(cell) AS coalesce(amount(said(cell)), amount(string_split(blank(cell), ' - ')[2]));
CREATE MACRO lowest(cell) AS CASE WHEN amount(said(cell)) IS NULL THEN amount(string_split(blank(cell), ' - ')[1]) END;

-- The home of a sole trader is nobody's business. Where the flag is blank, the safe reading is taken.
CREATE VIEW vendors AS
SELECT _row, vendor_id, blank(legal_name) AS legal_name, individual AS is_individual,
       CASE WHEN NOT individual THEN blank(street) END AS street,
       CASE WHEN blank(city) = upper(blank(city)) THEN upper(blank(city)[1]) || lower(blank(city)[2:]) ELSE blank(city) END
         AS city,
       state, CASE WHEN NOT individual THEN blank(zip) END AS zip, code(size_code) AS size_code,
       CASE WHEN code(is_individual) IS NULL THEN 'not known whether this vendor is a person: treated as one' END
         AS _findings
FROM (SELECT *, coalesce(code(is_individual), 'Y') <> 'N' AS individual FROM source.vendors);

CREATE VIEW vendor_certifications AS
SELECT _row, cert_id, vendor_id, code(cert_type) AS cert_type,
       blank(cert_name) || CASE WHEN day(expires_on) IS NULL THEN ''
                                WHEN code(status) = 'E' THEN ' (expired ' || strftime(day(expires_on), '%Y-%m-%d') || ')'
                                ELSE ' (until ' || strftime(day(expires_on), '%Y-%m-%d') || ')' END AS description,
       CASE WHEN code(status) = 'R' THEN 'certification revoked' END AS _reject
FROM source.vendor_certifications;

-- A forecast line: its expected advertisement …
CREATE VIEW procurement_plan AS
SELECT _row, plan_id, sol_no, description, 'Expected advertisement: ' || blank(quarter) AS title,
       day(expected_ad_on) AS expected_ad_on, highest(estimated_amount) AS estimated_amount, updated_at,
       since(updated_at) AS _since,
       CASE WHEN code(approved) <> 'Y' THEN 'forecast not approved for publication' END AS _reject,
       unreadable('estimated_amount', estimated_amount, highest(estimated_amount)) AS _findings
FROM source.procurement_plan;

-- … and its money.
CREATE VIEW plan_budgets AS
SELECT _row, plan_id, sol_no, description, estimated_amount, updated_at, _since, _reject FROM procurement_plan;

-- A solicitation is known from its notice on; a plan, and a purchase without competition, from when it was entered. It is
-- decided when it ends: that is its last change.
CREATE MACRO solicitation_records() AS TABLE
SELECT *, CASE WHEN competitive AND code(status_code) <> 'PLN' THEN published_at ELSE updated_at END AS known_at,
       CASE WHEN competitive AND code(status_code) NOT IN ('PLN', 'DRAFT', 'OPEN', 'EVAL') AND updated_at > published_at
            THEN updated_at END AS decided_at
FROM (SELECT *, code(method_code) NOT IN ('SS', 'EM', 'COOP') AS competitive FROM source.solicitations);

CREATE VIEW solicitations AS
SELECT _row, sol_no, sol_no AS tender_no, blank(title) AS title, description, code(method_code) AS method_code,
       code(category_code) AS category_code, code(dept_code) AS dept_code, 'PROC' AS procuring_office,
       code(status_code) AS status_code,
       CASE WHEN competitive THEN published_at END AS published_at, CASE WHEN competitive THEN closes_at END AS closes_at,
       opened_at, day(question_deadline) AS question_deadline,
       CASE WHEN day(question_deadline) IS NOT NULL THEN published_at END AS questions_from,
       prebid_at, blank(prebid_place) AS prebid_place, code(prebid_mandatory) IN ('Y', 'YES') AS prebid_mandatory,
       highest(estimate) AS estimate, lowest(estimate) AS estimate_from,
       blank(budget_line) AS budget_line, budget_amount, code(set_aside_code) AS set_aside_code,
       CASE WHEN TRY_CAST(goal_pct AS INTEGER) > 0
            THEN 'Participation goal for certified firms: ' || blank(goal_pct) || ' % of the contract value' END AS goal,
       amount(said(bid_bond)) AS bid_bond, amount(said(doc_fee)) AS doc_fee, code(award_basis) AS award_basis,
       code(submission_code) AS submission_code, day(term_start) AS term_start, day(term_end) AS term_end,
       bids_received, bids_responsive, blank(previous_sol_no) AS previous_sol_no, blank(cancel_reason) AS cancel_reason,
       updated_at, since(known_at) AS known_at, since(decided_at) AS decided_at, _since, _until,
       CASE WHEN code(status_code) = 'DRAFT' THEN 'draft, not approved for publication'
            WHEN title ILIKE 'test -%' THEN 'test record' END AS _reject,
       unreadable('estimate', estimate, highest(estimate)) AS _findings
FROM (
  SELECT *, since(coalesce(decided_at, known_at)) AS _since, CAST(NULL AS TIMESTAMP) AS _until FROM solicitation_records()
  UNION ALL
  -- Until its end it was open, and nothing was known of its bids.
  SELECT * REPLACE ('OPEN' AS status_code, NULL AS opened_at, NULL AS bids_received, NULL AS bids_responsive, NULL AS cancel_reason),
         known_at, decided_at
  FROM solicitation_records() WHERE with_events() AND decided_at IS NOT NULL
)
UNION ALL BY NAME
-- Before its notice there was its plan, and no tender.
SELECT _row, sol_no, code(dept_code) AS dept_code, blank(budget_line) AS budget_line, budget_amount, updated_at,
       CAST(NULL AS TIMESTAMP) AS _since, known_at AS _until
FROM solicitation_records() WHERE with_events() AND known_at IS NOT NULL;

-- When the solicitation came that other tables' rows belong to.
CREATE VIEW notices AS
SELECT min(_row) AS _row, sol_no, min(known_at) AS known_at, max(coalesce(decided_at, known_at)) AS ended_at
FROM solicitations WHERE with_events() AND _until IS NULL GROUP BY sol_no;

-- What one solicitation row says about its meeting, fees, statistics and predecessor becomes entries of their own.
CREATE VIEW prebid_meetings AS
SELECT _row, sol_no, 'prebid' AS meeting_id, prebid_at, prebid_place,
       CASE WHEN prebid_mandatory THEN 'mandatory' ELSE 'optional' END AS attendance, updated_at, known_at AS _since
FROM solicitations WHERE prebid_at IS NOT NULL AND _reject IS NULL AND _until IS NULL;

CREATE VIEW participation_fees AS
SELECT _row, sol_no, 'bid-bond' AS fee_id, 'deposit' AS fee_type, bid_bond AS amount,
       'Bid bond, returned to those who do not win' AS description, known_at AS _since
FROM solicitations WHERE bid_bond IS NOT NULL AND _reject IS NULL AND _until IS NULL
UNION ALL
SELECT _row, sol_no, 'documents', 'document', doc_fee, 'Printed set of the bidding documents', known_at
FROM solicitations WHERE doc_fee IS NOT NULL AND _reject IS NULL AND _until IS NULL;

CREATE VIEW bid_statistics AS
SELECT _row, sol_no, 'bids' AS measure, bids_received AS value, _since
FROM solicitations WHERE bids_received IS NOT NULL AND _reject IS NULL AND _until IS NULL
UNION ALL
SELECT _row, sol_no, 'validBids', bids_responsive, _since
FROM solicitations WHERE bids_responsive IS NOT NULL AND _reject IS NULL AND _until IS NULL;

CREATE VIEW failed_before AS
SELECT _row, sol_no, 'repeats' AS relation_id, 'ocds-213czf-' || previous_sol_no AS previous_ocid, updated_at,
       known_at AS _since
FROM solicitations WHERE previous_sol_no IS NOT NULL AND _reject IS NULL AND _until IS NULL;

CREATE VIEW unopened_bids AS
SELECT _row, sol_no, 'bids' AS item_id, 'bids' AS field, 'Bids' AS name,
       'The solicitation was cancelled (' || coalesce(lower(cancel_reason), 'no reason given')
         || '); bids were returned unopened.' AS rationale, _since
FROM solicitations WHERE status_code = 'CAN' AND _reject IS NULL AND _until IS NULL;

CREATE VIEW solicitation_documents AS
SELECT d._row, doc_id, d.sol_no, code(doc_type) AS doc_type, title, url, format, lower(blank(lang)) AS lang, posted_at, updated_at,
       since(greatest(posted_at, known_at)) AS _since,
       CASE code(visibility) WHEN 'INTERNAL' THEN 'internal document'
                             WHEN 'DRAFT' THEN 'document not published yet' END AS _reject
FROM source.solicitation_documents d LEFT JOIN notices n ON with_events() AND n.sol_no = d.sol_no;

CREATE VIEW line_items AS
SELECT i._row, i.sol_no, line_no, description, blank(unspsc) AS unspsc,
       CASE WHEN length(digits) = 5 THEN digits[1:3] || '-' || digits[4:5] END AS nigp, quantity, unit, unit_price,
       updated_at, known_at AS _since,
       CASE WHEN length(digits) <> 5 THEN 'nigp_code can''t be read: ' || nigp_code END AS _findings
FROM (SELECT *, replace(blank(nigp_code), '-', '') AS digits FROM source.line_items) i
LEFT JOIN notices n ON with_events() AND n.sol_no = i.sol_no;

CREATE VIEW item_nigp AS
SELECT _row, sol_no, line_no, nigp FROM line_items WHERE nigp IS NOT NULL;

CREATE VIEW questions AS
SELECT q._row, question_id, q.sol_no, vendor_id, question, answer, asked_at, answered_at, updated_at,
       since(greatest(asked_at, answered_at, known_at)) AS _since, CAST(NULL AS TIMESTAMP) AS _until,
       CASE WHEN code(removed) = 'Y' THEN 'removed by the city' END AS _reject
FROM source.questions q LEFT JOIN notices n ON with_events() AND n.sol_no = q.sol_no
UNION ALL BY NAME
SELECT q._row, question_id, q.sol_no, vendor_id, question, asked_at, updated_at,
       greatest(asked_at, known_at) AS _since, answered_at AS _until
FROM source.questions q JOIN notices n ON n.sol_no = q.sol_no
WHERE with_events() AND answered_at IS NOT NULL;

-- Bids are opened when the solicitation ends.
CREATE VIEW bids AS
SELECT b._row, bid_no, b.sol_no, vendor_id, amount(amount) AS amount, submitted_at, code(status_code) AS status_code, updated_at,
       ended_at AS _since, unreadable('amount', amount, amount(amount)) AS _findings
FROM source.bids b LEFT JOIN notices n ON with_events() AND n.sol_no = b.sol_no;

CREATE VIEW awards AS
SELECT _row, award_no, sol_no, blank(bid_no) AS bid_no, day(awarded_on) AS awarded_on, amount(amount) AS amount,
       code(status_code) AS status_code, title, rationale,
       CASE code(has_subs) WHEN 'Y' THEN true WHEN 'N' THEN false END AS has_subs, updated_at,
       since(CASE WHEN code(status_code) = 'CAN' THEN greatest(updated_at, end_of(day(awarded_on))) ELSE end_of(day(awarded_on)) END)
         AS _since, CAST(NULL AS TIMESTAMP) AS _until,
       unreadable('amount', amount, amount(amount)) AS _findings
FROM source.awards
UNION ALL BY NAME
-- What it was before it was cancelled the source does not say.
SELECT _row, award_no, sol_no, blank(bid_no) AS bid_no, day(awarded_on) AS awarded_on, amount(amount) AS amount, title, rationale,
       updated_at, end_of(day(awarded_on)) AS _since, updated_at AS _until
FROM source.awards WHERE with_events() AND code(status_code) = 'CAN';

-- One subcontract per award and firm; it stands on the first of its payments and consumes them all.
CREATE VIEW subcontracts AS
SELECT min(_row) AS _row, list(_row ORDER BY _row) AS _rows, award_no, sub_vendor_id,
       award_no || '-' || sub_vendor_id AS subcontract_id
FROM source.subcontractor_payments
WHERE blank(award_no) IS NOT NULL AND blank(sub_vendor_id) IS NOT NULL
GROUP BY award_no, sub_vendor_id;

-- The days on which a contract became something else: signed, begun, amended, ended. A contract that has not begun has its
-- beginning before it, and that is no event yet.
CREATE VIEW contract_days AS
SELECT _row, contract_no, on_day, lead(on_day) OVER (PARTITION BY _row ORDER BY on_day) AS next_day
FROM (
  SELECT DISTINCT c._row, c.contract_no, on_day
  FROM (SELECT *, unnest([day(signed_on), CASE WHEN code(status_code) <> 'SGN' THEN greatest(day(start_on), day(signed_on)) END,
                          CASE code(status_code) WHEN 'CLO' THEN coalesce(day(closed_on), CAST(updated_at AS DATE))
                                                 WHEN 'CAN' THEN CAST(updated_at AS DATE) END]) AS on_day
        FROM source.contracts
        UNION ALL
        SELECT c.*, greatest(day(a.signed_on), day(c.signed_on))
        FROM source.contracts c JOIN source.contract_amendments a ON a.contract_no = c.contract_no) c
  WHERE with_events() AND on_day IS NOT NULL
);

-- The value of a contract is the signed amount and every change since.
CREATE VIEW contracts AS
SELECT c._row, c.contract_no, sol_no, award_no, title, amount(amount) + coalesce(change, 0) AS amount,
       day(signed_on) AS signed_on, day(start_on) AS start_on, day(end_on) AS end_on, day(max_end_on) AS max_end_on,
       CASE WHEN renewals > 0 THEN renewals END AS renewals, renewals > 0 AS renewable, code(status_code) AS status_code,
       day(closed_on) AS closed_on, amount(final_amount) AS final_amount, updated_at,
       on_day AS _since, CAST(NULL AS DATE) AS _until, unreadable('amount', amount, amount(amount)) AS _findings
FROM source.contracts c
LEFT JOIN (SELECT contract_no, sum(amount(amount_change)) AS change FROM source.contract_amendments GROUP BY contract_no) m
  ON m.contract_no = c.contract_no
LEFT JOIN contract_days d ON with_events() AND d._row = c._row AND d.next_day IS NULL
UNION ALL BY NAME
-- So it was from one of its days to the next. The source keeps only the last end: the one before an amendment is unknown.
SELECT c._row, c.contract_no, sol_no, award_no, title, amount(amount) + coalesce(change, 0) AS amount, day(signed_on) AS signed_on,
       day(start_on) AS start_on, CASE WHEN new_end IS NOT NULL THEN new_end WHEN NOT moved THEN day(end_on) END AS end_on,
       day(max_end_on) AS max_end_on, CASE WHEN renewals > 0 THEN renewals END AS renewals, renewals > 0 AS renewable,
       CASE WHEN on_day < day(start_on) THEN 'SGN' ELSE 'ACT' END AS status_code, updated_at, on_day AS _since, next_day AS _until
FROM source.contracts c
JOIN (
  SELECT d._row, on_day, next_day, sum(amount(amount_change)) FILTER (day(signed_on) <= on_day) AS change,
         arg_max(day(new_end_on), day(signed_on)) FILTER (day(signed_on) <= on_day AND day(new_end_on) IS NOT NULL) AS new_end,
         coalesce(bool_or(day(new_end_on) IS NOT NULL AND day(signed_on) > on_day), false) AS moved
  FROM contract_days d LEFT JOIN source.contract_amendments a ON a.contract_no = d.contract_no
  WHERE with_events() AND next_day IS NOT NULL GROUP BY d._row, on_day, next_day
) d ON d._row = c._row WHERE with_events();

CREATE VIEW contract_amendments AS
SELECT _row, amendment_id, contract_no, day(signed_on) AS signed_on, code(reason_code) AS reason_code,
       blank(description)
         || CASE WHEN change <> 0 THEN '; change of value: ' || printf('%.2f', CAST(change AS DOUBLE)) || ' USD' ELSE '' END
         || CASE WHEN day(new_end_on) IS NOT NULL THEN '; new end: ' || strftime(day(new_end_on), '%Y-%m-%d') ELSE '' END
         AS description,
       updated_at, since(day(signed_on)) AS _since, unreadable('amount_change', amount_change, change) AS _findings
FROM (SELECT *, amount(amount_change) AS change FROM source.contract_amendments);

CREATE VIEW purchase_orders AS
SELECT _row, po_no, contract_no, 'Delivery of order ' || blank(po_no) AS title,
       'Ordered ' || strftime(day(ordered_on), '%Y-%m-%d') || coalesce(', ' || printf('%.2f', CAST(amount AS DOUBLE)) || ' USD', '')
         AS description,
       day(deliver_by) AS deliver_by, day(received_on) AS received_on, code(status_code) AS status_code, updated_at,
       _since, _until
FROM (
  SELECT *, since(greatest(day(ordered_on), day(received_on))) AS _since, CAST(NULL AS DATE) AS _until FROM source.purchase_orders
  UNION ALL
  SELECT * REPLACE (NULL AS received_on, 'OPEN' AS status_code), day(ordered_on), day(received_on)
  FROM source.purchase_orders WHERE with_events() AND day(received_on) IS NOT NULL
);

CREATE MACRO settled_on(status, paid, updated) AS
  CASE code(status) WHEN 'PAID' THEN day(paid) WHEN 'VOID' THEN CAST(updated AS DATE) END;

CREATE VIEW invoices AS
SELECT _row, invoice_no, contract_no, 'Invoice ' || blank(invoice_no) AS title,
       'Invoiced ' || strftime(day(invoiced_on), '%Y-%m-%d') || coalesce(', ' || printf('%.2f', CAST(amount AS DOUBLE)) || ' USD', '')
         AS description,
       day(due_on) AS due_on, day(paid_on) AS paid_on, code(status_code) AS status_code, updated_at, _since, _until
FROM (
  SELECT *, since(coalesce(settled_on(status_code, paid_on, updated_at), day(invoiced_on))) AS _since, CAST(NULL AS DATE) AS _until
  FROM source.invoices
  UNION ALL
  SELECT * REPLACE (NULL AS paid_on, 'OPEN' AS status_code), day(invoiced_on), settled_on(status_code, paid_on, updated_at)
  FROM source.invoices WHERE with_events() AND settled_on(status_code, paid_on, updated_at) IS NOT NULL
);

CREATE VIEW payments AS
SELECT _row, payment_no, contract_no, vendor_id, code(paid_by) AS paid_by, paid_at, amount, updated_at, since(paid_at) AS _since,
       CASE WHEN code(voided) = 'Y' THEN 'payment returned' END AS _reject
FROM source.payments;
