"""What a report on the quality of a publication says, and its trend over publications."""

from transforms.quality.model import Finding, Outcome, Place, QualityReport, ScorePart, SeverityCount, YearCount
from transforms.quality.trend import TrendEntry, extended, read_trend

__all__ = [
    "Finding",
    "Outcome",
    "Place",
    "QualityReport",
    "ScorePart",
    "SeverityCount",
    "TrendEntry",
    "YearCount",
    "extended",
    "read_trend",
]
