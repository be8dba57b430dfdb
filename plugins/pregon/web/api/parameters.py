"""What readers may ask for. Whatever is not named here is refused, so that no misspelt filter passes for obeyed."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MOST = 500
USUAL = 100

_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def cursor_of(sequence: int) -> str:
    """Write a place in the order of commit as readers give it back."""
    digits = "0123456789abcdefghijklmnopqrstuv"
    text = ""
    while sequence or not text:
        sequence, digit = divmod(sequence, 32)
        text = digits[digit] + text
    return text


def _whole_number(value: Any) -> Any:
    # Else "1.0" and " 1" would be numbers too.
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("is not a whole number")
    return value


def _day(text: str) -> str:
    # Year 0 is a year of RFC 3339, and a leap year.
    if not _DAY.fullmatch(text) or not _is_day(text):
        raise ValueError("is not a date, such as 2026-03-01")
    return text


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(f"2000{text[4:]}" if text.startswith("0000") else text)
    except ValueError:
        return False
    return True


def _time(text: str) -> str:
    """Give a time of RFC 3339 in UTC, as snapshots have it; one beyond the calendar becomes the first or last day."""
    found = _TIME.fullmatch(text)
    if not found or not _is_day(found[1]):
        raise ValueError("is not a time with a zone, such as 2026-03-01T00:00:00Z")
    day, hour, minute, second, zone = found.groups()
    if day.startswith("0000"):
        return "0001-01-01T00:00:00Z"
    second = min(second, "59")  # a leap second
    moment = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second}{'+00:00' if zone in 'Zz' else zone}")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return f"{day}T{hour}:{minute}:{second}Z"
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _text(most: int) -> Any:
    return Field(default=None, min_length=1, max_length=most)


class Nothing(BaseModel):
    """No parameters at all."""

    model_config = ConfigDict(extra="forbid")


class _Filter(Nothing):
    cursor: str | None = Field(default=None, pattern=r"^[0-9a-v]{1,12}$")
    limit: Annotated[int, BeforeValidator(_whole_number)] = Field(default=USUAL, ge=1, le=MOST)
    since: Annotated[str, AfterValidator(_time)] | None = Field(default=None, json_schema_extra={"format": "date-time"})

    @property
    def after(self) -> int:
        """Sequence after which entries are asked for."""
        return int(self.cursor, 32) if self.cursor else 0


class ReleaseFilter(_Filter):
    """Which releases."""

    ocid: str | None = _text(200)


class RecordFilter(_Filter):
    """Which records."""

    buyer: str | None = _text(200)
    supplier: str | None = _text(200)
    title: str | None = _text(200)
    status: str | None = _text(100)
    category: str | None = _text(100)
    method: str | None = _text(100)
    date_from: Annotated[str, AfterValidator(_day)] | None = Field(default=None, json_schema_extra={"format": "date"})
    date_to: Annotated[str, AfterValidator(_day)] | None = Field(default=None, json_schema_extra={"format": "date"})
