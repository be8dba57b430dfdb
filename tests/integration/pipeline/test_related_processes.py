"""A tender that failed and the one that repeats it are two processes, and the later one says so.

The code list has a code for this direction only: `unsuccessfulProcess`, in the later process. `replacementProcess`
is said of a contract. So the failed process, which has none, says nothing of its successor.
"""

import pytest
from publication_files import json_lines

from .conftest import Published

pytestmark = pytest.mark.integration

FAILED = {"unsuccessful", "cancelled"}


def test_a_repeated_tender_leads_to_the_one_that_failed(riverbend: Published) -> None:
    compiled = {line["ocid"]: line for line in json_lines(riverbend.current, "compiled/full")}
    repeating = {ocid: line for ocid, line in compiled.items() if "relatedProcesses" in line}
    assert repeating
    for ocid, line in repeating.items():
        (relation,) = line["relatedProcesses"]
        assert (relation["relationship"], relation["scheme"]) == (["unsuccessfulProcess"], "ocid")
        before = compiled[relation["identifier"]]
        assert before["ocid"] != ocid
        assert before["tender"]["id"] != line["tender"]["id"]
        assert before["tender"]["status"] in FAILED
        assert before["tender"]["tenderPeriod"]["endDate"] <= line["tender"]["tenderPeriod"]["startDate"]
        # Only the later one can know of the other, and no chain leads back to where it began.
        seen = {ocid}
        while "relatedProcesses" in before:
            assert before["ocid"] not in seen
            seen.add(before["ocid"])
            before = compiled[before["relatedProcesses"][0]["identifier"]]
