"""A small release schema with every kind of merge rule, for tests that need no official one (not a test module)."""

from typing import Any

TEXT = {"type": ["string", "null"]}
ID = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "properties": {
        "ocid": ID,
        "id": {**ID, "omitWhenMerged": True},
        "date": {**ID, "omitWhenMerged": True},
        "tag": {"type": "array", "items": {"type": "string"}, "omitWhenMerged": True},
        "initiationType": ID,
        "language": TEXT,
        "title": TEXT,
        "parties": {"type": "array", "items": {"$ref": "#/definitions/Organization"}},
        "buyer": {"$ref": "#/definitions/OrganizationReference"},
        "planning": {"type": "object", "properties": {"rationale": TEXT}},
        "tender": {
            "type": "object",
            "properties": {
                "id": ID,
                "title": TEXT,
                "status": TEXT,
                "value": {"type": "object", "properties": {"amount": {"type": ["number", "null"]}}},
                "submissionMethod": {"type": ["array", "null"], "items": {"type": "string"}},
                "criteria": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {"type": TEXT}}},
                "items": {"type": "array", "items": {"$ref": "#/definitions/Item"}},
                "tenderers": {"type": "array", "items": {"$ref": "#/definitions/OrganizationReference"}},
                "amendments": {"type": "array", "items": {"$ref": "#/definitions/Amendment"}},
            },
        },
        "bids": {
            "type": "object",
            "properties": {
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "id": ID,
                            "status": TEXT,
                            "tenderers": {"type": "array", "items": {"$ref": "#/definitions/OrganizationReference"}},
                        },
                    },
                }
            },
        },
        "awards": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": ID,
                    "status": TEXT,
                    "suppliers": {"type": "array", "items": {"$ref": "#/definitions/OrganizationReference"}},
                },
            },
        },
        "contracts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": ID,
                    "awardID": ID,
                    "status": TEXT,
                    "amendments": {"type": "array", "items": {"$ref": "#/definitions/Amendment"}},
                    "implementation": {
                        "type": "object",
                        "properties": {
                            "transactions": {
                                "type": "array",
                                "items": {"type": "object", "properties": {"id": ID, "date": TEXT}},
                            }
                        },
                    },
                },
            },
        },
    },
    "definitions": {
        "Organization": {
            "type": "object",
            "properties": {
                "id": ID,
                "name": TEXT,
                "roles": {"type": ["array", "null"], "items": {"type": "string"}},
                "additionalIdentifiers": {
                    "type": "array",
                    "wholeListMerge": True,
                    "items": {"type": "object", "properties": {"id": TEXT}},
                },
            },
        },
        "OrganizationReference": {"type": "object", "properties": {"id": ID, "name": TEXT}},
        "Item": {
            "type": "object",
            "properties": {
                "id": ID,
                "description": TEXT,
                "unit": {"type": "object", "properties": {"name": TEXT}},
            },
        },
        "Amendment": {
            "type": "object",
            "properties": {"id": TEXT, "rationale": TEXT, "releaseID": TEXT, "amendsReleaseID": TEXT},
        },
    },
}
