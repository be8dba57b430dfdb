-- Three tables of Toronto's portal become processes: one per document number of a call, one per workspace number of a
-- contract without competition. prepare.py then reads the amounts and the divisions.

CREATE MACRO lost() AS chr(65533);                  -- stands where a character was lost before we got the file

-- A number without what is stuck to it: blanks, lost characters, "No.", a bracket that nothing opens. Two numbers in one
-- cell stay together; nothing is completed or corrected.
CREATE MACRO stripped(cell) AS blank(regexp_replace(replace(cell, lost(), ''), '^\s*No\.\s*', ''));
CREATE MACRO plain_number(cell) AS
  nullif(trim(regexp_replace(stripped(cell), '[^A-Za-z0-9.]+', '-', 'g'), '-.'), '');
CREATE MACRO no_document(cell) AS
  CASE WHEN plain_number(cell) IS NULL THEN 'no document number'
       WHEN regexp_matches(plain_number(cell), '^[xX]+$') THEN 'the document number is a placeholder'
       WHEN regexp_matches(plain_number(cell), '(?i)test') THEN 'the document number marks a test'
       WHEN regexp_matches(stripped(cell), '^[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+$') THEN 'a spreadsheet has destroyed the document number'
  END;
CREATE MACRO no_workspace(cell) AS
  CASE WHEN plain_number(cell) IS NULL THEN 'no workspace number'
       WHEN NOT regexp_matches(cell, '[0-9]') THEN 'the workspace number is a text without a number' END;

-- The city sells, or only asks: neither is a purchase.
CREATE MACRO no_purchase(rfx_type, category) AS
  CASE WHEN rfx_type = 'OTP' OR category = 'Offer to Purchase' THEN 'not a purchase: the city sells (Offer to Purchase)'
       WHEN rfx_type = 'RFI' THEN 'not a purchase: the city only asks the market (RFI)'
       WHEN rfx_type = 'REOI' THEN 'not a purchase: the city only asks the market (REOI)' END;

-- The portal gives a day alone, or midnight of it, depending on how a column was loaded.
CREATE MACRO day(cell) AS CAST(coalesce(local_ts(cell, '%Y-%m-%d'), local_ts(cell, '%Y-%m-%dT%H:%M:%S')) AS DATE);
CREATE MACRO unreadable(label, cell, value) AS
  CASE WHEN blank(cell) IS NOT NULL AND value IS NULL THEN label || ' can''t be read: ' || blank(cell) END;
CREATE MACRO odd_number(cell) AS
  CASE WHEN NOT regexp_matches(plain_number(cell), '^[0-9]{10}$') THEN 'unusual document number: ' || cell END;
CREATE MACRO damaged(text) AS CASE WHEN contains(text, lost()) THEN 'a character of this row was lost at the source' END;

CREATE MACRO slug(name) AS trim(regexp_replace(lower(strip_accents(name)), '[^a-z0-9]+', '-', 'g'), '-');

-- Names of natural persons: a title; "SURNAME, GIVEN"; a usual given name before one or two words that no firm has; and
-- the substitutes in the files that we test with. A firm may be taken for a person, which is the safer mistake.
CREATE MACRO firm_word(name) AS regexp_matches(upper(name),
  '\b(INC|INCORPORATED|LTD|LTEE|LIMITED|LLP|LLC|LP|ULC|CORP|CORPORATION|CO|COMPANY|CANADA|CANADIAN|ONTARIO|TORONTO|GROUP|SERVICES?|SYSTEMS?|SOLUTIONS?|CONSTRUCTION|CONTRACTING|CONTRACTORS?|ASSOCIATES|PARTNERS(HIP)?|BARRISTERS?|SOLICITORS?|CONSULTANTS?|CONSULTING|ENGINEERING|ENGINEERS|ARCHITECTS?|ENTERPRISES?|HOLDINGS|INDUSTRIES|INTERNATIONAL|PAVING|SUPPLY|SUPPLIES|FOODS?|MOTORS|TRUCKS?|HOTEL|INN|CENTRE|CENTER|UNIVERSITY|COLLEGE|HOSPITAL|SOCIETY|FOUNDATION|ASSOCIATION|BANK|LAW|EQUIPMENT|SAFETY|SIGNS?|TECHNOLOGY|TECHNOLOGIES|AND|OF|THE|&)\b|&|/');
