"""Texts hold no personal data: e-mail addresses, telephone numbers, numbers of persons, accounts and cards.

Contact points, names and addresses are made for what they hold, and the city's disclosure rules decide on them; this
looks at titles, descriptions, reasons, questions and answers, where nobody decided anything. A mailbox named after its
function (`compras@`, `info@`) is nobody's. What was found is never shown: a failure keeps its form only.
"""

from typing import Any

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field
from transforms.profile.in_text import may_hold_personal, personal_in
from transforms.profile.personal import mask

_NAMES = frozenset(
    {
        "title", "description", "rationale", "answer", "awardCriteriaDetails", "eligibilityCriteria", "endDateDetails",
        "finalValueDetails", "notes", "orderRationale", "procurementMethodDetails", "procurementMethodRationale",
        "project", "reductionCriteria", "submissionMethodDetails", "weightingDescription",
    }
)  # fmt: skip


def _passes(value: Any, _: str) -> bool:
    return type(value) is not str or personal_in(value) is None


def _all_pass(values: list[Any], _: str) -> bool:
    return not may_hold_personal("\n".join(values))


_TEST = FieldTest(_passes, _all_pass)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.name in _NAMES and field.is_leaf and not field.codelist else None


def _show(value: Any) -> tuple[object, object]:
    found = personal_in(value)
    return ("", "") if found is None else (mask(found.text), found.kind)


CHECK = FieldCheck(
    id="x.personal_data",
    version="1",
    severity="warning",
    paths=("tender/title", "tender/description", "awards/description", "contracts/description"),
    source="Pregón; OCDS guidance on personal data",
    title=Texts("Texts hold no personal data", "Los textos no contienen datos personales"),
    message=Texts(
        "the text holds what looks like personal data ({other}): {value}",
        "el texto contiene lo que parece un dato personal ({other}): {value}",
    ),
    cost=Texts(
        "A person's data is out and copied before anybody decided to publish it; data protection law may forbid it.",
        "Los datos de una persona quedan publicados y copiados sin que nadie lo decidiera; la ley puede prohibirlo.",
    ),
    test_of=_test_of,
    show=_show,
)
