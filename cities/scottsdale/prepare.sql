-- Solicitations of Scottsdale: the type cut off the title, words for "none" removed, ranges of money taken apart.

-- The city sells, or only asks: neither is a purchase (domain: out of the scope of OCDS).
CREATE MACRO no_purchase(solicitation_type) AS
  CASE solicitation_type
    WHEN 'Offer to Purchase' THEN 'not a purchase: the city sells (Offer to Purchase)'
    WHEN 'Request For Information' THEN 'not a purchase: the city only asks the market (Request For Information)'
  END;

-- 1900-01-01 stands for "no date". Midnight stands for a day without an hour: bids are then due by its end.
CREATE MACRO closes(cell) AS
  CASE WHEN blank(cell) LIKE '1900-01-01%' THEN NULL
       WHEN blank(cell) LIKE '%00:00:00' THEN local_ts(cell, '%Y-%m-%d %H:%M:%S') + INTERVAL 86399 SECOND
       ELSE local_ts(cell, '%Y-%m-%d %H:%M:%S') END;

-- $640,000 or $2,000,000 - $2,300,000; $0 says that there is no estimate.
CREATE MACRO bounds(cell) AS string_split(blank(cell), ' - ');
CREATE MACRO given(cell) AS CASE WHEN money(cell) > 0 THEN money(cell) END;
CREATE MACRO lowest(cell) AS CASE WHEN len(bounds(cell)) = 2 THEN given(bounds(cell)[1]) END;
CREATE MACRO highest(cell) AS CASE WHEN len(bounds(cell)) <= 2 THEN given(bounds(cell)[-1]) END;
CREATE MACRO readable(cell) AS
  len(bounds(cell)) <= 2 AND len(list_filter(bounds(cell), lambda part: money(part) IS NULL)) = 0;

CREATE VIEW solicitations AS
SELECT _row, solicitation_id, blank(solicitation) AS solicitation, blank(solicitation_type) AS solicitation_type,
       CASE WHEN strpos(title, '<BR>') > 0 THEN blank(substr(title, strpos(title, '<BR>') + 4)) ELSE blank(title) END
         AS title,
       closes(close_date) AS closes_at, blank(status) AS status,
       lowest(estimate) AS estimate_from, highest(estimate) AS estimate, 'city' AS buyer_id, 'City of Scottsdale' AS buyer,
       coalesce(no_purchase(blank(solicitation_type)),
                CASE WHEN blank(solicitation) IS NULL THEN 'no solicitation number' END) AS _reject,
       nullif(concat_ws(chr(10),
         CASE WHEN blank(close_date) IS NOT NULL AND blank(close_date) NOT LIKE '1900-01-01%' AND closes(close_date) IS NULL
              THEN 'close date can''t be read: ' || close_date END,
         CASE WHEN NOT readable(estimate) THEN 'estimate is neither an amount nor a range: ' || estimate END,
         CASE WHEN lowest(estimate) > highest(estimate) THEN 'estimate ends below its beginning: ' || estimate END), '')
         AS _findings
FROM source.solicitations;
