"""The history of a made-up process with everything a page has to show, hostile texts included."""

from dataclasses import replace
from typing import Any

from transforms.ocds import release_schema
from transforms.releases import MergeRules
from transforms.releases.dates import Rule
from transforms.releases.process_history import ProcessHistory, Recorded, steps
from transforms.site.history import history_page

RULES = MergeRules.from_schema(release_schema([]))
HOSTILE = "<script>alert('x')</script> {{ 7*7 }} & \"quoted\" \u202eturned\x1b[31m"
OCID = "ocds-213czf-2026/001<b>"
TITLES = {"tender/title": "Tender › Title", "tender/value/amount": "Tender › Value › Amount"}
_RELEASES: list[dict[str, Any]] = [
    {"tender": {"id": "1", "title": "Benches", "status": "active", "value": {"amount": 1200.5, "currency": "USD"},
                "items": [{"id": "1|a", "description": "Bench " + "very " * 80 + "long"}]}},
    {"tender": {"id": "1", "title": HOSTILE, "value": {"amount": None, "currency": None}},
     "awards": [{"id": "https://example.org/" + "w" * 90, "value": {"amount": 5}}]},
    {"buyer": {}},
]  # fmt: skip


def history(releases: int = 3) -> ProcessHistory:
    recorded = []
    for number, body in enumerate(_RELEASES[:releases], 1):
        release = {"ocid": OCID, "id": f"{number:032x}", "date": f"2026-0{number}-05T15:00:00Z", **body}
        run, as_of = f"2026060{number}T120000Z", f"2026-06-0{number}T12:00:00Z"
        publication = "20260601T120000Z-0064f94e" if number == 1 else None
        rule: Rule = "modified" if number == 1 else "first_seen"
        release["tag"] = ["tender", "award"]
        recorded.append(Recorded(release, None, rule, number, run, as_of, number, publication))
    return ProcessHistory(
        "lindenau", {"en": "City of Lindenau", "es": "Ciudad de Lindenau"}, OCID, tuple(steps(recorded, RULES)),
        [("", f"calls:{HOSTILE}"), ("tender/items/1|a", "lines:1|a")],
        held=[{"reason": "structure", "message": HOSTILE, "path": "tender/title", "row": "calls:1", "run": "r"}],
        redactions=[{"as_of": "2026-05-01T00:00:00Z", "path": None, "reason": HOSTILE, "author": "A. Clerk"}],
    )  # fmt: skip


def page(language: str = "en", *, releases: int = 3, at: str | None = None) -> bytes:
    told = replace(history(releases), later=3 - releases)
    return history_page(told, RULES, language=language, country="US", time_zone="America/Chicago", titles=TITLES, at=at)
