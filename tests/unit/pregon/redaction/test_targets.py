"""What a person names is understood, or refused with the right name beside it."""

import pytest

from pregon.redaction.errors import Irremovable, UnknownTarget
from pregon.redaction.targets import Target, understand
from transforms.ocds import field_table

FIELDS = field_table(("bids", "enquiries"))
PUBLISHED = {"ocds-213czf-17", "ocds-213czf-2020:9"}


def understood(text: str, *, open_ended: bool = False) -> Target:
    return understand(text, published=PUBLISHED.__contains__, fields=FIELDS, open_ended=open_ended)


@pytest.mark.parametrize(
    ("text", "ocid", "path"),
    [
        ("ocds-213czf-17", "ocds-213czf-17", None),
        ("ocds-213czf-17:tender/title", "ocds-213czf-17", "tender/title"),
        ("ocds-213czf-2020:9", "ocds-213czf-2020:9", None),
        ("ocds-213czf-2020:9:tender", "ocds-213czf-2020:9", "tender"),
        ("parties/address/streetAddress", None, "parties/address/streetAddress"),
        ("parties/US-X/1/address/streetAddress", None, "parties/US-X/1/address/streetAddress"),
        ("parties/US-X-1", None, "parties/US-X-1"),
        ("ocds-213czf-17:tender/documents/D:4/title", "ocds-213czf-17", "tender/documents/D:4/title"),
        ("contracts/C1/implementation/transactions/T9/payee/name", None,
         "contracts/C1/implementation/transactions/T9/payee/name"),
    ],
)  # fmt: skip
def test_ocid_and_path_are_told_apart(text: str, ocid: str | None, path: str | None) -> None:
    found = understood(text)
    assert (found.ocid, found.path, found.widened) == (ocid, path, False)


@pytest.mark.parametrize(
    ("path", "wider"),
    [
        ("contracts/C1/awardID", "contracts/C1"),
        ("contracts/awardID", "contracts"),
        ("tender/id", "tender"),
        ("tender/items/1/id", "tender/items/1"),
        ("parties/P/id", "parties/P"),
        ("buyer/id", "buyer"),
        ("awards/A/suppliers/P/id", "awards/A/suppliers/P"),
    ],
)
def test_what_the_standard_wants_goes_with_what_is_around_it(path: str, wider: str) -> None:
    found = understood(path)
    assert (found.path, found.widened, found.given) == (wider, True, path)


def test_a_value_that_only_looks_required_goes_alone() -> None:
    assert understood("parties/P/identifier/id").path == "parties/P/identifier/id"
    assert understood("tender/items/1/classification/id").path == "tender/items/1/classification/id"


@pytest.mark.parametrize("text", ["ocid", "id", "date", "tag", "language", "ocds-213czf-17:initiationType"])
def test_no_release_is_without_its_head(text: str) -> None:
    with pytest.raises(Irremovable):
        understood(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tender/titel", "tender/title"),
        ("tender/title/x", "tender/title"),
        ("ocds-213czf-99", "no process with this ocid"),
        ("OCDS-213czf-17", "not a path"),
        ("", "not a path"),
    ],
)
def test_what_is_mistyped_is_refused(text: str, told: str) -> None:
    with pytest.raises(UnknownTarget) as refused:
        understood(text)
    assert told in f"{refused.value} {refused.value.hint}"


def test_fields_of_others_are_taken_where_releases_may_have_them() -> None:
    assert understood("tender/x_officer", open_ended=True).path == "tender/x_officer"