CREATE MACRO given_names() AS [
  'aaron','adam','ahmed','alan','albert','alex','alexander','alice','ali','allan','amanda','amy','ana','andrea','andrew',
  'angela','ann','anna','anne','anthony','antonio','barbara','benjamin','bernard','brandon','brenda','brian','bruce',
  'carl','carlos','carol','caroline','catherine','charles','cheryl','chris','christina','christine','christopher',
  'cynthia','dan','daniel','david','dave','deborah','dennis','diana','diane','donald','donna','dorothy','douglas','edward',
  'elizabeth','emily','emma','eric','ethan','eva','frank','gary','george','gerald','gloria','greg','gregory','hannah','harold',
  'heather','helen','henry','jack','jacob','james','jane','janet','jason','jean','jeff','jeffrey','jennifer','jeremy',
  'jessica','jim','joan','joe','john','jonathan','jordan','jose','joseph','joshua','joyce','juan','judith','judy','julia','julie',
  'justin','karen','katherine','kathleen','keith','kelly','ken','kenneth','kevin','kimberly','larry','laura','lauren','linda',
  'lisa','luis','margaret','maria','marie','marilyn','mark','martha','mary','matthew','megan','melissa','michael',
  'michelle','mike','mohamed','mohammed','nancy','natalie','nicholas','nicole','olivia','pamela','pat','patricia','patrick','paul',
  'peter','philip','rachel','ralph','raymond','rebecca','richard','robert','roger','ronald','rosa','rose','ruth','ryan','samantha',
  'samuel','sandra','sara','sarah','scott','sean','sharon','shirley','sophia','stephanie','stephen','steve','steven','susan',
  'teresa','theresa','thomas','timothy','tom','tyler','victoria','vincent','virginia','walter','william','zachary'];
CREATE MACRO given_name(word) AS list_contains(given_names(), lower(word));
CREATE MACRO is_person(name) AS
  regexp_matches(name, '(?i)\bsample[0-9]{2}\b')
  OR NOT firm_word(name) AND (
    regexp_matches(name, '(?i)^(mr|mrs|ms|miss|dr)\.? ')
    OR regexp_matches(name, '^[A-Z][A-Za-z''-]+, ([DM]r?s?\.? )?[A-Z][A-Za-z''-]+( [A-Z]\.?)?$')
    OR given_name(string_split(name, ' ')[1]) AND len(string_split(name, ' ')) BETWEEN 2 AND 3
       AND NOT regexp_matches(name, '[0-9@]|[A-Za-z]{2}\.'));

-- Contact points are withheld (city.yaml), and so are those within a text: mail addresses, telephone numbers, and the
-- name of a person to whom something is sent or by whom it is issued. Other names in texts no rule can find.
CREATE MACRO without_contacts(text) AS regexp_replace(regexp_replace(regexp_replace(text,
  '[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+', '[e-mail address removed]', 'g'),
  '(\+?1[ .-]?)?(\([0-9]{3}\) ?|\b[0-9]{3}[ .-])[0-9]{3}[.-][0-9]{4}\b(,,[0-9]+#)?', '[telephone number removed]', 'g'),
  '(\b(?i:issued|sent|send|addressed|directed|e-?mail|call|contact)\b[^.]{0,40}\b(?i:by|to|at|contact|call|e-?mail)\b:? +|\b(?i:contact|call|e-?mail):? +)(?i:'
  || array_to_string(given_names(), '|') || ') [A-Z][A-Za-z0-9''-]+', '\1[name removed]', 'g');
CREATE MACRO contacts_removed(text) AS
  CASE WHEN without_contacts(text) <> text THEN 'contact details are left out of the description' END;

-- "Confidential" is not the name of a supplier.
CREATE MACRO supplier_name(cell) AS
  CASE WHEN lower(blank(cell)) NOT IN ('confidential', 'this information cannot be disclosed')
       THEN regexp_replace(blank(cell), '\s+', ' ', 'g') END;

-- Clean rows of each table ------------------------------------------------------------------------------------------

CREATE VIEW notices AS
SELECT _row, 'bid-' || plain_number(document_number) AS process_id, plain_number(document_number) AS number,
       blank(rfx_type) AS rfx_type, blank(category) AS category, blank(without_contacts(description)) AS description,
       blank(division) AS division, blank(wards) AS wards, blank(noip_type) LIKE 'Advanced%' AS advanced,
       day(issue_date) AS issued, day(submission_deadline) AS deadline,
       coalesce(no_document(document_number), no_purchase(blank(rfx_type), blank(category))) AS _reject,
       nullif(concat_ws(chr(10), odd_number(document_number), contacts_removed(description), damaged(concat(document_number, description, division)),
         unreadable('issue date', issue_date, day(issue_date)),
         unreadable('submission deadline', submission_deadline, day(submission_deadline)),
         CASE WHEN day(submission_deadline) < day(issue_date) THEN 'the deadline is before the date of issue' END), '')
         AS _findings
