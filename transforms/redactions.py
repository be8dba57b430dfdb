"""The public notice of what was taken back: `redactions.json`."""

import json
from collections.abc import Sequence

from transforms.packages import rfc3339
from transforms.snapshot import Notice

REDACTIONS = "redactions.json"


def redactions_json(notices: Sequence[Notice]) -> bytes:
    """Write the notices, oldest first: number, date, ocid (null: every process), path (null: all of it), reason.

    Neither the values nor who took them back are told. Ids of entries are not either: they may be what was taken back.
    """
    entries = [
        {
            "number": notice.number,
            "date": rfc3339(notice.moment),
            "ocid": notice.ocid,
            "path": notice.path,
            "reason": notice.reason,
        }
        for notice in notices
    ]
    return json.dumps({"redactions": entries}, ensure_ascii=False, indent=1).encode() + b"\n"
