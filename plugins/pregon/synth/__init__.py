"""Riverbend, a city that doesn't exist: its e-procurement database, written by a seeded generator.

`generate` writes the database to any SQLAlchemy URL, `advance` moves it forward in time. Tables and keys are in
`schema`. Everything is invented: names, firms, sentences; e-mail ends in `.example`, telephones start with 555, ZIP and
tax numbers are of ranges never assigned.

It holds, on purpose, what real systems hold and nobody may publish; `planted_secrets` and `SECRET_PATTERNS` list it:

- `INTERNAL-ONLY-…` in `vendors.internal_notes`, `vendor_certifications.reviewer_notes`,
  `procurement_plan.internal_budget_note`, `solicitations.{evaluator_comments, internal_notes}` and titles of drafts,
  `solicitation_documents.{title, url}` of internal memos, `bids.evaluator_comments`, `awards.board_notes`,
  `contract_amendments.internal_notes`, `departments.cost_center`
- `IBAN-RB…` in `vendors.bank_account`, `payments.bank_account`, `contracts.retention_account`
- tax ids: `000-nn-nnnn` of sole traders, `00-nnnnnnn` of firms, in `vendors.tax_id`
- `(555) 01…` telephones and `@staff.riverbend.example` mail of city staff; telephones, mail and contact names of
  vendors; `198.51.100.…` addresses of plan holders
- home streets of sole traders, and names of those who only bid or asked
- bids (amounts, bidders) on solicitations that are open, under evaluation, or cancelled

The dirt is on purpose too: amounts as text in six spellings, dates in two formats in one column, sentinel dates
(1900-01-01, 2200-12-31), blank and padded strings, status codes in mixed case, and in about one process in a hundred
a duplicate row, a second row with the same key, an empty key or an orphan (`mess`).
"""

from pregon.synth.advance import advance
from pregon.synth.errors import (
    DatabaseNotEmptyError,
    DatabaseUnusableError,
    NotSyntheticError,
    SynthesisRangeError,
)
from pregon.synth.generate import Summary, generate
from pregon.synth.planted import SECRET_PATTERNS, planted_secrets

__all__ = [
    "SECRET_PATTERNS",
    "DatabaseNotEmptyError",
    "DatabaseUnusableError",
    "NotSyntheticError",
    "Summary",
    "SynthesisRangeError",
    "advance",
    "generate",
    "planted_secrets",
]
