"""Values of `city.yaml` that have a form of their own: codes, addresses, time zones and schedules."""

import re
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator

from pregon.city_problems import nearest

_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo"
    " es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka"
    " kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng"
    " nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su"
    " sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
LANGUAGES = frozenset(_CODES.split())
"""ISO 639-1: the codes that OCDS takes for `language`."""


def _matching(pattern: str, description: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {description}")
        return value

    return AfterValidator(check)


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"{code!r} is not a language code of ISO 639-1, such as en or es")
    return code


def _time_zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        # The names are read from the disk only now, when there is something to find among them.
        cities = {
            zone.rpartition("/")[2].lower(): zone for zone in sorted(zoneinfo.available_timezones(), reverse=True)
        }
        wanted = name.rpartition("/")[2].lower().replace(" ", "_")
        near = f"; did you mean {cities[wanted]!r}?" if wanted in cities else nearest(name, cities.values())
        problem = f"{name!r} is not a time zone of the IANA database, such as America/Chicago"
        raise ValueError(f"{problem}{near}") from error
    return name


def _schedule(cron: str) -> str:
    if len(cron.split()) != 5:
        raise ValueError(f"{cron!r} is not a cron expression of five fields, such as 0 5 * * *")
    if reason := _cron_problem(cron):
        raise ValueError(f"{cron!r} can't be used as a schedule: {reason}")
    return cron


def _cron_problem(cron: str) -> str:
    """Ask the library that Airflow will ask; without Airflow nothing runs on a schedule."""
    try:
        from croniter import CroniterBadDateError, CroniterError, croniter  # type: ignore[import-untyped]
    except ImportError:
        return ""
    try:
        croniter(cron, 0).get_next()
    except CroniterBadDateError:
        return "no date will ever match it"
    except CroniterError as error:
        return str(error).removeprefix(f"[{cron}] ").removeprefix("is not acceptable, ")
    return ""


OcidPrefix = Annotated[str, _matching(r"ocds-[a-z0-9]{6}", "an ocid prefix: ocds- and six small letters or digits")]
Country = Annotated[str, _matching(r"[A-Z]{2}", "a country code of ISO 3166-1: two capital letters, such as US")]
Currency = Annotated[str, _matching(r"[A-Z]{3}", "a currency code of ISO 4217: three capital letters, such as USD")]
Address = Annotated[str, _matching(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", "an address such as https://city.example/page")]
BaseUrl = Annotated[
    str,
    _matching(r"https?://\S*[^\s/]", "an http or https address without a slash at its end"),
]
Mailbox = Annotated[str, _matching(r"[^@\s]+@[^@\s]+", "a mail address, such as data@city.example")]
Language = Annotated[str, AfterValidator(_language)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Schedule = Annotated[str, AfterValidator(_schedule)]