FROM source.solicitations;

CREATE VIEW award_rows AS
SELECT _row, 'bid-' || plain_number(document_number) AS process_id, plain_number(document_number) AS number,
       blank(rfx_type) AS rfx_type, blank(category) AS category, blank(without_contacts(description)) AS description,
       blank(division) AS division, blank(wards) AS wards, supplier_name(supplier) AS supplier,
       blank(award) AS amount_cell, day(award_date) AS awarded,
       coalesce(no_document(document_number), no_purchase(blank(rfx_type), blank(category))) AS _reject,
       nullif(concat_ws(chr(10), odd_number(document_number), contacts_removed(description), damaged(concat(document_number, supplier, description, division)),
         unreadable('award date', award_date, day(award_date))), '') AS _findings
FROM source.awarded;

CREATE VIEW contract_rows AS
SELECT _row, 'noncompetitive-' || plain_number(workspace_number) AS process_id,
       plain_number(workspace_number) AS number, blank(reason) AS reason, blank(division) AS division,
       blank(wards) AS wards, supplier_name(supplier) AS supplier, blank(contract_amount) AS amount_cell,
       day(contract_date) AS signed,
       no_workspace(workspace_number) AS _reject,
       nullif(concat_ws(chr(10), damaged(concat(workspace_number, supplier, division)),
         unreadable('contract date', contract_date, day(contract_date)),
         CASE WHEN blank(supplier) IS NOT NULL AND supplier_name(supplier) IS NULL THEN 'the supplier is not named' END), '')
         AS _findings
FROM source.noncompetitive;

-- Processes ---------------------------------------------------------------------------------------------------------

-- Order never depends on the place of a row in its table, which changes from day to day.
-- Of several notices of one number the last one counts, and a notice counts more than its announcement; awards speak
-- where there is no notice. prepare.py fills buyer_id and buyer from the division.
CREATE VIEW processes AS
WITH evidence AS (
  SELECT _row, process_id, number, rfx_type, category, description, division, wards, issued, deadline, advanced,
         true AS notice, _findings,
         row_number() OVER (PARTITION BY process_id ORDER BY advanced, issued DESC NULLS LAST, deadline DESC NULLS LAST,
                            description, division, rfx_type, category, wards, _row) AS place
  FROM notices WHERE _reject IS NULL
  UNION ALL
  SELECT _row, process_id, number, rfx_type, category, description, division, wards, NULL, NULL, NULL, false, NULL,
         1000000 + row_number() OVER (PARTITION BY process_id ORDER BY awarded, description, division, rfx_type, category, wards, _row)
  FROM award_rows WHERE _reject IS NULL
), calls AS (
  SELECT arg_min(_row, place) AS _row, process_id, any_value(number) AS number,
         arg_min(rfx_type, place) AS rfx_type, arg_min(category, place) AS category,
         arg_min(description, place) AS description, arg_min(division, place) AS division,
         arg_min(wards, place) AS wards, arg_min(issued, place) AS issued, arg_min(deadline, place) AS deadline,
         CASE WHEN bool_or(NOT notice) THEN 'complete' WHEN bool_and(advanced) THEN 'planned' END AS tender_status,
         list(_row ORDER BY place) FILTER (notice) AS _rows,
         nullif(concat_ws(chr(10), string_agg(_findings, chr(10) ORDER BY place),
           CASE WHEN count(*) FILTER (notice) > 1 THEN 'several notices have this document number: the last one counts' END,
           CASE WHEN count(DISTINCT rfx_type) > 1 THEN 'rows of this document disagree on its type' END,
           CASE WHEN count(DISTINCT division) > 1 THEN 'rows of this document disagree on its division' END), '') AS _findings
  FROM evidence GROUP BY process_id
), direct AS (
  SELECT arg_min(_row, place) AS _row, process_id, any_value(number) AS number,
         arg_min(reason, place) AS reason, arg_min(division, place) AS division, arg_min(wards, place) AS wards,
         nullif(concat_ws(chr(10),
           CASE WHEN count(DISTINCT reason) > 1 THEN 'rows of this workspace disagree on the reason' END,
           CASE WHEN count(DISTINCT division) > 1 THEN 'rows of this workspace disagree on the division' END), '') AS _findings
  FROM (SELECT *, row_number() OVER (PARTITION BY process_id ORDER BY signed, reason, division, wards, _row) AS place
        FROM contract_rows WHERE _reject IS NULL)
  GROUP BY process_id
)
SELECT _row, process_id, number, rfx_type, category, description, CAST(NULL AS VARCHAR) AS reason, division, wards,
       issued, deadline, tender_status, _rows, _findings, CAST(NULL AS VARCHAR) AS _reject,
       -- "Goods and Services" names two categories of the standard, so neither is the main one.
       CASE WHEN regexp_matches(category, '^Goods (and|&) Services$') THEN ['goods', 'services'] END AS further_categories,
       CAST(NULL AS VARCHAR) AS buyer_id, CAST(NULL AS VARCHAR) AS buyer
