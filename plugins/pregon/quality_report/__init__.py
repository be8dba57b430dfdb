"""The quality of a city's publication: told to everybody in counts, and to the city with the source rows behind it."""

from pregon.quality_report.internal import write_internal
from pregon.quality_report.kept import KeptQuality

__all__ = ["KeptQuality", "write_internal"]
