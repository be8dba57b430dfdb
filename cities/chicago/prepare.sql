-- Chicago lists every revision of a contract in a row of its own. Here they become one contract, its first state and
-- its amendments. Numbers of contracts, revisions, specifications and vendors are texts and stay so.

-- The portal's interface writes 2020-01-15T00:00:00.000, its exports write 01/15/2020.
CREATE MACRO day(cell) AS CAST(coalesce(local_ts(cell, '%m/%d/%Y'), local_ts(cell, '%Y-%m-%dT%H:%M:%S.%f')) AS DATE);
CREATE MACRO unreadable(label, cell, value) AS
  CASE WHEN blank(cell) IS NOT NULL AND value IS NULL THEN label || ' can''t be read: ' || blank(cell) END;

-- 99999999999 and the like stand for "no specification".
CREATE MACRO specification(cell) AS CASE WHEN NOT regexp_matches(blank(cell), '^(9{5,}|0+)$') THEN blank(cell) END;

-- The payment system adds a number of account (" 01") and a mark of its own ("|CLEANED-UP") to names.
CREATE MACRO plain_name(cell) AS blank(regexp_replace(regexp_replace(blank(cell), '\|CLEANED-UP$', ''), ' 0[1-9]$', ''));

-- A name in the form "SURNAME, GIVEN M", or the word that stands for a person's name.
CREATE MACRO is_person(name) AS
  regexp_matches(name, '^INDIVIDUAL( [0-9]+)?$')
  OR regexp_matches(name, '^[A-Z''-]+( (JR|SR|II|III))?\.?, (DR |MR |MS |MRS )?[A-Z''-]{3,}( [A-Z]\.?)?$')
     AND NOT regexp_matches(name, ', (INC|LLC|LTD|LIMITED|LLP|LP|PC|CORP|CORPORATION|CO|COMPANY|INCORPORATED|NFP|PLLC|SC|NA|PA|DBA|THE)$');

-- Lines of an address also hold names ("ATTN: …", "C/O …") and numbers of bank accounts. A line is published only if it
-- begins like a street, a box, a floor or a suite, without what follows it, and without the payment system's "EFT".
CREATE MACRO address_line(cell) AS blank(regexp_replace(regexp_replace(
  CASE WHEN regexp_matches(upper(blank(cell)),
              '^([0-9]|[NSEW][0-9]|# ?[0-9]|(P\.? ?[O0]\.? ?BOX|LOCK ?BOX|LBX|SUITE|STE|UNIT|FL|FLOOR|APT|ROOM|RM|DEPT|DEPARTMENT|ROUTE|RR|ONE|TWO|THREE)\b)')
            AND NOT regexp_matches(cell, '[0-9]{8}|(?i)(ACCOUNT|ACCT|ROUTING)')
       THEN blank(cell) END,
  '(?i)[ ,(#]*\b(ATTN|ATTENTION|C/O|CONTACT|B/O|A/C).*$', ''), '(?i)\s*\(?\bEFT\b\)?', '', 'g'));
CREATE MACRO street(first, second) AS
  nullif(concat_ws(', ', address_line(first), CASE WHEN address_line(second) <> coalesce(address_line(first), '') THEN address_line(second) END), '');

