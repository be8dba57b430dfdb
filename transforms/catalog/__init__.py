"""Catalogue entries from which portals harvest a publication."""

from transforms.catalog.dcat_us import data_json

__all__ = ["data_json"]
