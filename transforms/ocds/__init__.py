"""The field table: the facts of OCDS 1.1.5 and of its extensions, stated once, with all that derives from them.

fields.csv, codelists/*.csv and extensions.csv are edited by hand; their columns are explained in `definitions`,
`codelists` and `extensions`. Everything else is built from them in memory and cached:

    >>> from transforms.ocds import field_table, merge_rules, release_schema
    >>> field_table(["bids"])["bids/details/value/currency"].codelist
    'currency'
"""

from transforms.ocds.codelists import Code, Codelist, codelist, codelists
from transforms.ocds.columns import arrow_type, column_type
from transforms.ocds.dictionary import DictionaryRow, dictionary, full_title
from transforms.ocds.errors import IncompatibleExtensions, NoColumn, UnknownCodelist, UnknownExtension, UnknownField
from transforms.ocds.extensions import RECOMMENDED, Extension, extension_urls, extensions, supported_extensions
from transforms.ocds.fields import Field, FieldTable, field_table
from transforms.ocds.merging import MergeRules, merge_rules
from transforms.ocds.schemas import (
    compiled_release_schema,
    record_package_schema,
    release_package_schema,
    release_schema,
    strict_release_schema,
    validator,
    versioned_release_schema,
)

__all__ = [
    "RECOMMENDED",
    "Code",
    "Codelist",
    "DictionaryRow",
    "Extension",
    "Field",
    "FieldTable",
    "IncompatibleExtensions",
    "MergeRules",
    "NoColumn",
    "UnknownCodelist",
    "UnknownExtension",
    "UnknownField",
    "arrow_type",
    "codelist",
    "codelists",
    "column_type",
    "compiled_release_schema",
    "dictionary",
    "extension_urls",
    "extensions",
    "field_table",
    "full_title",
    "merge_rules",
    "record_package_schema",
    "release_package_schema",
    "release_schema",
    "strict_release_schema",
    "supported_extensions",
    "validator",
    "versioned_release_schema",
]
