"""Opportunities within a snapshot: what is listed, and the files that list it."""

from pregon.publication.opportunities.files import build_opportunities
from pregon.publication.opportunities.gathering import KeptOpportunities

__all__ = ["KeptOpportunities", "build_opportunities"]
