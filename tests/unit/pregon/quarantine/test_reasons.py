"""Every reason for which something can be held back is explained."""

import re
from pathlib import Path

import pregon.stages.prepare
from pregon.quarantine.reasons import REASONS, UNREADABLE, is_unreadable, reason_of
from pregon.sources import batches


def test_the_reasons_of_prepare_are_explained() -> None:
    source = Path(pregon.stages.prepare.__file__).read_text(encoding="utf-8")
    words = source[source.index("words = {") : source.index("cases =")]
    codes = {*re.findall(r'"([a-z_]+)": f?"', words), "unused", "unreferenced", "rejected", "redacted", "structure"}
    assert {"orphan", "no_id"} < codes <= REASONS.keys()


def test_any_other_reason_is_that_of_a_row_that_could_not_be_read() -> None:
    assert reason_of(batches.CAST_FAILURE) is UNREADABLE
    assert is_unreadable(batches.UNREADABLE_CHANGE)
    assert not is_unreadable("orphan")


def test_meaning_and_remedy_are_said_of_each() -> None:
    assert all(reason.meaning and reason.remedy for reason in (*REASONS.values(), UNREADABLE))
