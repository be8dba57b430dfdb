"""Readers that others wrote take the feeds and calendars of opportunities: feedparser, icalendar and ical."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar
from made_up_opportunities import compiled
from made_up_publication import PUBLICATION, MemorySource

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.opportunities import KeptOpportunities
from pregon.publication.promote import promote
from transforms.opportunities import OpportunityOptions

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "</title><script>alert(1)</script> & \x07 ]]> “ñ”, a\\b; c\r\nBEGIN:VEVENT {city}"
LANGUAGES = pytest.mark.parametrize(("language", "suffix"), [("en", ""), ("es", ".es")])


def commit(source: MemorySource, number: int, date: str = "2026-02-20T10:00:00Z", **more: Any) -> None:
    tender = more.pop("tender", {})
    state = {**compiled(number, date, **tender), **more}
    source.commit({**state, "id": f"{number}-{date}", "tag": ["tender"]}, state)


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Snapshot]:
    """Two publications: in the second one the deadline of 1 has moved, 2 is cancelled and 5 has closed."""
    root = tmp_path_factory.mktemp("public")
    source = MemorySource()
    meeting = {"id": "m1", "type": "engagement", "dueDate": "2026-03-05T16:00:00Z", "description": "Town hall; room 2"}
    commit(source, 1, tender={"milestones": [meeting], "bidOpening": {"date": "2026-03-20T20:00:00Z"}})
    commit(source, 2, tender={"mainProcurementCategory": "works"})
    commit(source, 3, tender={"title": HOSTILE, "description": HOSTILE})
    advertised = {"milestones": [{"id": "1", "type": "preProcurement", "dueDate": "2026-06-01T04:59:59Z"}]}
    commit(source, 4, tender={"status": "planned", "tenderPeriod": None, "enquiryPeriod": None}, planning=advertised)
    commit(source, 5, tender={"tenderPeriod": {"endDate": "2026-03-02T19:00:00Z"}})
    contract = {"id": "C/1", "status": "active", "period": {"endDate": "2026-05-01T04:59:59Z"}, "title": HOSTILE}
    commit(source, 6, tender={"status": "complete", "tenderPeriod": None}, contracts=[contract])

    def publish(as_of: datetime) -> Snapshot:
        made = build_snapshot(
            root, source, PUBLICATION, as_of=as_of, code_version="1", formats=("jsonl",),
            opportunities=KeptOpportunities(OpportunityOptions(), "1"),
        )  # fmt: skip
        promote(made.path)
        return made

    first = publish(AS_OF)
    commit(
        source, 1, "2026-03-02T10:00:00Z",
        tender={"milestones": [meeting], "tenderPeriod": {"endDate": "2026-03-27T19:00:00Z"}},
    )  # fmt: skip
    commit(source, 2, "2026-03-02T11:00:00Z", tender={"status": "cancelled", "mainProcurementCategory": "works"})
    return first, publish(AS_OF + timedelta(days=2))


def parsed(snapshot: Snapshot, path: str) -> Any:
    return feedparser.parse((snapshot.path / path).read_bytes())


@pytest.mark.parametrize(("form", "version"), [("atom", "atom10"), ("rss", "rss20")])
@LANGUAGES
def test_feedparser_reads_atom_and_rss(
    snapshots: tuple[Snapshot, Snapshot], language: str, suffix: str, form: str, version: str
) -> None:
    found = parsed(snapshots[1], f"feeds/opportunities{suffix}.{form}")
    assert (found.version, bool(found.bozo)) == (version, False)
    assert found.feed.language == language
    assert found.feed.title == {"en": "City of Lindenau: tenders", "es": "Ciudad de Lindenau: licitaciones"}[language]
    assert {"en": "synthetic", "es": "sintéticos"}[language] in found.feed.subtitle
    titles = [entry.title.split(":")[0] for entry in found.entries]
    assert titles[:3] == {
        "en": ["Closed", "Cancelled", "Lindens for street 1"],
        "es": ["Cerrada", "Cancelada", "Lindens for street 1"],
    }[language]  # fmt: skip
    times = [entry.updated_parsed if form == "atom" else entry.published_parsed for entry in found.entries]
    assert [time[:5] for time in times[:3]] == [(2026, 3, 2, 19, 0), (2026, 3, 2, 11, 0), (2026, 3, 2, 10, 0)]
    assert times == sorted(times, reverse=True)
    assert len({entry.id for entry in found.entries}) == len(found.entries)
    assert all(entry.link.startswith("https://") for entry in found.entries)


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_an_entry_has_the_same_id_in_every_feed_of_a_language_and_for_ever(
    snapshots: tuple[Snapshot, Snapshot], form: str
) -> None:
    first, second = snapshots
    before = {entry.title.split(": ")[-1]: entry.id for entry in parsed(first, f"feeds/opportunities.{form}").entries}
    after = {entry.title.split(": ")[-1]: entry.id for entry in parsed(second, f"feeds/opportunities.{form}").entries}
    assert before.items() <= after.items()
    cut = parsed(second, f"feeds/opportunities/category/works.{form}").entries
    assert [entry.id for entry in cut] == [after["Lindens for street 2"]]


@LANGUAGES
def test_feeds_link_to_themselves_and_to_the_other_language(
    snapshots: tuple[Snapshot, Snapshot], language: str, suffix: str
) -> None:
    links = parsed(snapshots[1], f"feeds/opportunities/category/goods{suffix}.atom").feed.links
    base, other = PUBLICATION.base_url, ".es" if language == "en" else ""
    addresses = {(link.rel, link.type): link.href for link in links}
    assert addresses["self", "application/atom+xml"] == f"{base}/feeds/opportunities/category/goods{suffix}.atom"
    assert addresses["alternate", "application/atom+xml"] == f"{base}/feeds/opportunities/category/goods{other}.atom"
    assert addresses["alternate", "text/html"] == f"{base}/opportunities{suffix}.html"


def test_no_text_of_a_process_becomes_markup(snapshots: tuple[Snapshot, Snapshot]) -> None:
    for name in ("feeds/opportunities.atom", "feeds/opportunities.rss", "feeds/expiring.rss", "opportunities.html"):
        raw = (snapshots[1].path / name).read_text(encoding="utf-8")
        assert "<script" not in raw
        assert "alert(1)" in raw
    found = parsed(snapshots[1], "feeds/opportunities.rss")
    (entry,) = [entry for entry in found.entries if "alert(1)" in entry.title]
    # A reader shows the description as HTML: there the text is to be read, not carried out.
    assert "&lt;script&gt;" in entry.summary


@LANGUAGES
def test_the_json_feed_says_to_programs_what_it_says_to_people(
    snapshots: tuple[Snapshot, Snapshot], language: str, suffix: str
) -> None:
    found = json.loads((snapshots[1].path / f"feeds/opportunities{suffix}.json").read_bytes())
    assert (found["version"], found["language"]) == ("https://jsonfeed.org/version/1.1", language)
    by_ocid = {item["_ocds"]["ocid"][-1]: item for item in found["items"]}
    assert {ocid: item["_ocds"]["state"] for ocid, item in by_ocid.items()} == {
        "1": "open", "2": "cancelled", "3": "open", "5": "closed", "6": "closed",
    }  # fmt: skip
    assert by_ocid["1"]["_ocds"]["deadline"] == "2026-03-27T19:00:00Z"
    assert {"en": "Goods", "es": "Bienes"}[language] in by_ocid["1"]["tags"]
    assert {"en": "March 27, 2026, 14:00 CDT", "es": "27 de marzo de 2026, 14:00 CDT"}[language] in by_ocid["1"][
        "content_text"
    ]


def events(snapshot: Snapshot, path: str) -> dict[str, Any]:
    """Events by UID, as icalendar reads them; ical, which is stricter, has to agree on their number."""
    text = (snapshot.path / path).read_bytes()
    strict = IcsCalendarStream.calendar_from_ics(text.decode())
    found = {str(event["uid"]): event for event in Calendar.from_ical(text).walk("VEVENT")}
    assert {event.uid for event in strict.events} == set(found)
    assert len(strict.events) == len(found)
    return found


@LANGUAGES
def test_calendars_have_deadlines_meetings_and_openings(
    snapshots: tuple[Snapshot, Snapshot], language: str, suffix: str
) -> None:
    found = events(snapshots[0], f"feeds/opportunities{suffix}.ics")
    own = {uid.split("@")[0].split("S00001/")[1]: event for uid, event in found.items() if "S00001/" in uid}
    assert {kind: event.decoded("dtstart") for kind, event in own.items()} == {
        "questions": datetime(2026, 3, 10, 23, tzinfo=UTC),
        "meeting/m1": datetime(2026, 3, 5, 16, tzinfo=UTC),
        "deadline": datetime(2026, 3, 20, 19, tzinfo=UTC),
        "opening": datetime(2026, 3, 20, 20, tzinfo=UTC),
    }
    assert str(own["meeting/m1"]["location"]) == "Town hall; room 2"
    assert str(own["deadline"]["summary"]) == {
        "en": "Bids due: Lindens for street 1", "es": "Cierre de ofertas: Lindens for street 1",
    }[language]  # fmt: skip


def test_a_deadline_that_moved_is_the_same_event_with_a_higher_sequence(snapshots: tuple[Snapshot, Snapshot]) -> None:
    before, after = (events(one, "feeds/opportunities.ics") for one in snapshots)
    (uid,) = [uid for uid in before if uid.startswith("ocds-213czf-S00001/deadline@")]
    assert (before[uid]["sequence"], after[uid]["sequence"]) == (0, 1)
    assert after[uid].decoded("dtstart") == datetime(2026, 3, 27, 19, tzinfo=UTC)
    assert after[uid].decoded("last-modified") > before[uid].decoded("last-modified")


def test_a_cancelled_tender_stays_in_the_calendar_as_cancelled(snapshots: tuple[Snapshot, Snapshot]) -> None:
    before, after = (events(one, "feeds/opportunities.ics") for one in snapshots)
    own = [uid for uid in before if "S00002/" in uid]
    assert own
    assert {str(before[uid]["status"]) for uid in own} == {"CONFIRMED"}
    assert {str(after[uid]["status"]) for uid in own} == {"CANCELLED"}


def test_plans_and_ends_of_contracts_are_days_of_the_city(snapshots: tuple[Snapshot, Snapshot]) -> None:
    (plan,) = events(snapshots[0], "feeds/plans.ics").values()
    (end,) = events(snapshots[0], "feeds/expiring.ics").values()
    assert plan.decoded("dtstart") == date(2026, 5, 31)
    assert end.decoded("dtstart") == date(2026, 4, 30)


@pytest.mark.parametrize("name", ["opportunities", "opportunities.es", "expiring"])
def test_calendars_keep_to_the_form_of_lines(snapshots: tuple[Snapshot, Snapshot], name: str) -> None:
    raw = (snapshots[1].path / f"feeds/{name}.ics").read_bytes()
    lines = raw.split(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is cut in two
    assert raw.count(b"BEGIN:VEVENT\r\n") == raw.count(b"END:VEVENT\r\n")
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", raw)


def test_nothing_to_list_is_a_valid_feed_too(tmp_path: Path) -> None:
    made = build_snapshot(
        tmp_path, MemorySource(), PUBLICATION, as_of=AS_OF, code_version="1", formats=("jsonl",),
        opportunities=KeptOpportunities(OpportunityOptions(), "1"),
    )  # fmt: skip
    for form, version in (("atom", "atom10"), ("rss", "rss20")):
        found = parsed(made, f"feeds/opportunities.{form}")
        assert (found.version, bool(found.bozo), found.entries) == (version, False, [])
    assert events(made, "feeds/plans.ics") == {}
    # A calendar needs at least one component (RFC 5545, section 3.6).
    assert Calendar.from_ical((made.path / "feeds/plans.ics").read_bytes()).subcomponents
