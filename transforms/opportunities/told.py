"""An opportunity in words: what feeds, calendars and the page say of it."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from transforms.ocds import codelist
from transforms.opportunities.cuts import Cut
from transforms.opportunities.facts import Contract, Tender
from transforms.publication import Publication
from transforms.texts import texts
from transforms.texts.numbers import date, money


class Told:
    """The words of one language for the opportunities of a publication."""

    def __init__(self, publication: Publication, language: str) -> None:
        self.words = texts(language, "feeds")
        self._common = texts(language)
        self._publication = publication
        self._language = language
        self._zone = ZoneInfo(publication.time_zone)

    def local(self, moment: str) -> datetime:
        """Give a date of the standard in the city's time zone."""
        return datetime.fromisoformat(moment).astimezone(self._zone)

    def moment(self, moment: str) -> str:
        """Write a day and a time in the city's time zone, in words."""
        local = self.local(moment)
        day = date(local, self._publication.time_zone, self._common)
        text: str = self.words["moment"].format(day=day, time=f"{local:%H:%M}", zone=_zone_name(local))
        return text

    def day(self, moment: str) -> str:
        """Write a day in the city's time zone, in words."""
        return date(self.local(moment), self._publication.time_zone, self._common)

    def code(self, name: str, code: str) -> str:
        """Give the title of a code: the city's for its own codes, else that of the standard."""
        own = self._publication.code_titles.get(name, {}).get(code)
        if own:
            return own.get(self._language) or next(iter(own.values()))
        if name == "reservedParticipation" and "otherRequirements" not in self._publication.extensions:
            return code
        return codelist(name, self._publication.extensions).title(code, self._language)

    def cut(self, cut: Cut) -> str:
        """Name a part of the opportunities."""
        match cut.kind:
            case "department":
                return cut.name
            case "category":
                return self.code("procurementCategory", cut.key)
            case "set-aside":
                return self.code("reservedParticipation", cut.key)
            case "code":
                return f"{cut.scheme} {cut.key}"

    def money(self, amount: str, currency: str) -> str:
        """Write an amount with its currency."""
        return money(Decimal(amount), currency, self._language, self._publication.country)

    def lines(self, tender: Tender, state: str) -> Iterator[str]:
        """Tell what a vendor asks first, a line each: until when, who, what kind, for whom, how much."""
        labels = self.words["labels"]
        if state == "planned":
            if tender.expected:
                yield labels["expected"].format(value=self.day(tender.expected))
        else:
            if tender.start and state == "upcoming":
                yield labels["start"].format(value=self.moment(tender.start))
            if tender.deadline:
                yield labels["deadline"].format(value=self.moment(tender.deadline))
            if tender.question_deadline:
                yield labels["questions"].format(value=self.moment(tender.question_deadline))
            for meeting in tender.meetings:
                text = labels["meeting"].format(value=self.moment(meeting.date))
                yield f"{text} {meeting.place}".rstrip()
        if tender.department_name:
            yield labels["department"].format(value=tender.department_name)
        if tender.category:
            yield labels["category"].format(value=self.code("procurementCategory", tender.category))
        if tender.method_details or tender.method:
            value = tender.method_details or self.code("method", tender.method or "")
            yield labels["method"].format(value=value)
        if tender.set_asides:
            value = ", ".join(self.code("reservedParticipation", one) for one in tender.set_asides)
            yield labels["set_aside"].format(value=value)
        if tender.amount and tender.currency:
            yield labels["amount"].format(value=self.money(tender.amount, tender.currency))
        if tender.submission and state in {"open", "upcoming"}:
            yield labels["submission"].format(value=tender.submission)
        yield labels["process"].format(value=tender.ocid)

    def contract_lines(self, contract: Contract) -> Iterator[str]:
        """Tell of a contract when it ends, who buys from whom, and whether it may go on."""
        labels = self.words["labels"]
        yield labels["end"].format(value=self.day(contract.end))
        if contract.latest_end and contract.latest_end != contract.end:
            yield labels["latest_end"].format(value=self.day(contract.latest_end))
        if contract.renewable is not None:
            yield labels["renewable" if contract.renewable else "not_renewable"]
        if contract.department_name:
            yield labels["department"].format(value=contract.department_name)
        if contract.category:
            yield labels["category"].format(value=self.code("procurementCategory", contract.category))
        if contract.suppliers:
            yield labels["suppliers"].format(value=", ".join(contract.suppliers))
        if contract.amount and contract.currency:
            yield labels["amount"].format(value=self.money(contract.amount, contract.currency))
        yield labels["process"].format(value=contract.ocid)


def _zone_name(local: datetime) -> str:
    """Name a time zone as its people do; many have nothing but the difference to UTC."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{name}"


def page_anchor(ocid: str) -> str:
    """Name the place of a process on the page for people."""
    return f"process-{ocid}"
