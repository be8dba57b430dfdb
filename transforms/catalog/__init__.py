"""Catalogue entries from which portals, search engines and tools learn of a publication."""

from transforms.catalog.data_package import data_package_json
from transforms.catalog.dcat_ap import CATALOG_JSONLD, CATALOG_TTL, catalog_jsonld, catalog_ttl
from transforms.catalog.dcat_us import data_json
from transforms.catalog.dcat_us_3 import DATA_V3, data_v3_json
from transforms.catalog.described import DATA_PACKAGE, Described
from transforms.catalog.schema_org import dataset_json

__all__ = [
    "CATALOG_JSONLD",
    "CATALOG_TTL",
    "DATA_PACKAGE",
    "DATA_V3",
    "Described",
    "catalog_jsonld",
    "catalog_ttl",
    "data_json",
    "data_package_json",
    "data_v3_json",
    "dataset_json",
]
