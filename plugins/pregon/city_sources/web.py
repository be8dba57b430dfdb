"""What sources behind a network have in common: how patiently they are asked, and whether they may be private."""

from datetime import timedelta
from typing import Any

from pydantic import Field

from pregon.city_sources.common import CommonSource, Duration, Model

_NAMES = {
    "tries": "tries",
    "budget": "budget",
    "answer_time": "answer_seconds",
    "answer_bytes": "answer_bytes",
    "file_time": "file_seconds",
    "file_bytes": "file_bytes",
}
"""Our key → what `pregon.sources.patience.Limits` calls it. What is not given is as it says there."""


class Requests(Model):
    """How patiently a server is asked, and how much it may send."""

    tries: int | None = Field(default=None, ge=1, le=100, description="times that one thing is asked for at most")
    budget: Duration | None = Field(default=None, description="no try begins later than this after the first")
    answer_time: Duration | None = Field(default=None, gt=timedelta(0), description="longest time of one answer")
    answer_bytes: int | None = Field(default=None, ge=1, description="largest answer, unpacked")
    file_time: Duration | None = Field(default=None, gt=timedelta(0), description="longest time of one file")
    file_bytes: int | None = Field(default=None, ge=1, description="largest file")

    def limits(self) -> dict[str, float | int]:
        """Give what is set as `Limits` takes it: durations in seconds."""
        given = {ours: getattr(self, ours) for ours in self.model_fields_set}
        return {
            _NAMES[ours]: value.total_seconds() if isinstance(value, timedelta) else value
            for ours, value in sorted(given.items())
            if value is not None
        }


class WebOptions(CommonSource):
    """A source that is reached through a network."""

    private_addresses: bool = Field(default=False, description="true: it lies in the city's own network")
    requests: Requests | None = None

    def options(self) -> dict[str, Any]:
        """Give the settings of the kind, those of requests as plain values."""
        given = super().options()
        return {**given, "requests": self.requests.limits()} if self.requests else given