CREATE MACRO slug(name) AS trim(regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g'), '-');

-- Revision 0 is the contract as it was made; it may have been approved on the day of the next one. After it the day of
-- approval decides, then the number; codes of older systems (D404171) follow numbers of the same day.
-- It was known on the day of its approval, but not before those that come before it; one without a possible day with
-- the next one, or at the end with the last.
CREATE MACRO possible(day) AS year(day) BETWEEN 1990 AND 2100;

CREATE VIEW revisions AS
WITH numbered AS (
SELECT _row, blank(contract_number) AS contract_number, blank(revision_number) AS revision_number,
       specification(specification_number) AS specification_number, blank(description) AS description,
       blank(contract_type) AS contract_type, blank(procurement_type) AS procurement_type,
       blank(department) AS department, plain_name(vendor_name) AS vendor_name, blank(vendor_id) AS vendor_id,
       address_1, address_2, blank(city) AS city, blank(state) AS state, blank(zip) AS zip,
       day(start_date) AS start_date, day(end_date) AS end_date, day(approval_date) AS approval_date,
       money(award_amount) AS amount, blank(contract_pdf) AS contract_pdf, blank(revision_number) = '0' AS original,
       row_number() OVER (
         PARTITION BY blank(contract_number)
         ORDER BY blank(revision_number) = '0' DESC, day(approval_date) NULLS LAST, TRY_CAST(revision_number AS INTEGER) NULLS LAST,
                  length(revision_number), revision_number
       ) AS place,
       nullif(concat_ws(chr(10),
         unreadable('award amount', award_amount, money(award_amount)),
         unreadable('start date', start_date, day(start_date)),
         unreadable('end date', end_date, day(end_date)),
         unreadable('approval date', approval_date, day(approval_date)),
         CASE WHEN day(start_date) > day(end_date) THEN 'a revision starts after its end: ' || blank(revision_number) END), '')
         AS _findings
FROM source.contracts
), dated AS (
SELECT *, CASE WHEN possible(approval_date) THEN
            max(approval_date) FILTER (possible(approval_date)) OVER (PARTITION BY contract_number ORDER BY place) END AS approved_on
FROM numbered
)
SELECT * EXCLUDE (approved_on),
       coalesce(first_value(approved_on IGNORE NULLS) OVER (PARTITION BY contract_number ORDER BY place
                  ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING),
                max(approved_on) OVER (PARTITION BY contract_number)) AS known_on
FROM dated;

-- One process per contract: what its first revision says, the latest word on when it ends, and the sum of all changes.
-- Of the dates only possible ones are looked at; the impossible ones are findings of their rows.
-- So it is now, after all revisions. Before, after those up to each day of approvals, it said less.
CREATE VIEW processes AS
WITH steps AS (
  SELECT contract_number, max(place) AS step, known_on AS _since,
         lead(known_on) OVER (PARTITION BY contract_number ORDER BY known_on) AS _until
  FROM revisions GROUP BY contract_number, known_on
), told AS (
  SELECT r.*, _since, _until
  FROM steps s JOIN revisions r ON r.contract_number IS NOT DISTINCT FROM s.contract_number AND r.place <= s.step
  WHERE _until IS NULL OR with_events()
), grouped AS (
  SELECT contract_number, _since, _until, arg_min(_row, place) AS _row, list(_row ORDER BY place) AS revision_rows,
         arg_min(specification_number, place) AS specification_number, arg_min(description, place) AS description,
         arg_min(contract_type, place) AS contract_type, arg_min(procurement_type, place) AS procurement_type,
         arg_min(department, place) AS department, arg_min(vendor_id, place) AS vendor_id,
         arg_min(struct_pack(name := vendor_name, address_1, address_2, city, state, zip), place) AS vendor,
         arg_min(start_date, place) FILTER (possible(start_date)) AS start_date,
         arg_max(end_date, place) FILTER (possible(end_date)) AS end_date,
         max(approval_date) FILTER (original) AS approval_date, sum(amount) FILTER (original) AS first_amount,
         sum(amount) AS amount, count(amount) < count(*) AS incomplete, bool_or(original) AS has_original,
         arg_max(contract_pdf, place) AS contract_pdf, list(DISTINCT vendor_id) AS vendor_ids,
         string_agg(_findings, chr(10) ORDER BY place) AS revision_findings,
         string_agg(DISTINCT concat_ws(', ', CASE WHEN NOT possible(start_date) THEN 'start ' || start_date END,
                                            CASE WHEN NOT possible(end_date) THEN 'end ' || end_date END), '; ')
           FILTER (NOT possible(start_date) OR NOT possible(end_date)) AS impossible
  FROM told GROUP BY contract_number, _since, _until
)
SELECT g._row, contract_number, _since, _until,
       coalesce(specification_number,
                CASE WHEN procurement_type IS NOT NULL OR contract_type IS NOT NULL THEN contract_number END) AS tender_id,
       specification_number, description, contract_type, procurement_type,
       department, slug(department) AS department_id,
       g.vendor_id, vendor.name AS vendor_name, is_person(vendor.name) AS vendor_is_person,
       CASE WHEN from_register THEN street(r.address_1, r.address_2) ELSE street(vendor.address_1, vendor.address_2) END
         AS street,
       CASE WHEN from_register THEN blank(r.city) ELSE vendor.city END AS locality,
       CASE WHEN from_register THEN blank(r.state) ELSE vendor.state END AS region,
       CASE WHEN from_register THEN blank(r.zip) ELSE vendor.zip END AS postal_code,
       start_date, end_date, approval_date,
       CASE WHEN first_amount >= 0 THEN first_amount END AS first_amount,
       CASE WHEN amount >= 0 AND NOT incomplete THEN amount END AS amount, contract_pdf,
       CASE WHEN r._row IS NULL THEN revision_rows ELSE list_append(revision_rows, r._row) END AS _rows,
       CASE WHEN _until IS NULL THEN nullif(concat_ws(chr(10), revision_findings,
         CASE WHEN impossible IS NOT NULL THEN 'impossible date left out: ' || impossible END,
         CASE WHEN start_date > end_date THEN 'the published period starts after its end' END,
         CASE WHEN amount < 0 THEN 'negative sum of changes left out: ' || CAST(CAST(amount AS DECIMAL(24, 2)) AS VARCHAR) END,
         CASE WHEN first_amount < 0 THEN 'negative first amount left out: ' || CAST(CAST(first_amount AS DECIMAL(24, 2)) AS VARCHAR) END,
         CASE WHEN incomplete THEN 'sum of changes left out: an amount is missing' END,
         CASE WHEN NOT has_original THEN 'revision 0 is missing: the sum of changes may be short of its amount' END,
         CASE WHEN len(vendor_ids) > 1 THEN 'a later revision has another vendor id' END), '') END AS _findings
FROM (
  -- The register's address replaces one without a street, unless it lies in another city: addresses are never mixed.
  SELECT g.*, r AS r, r._row IS NOT NULL AND street(vendor.address_1, vendor.address_2) IS NULL
         AND coalesce(upper(vendor.city) = upper(blank(r.city)), vendor.city IS NULL) AS from_register
  FROM grouped g LEFT JOIN source.vendors r ON blank(r.vendor_id) = g.vendor_id
) g;

CREATE VIEW awards AS SELECT * EXCLUDE (_rows, _findings) FROM processes;
CREATE VIEW agreements AS SELECT * EXCLUDE (_rows, _findings) FROM processes;

-- The cell holds an address, or a word with the address in brackets.
CREATE VIEW documents AS
SELECT _row, _since, _until, contract_number, 'contract' AS document_id, regexp_extract(contract_pdf, 'https?://[^\s)]+') AS url
FROM processes WHERE regexp_matches(contract_pdf, 'https?://');

-- A revision after the first is an amendment. Words of the source tell why; what changed is the amount.
CREATE VIEW amendments AS
SELECT _row, known_on AS _since, contract_number, revision_number, approval_date, place AS _order, description AS rationale,
       'Change of the award amount: ' || CAST(CAST(amount AS DECIMAL(24, 2)) AS VARCHAR) || ' USD' AS change
FROM revisions WHERE NOT original;