FROM calls
UNION ALL
SELECT _row, process_id, number, 'Non-competitive', NULL, NULL, reason, division, wards, NULL, NULL, NULL, NULL,
       _findings, NULL, NULL, NULL, NULL
FROM direct
UNION ALL
SELECT _row, NULL, number, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, _findings, _reject, NULL, NULL, NULL
FROM notices WHERE _reject IS NOT NULL;

-- Where the work is done: the wards of a call, as one place. Names of wards have no commas.
CREATE VIEW places AS
SELECT _row, process_id, '1' AS item_id, replace(wards, ',', '; ') AS wards,
       list_transform(regexp_extract_all(wards, 'Ward ([0-9]+)', 1), lambda ward: ward) AS ward_numbers,
       CASE WHEN len(string_split(wards, ',')) <> len(regexp_extract_all(wards, 'Ward [0-9]+'))
            THEN 'wards can''t be told apart: ' || wards END AS _findings
FROM processes WHERE wards IS NOT NULL AND _reject IS NULL;

-- Awards ------------------------------------------------------------------------------------------------------------

-- One award per row; a supplier with several rows of one document has several awards of it. The id of the award must not
-- tell who got it where that is not published. prepare.py fills amount and currency from the cell.
CREATE VIEW winners AS
SELECT *, slug(supplier) AS supplier_id, coalesce(is_person(supplier), false) AS supplier_is_person,
       CASE WHEN supplier IS NULL THEN 'undisclosed' WHEN is_person(supplier) THEN 'individual'
            ELSE coalesce(nullif(slug(supplier), ''), 'supplier') END AS name_part
FROM (
  SELECT _row, process_id, number, supplier, amount_cell, awarded, CAST(NULL AS DATE) AS signed, description,
         division, wards, true AS competitive, _reject, _findings FROM award_rows
  UNION ALL
  SELECT _row, process_id, number, supplier, amount_cell, NULL, signed, NULL, division, wards, false, _reject, _findings
  FROM contract_rows
);

CREATE VIEW numbered AS
SELECT *, number || '-' || name_part || CASE WHEN place > 1 THEN '-' || place ELSE '' END AS award_id
FROM (
  SELECT *, row_number() OVER (PARTITION BY process_id, name_part, _reject IS NULL
                               ORDER BY awarded, signed, supplier, amount_cell, description, division, wards, _row) AS place
  FROM winners
);

-- Of several spellings of a supplier in one process that of the earliest award counts, and of one day the one with small
-- letters: else the name would depend on which row comes first.
CREATE VIEW awards AS
SELECT _row, process_id, award_id,
       first_value(supplier) OVER (PARTITION BY process_id, supplier_id, _reject IS NULL
                                   ORDER BY awarded, signed, supplier DESC) AS supplier,
       supplier_id, supplier_is_person, awarded,
       CASE WHEN competitive THEN amount_cell END AS amount_cell, CAST(NULL AS DECIMAL(24, 6)) AS amount,
       CAST(NULL AS VARCHAR) AS currency, _reject, _findings
FROM numbered;

-- Only the table of non-competitive contracts tells of contracts: their date and their amount.
CREATE VIEW agreements AS
SELECT _row, process_id, award_id, signed, amount_cell, CAST(NULL AS DECIMAL(24, 6)) AS amount,
       CAST(NULL AS VARCHAR) AS currency, CAST(NULL AS VARCHAR) AS _findings
FROM numbered WHERE NOT competitive AND _reject IS NULL;
