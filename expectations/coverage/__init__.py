"""How a publication is filled: counts of fields and codes, by year and department, and what they make computable.

coverage = cover_files([Path("compiled/full.jsonl.gz")], ["bids"])
coverage.field("tender/title").share
[verdict.indicator.id for verdict in computable(coverage) if verdict.status == "computable"]
"""

from expectations.coverage.counting import cover, cover_files
from expectations.coverage.model import CodeCounts, Counts, Coverage, Department, FieldCount
from expectations.coverage.needs import Indicator, Missing, Verdict, computable, indicators

__all__ = [
    "CodeCounts",
    "Counts",
    "Coverage",
    "Department",
    "FieldCount",
    "Indicator",
    "Missing",
    "Verdict",
    "computable",
    "cover",
    "cover_files",
    "indicators",
]
