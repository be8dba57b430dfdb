"""An organization has one name: wherever its id stands, it is called the same."""

from expectations.checks.counts import MOST_EXAMPLES, share
from expectations.checks.datasets.organizations import ORGANIZATIONS
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

MOST_NAMES = 3
"""Names shown of one id."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    by_id = (
        "(SELECT id, count(*) AS names, count(DISTINCT plain) AS plains,"
        f" list(name || ' (' || times || ')' ORDER BY times DESC, name)[:{MOST_NAMES}] AS shown"
        f" FROM {ORGANIZATIONS} GROUP BY id)"
    )
    ((ids, several, spelling),) = query(
        f"SELECT count(*), count(*) FILTER (plains > 1), count(*) FILTER (names > 1 AND plains = 1) FROM {by_id}"
    )
    if not ids:
        reason = Texts("no organization has id and name", "ninguna organización tiene id y nombre")
        return DatasetOutcome(0, passed=True, reason=reason)
    examples = query(
        f"SELECT id, shown FROM {by_id} WHERE plains > 1 ORDER BY plains DESC, names DESC, id LIMIT ?", [MOST_EXAMPLES]
    )
    return DatasetOutcome(
        applied=ids,
        passed=not several,
        figures={
            "ids": ids,
            "several_names": several,
            "several_names_share": share(several, ids),
            "spelling_only": spelling,
        },
        examples=[f"{identifier}: {' / '.join(shown)}" for identifier, shown in examples],
    )


CHECK = DatasetCheck(
    id="x.party_pairs",
    version="1",
    severity="info",
    paths=("parties/id", "parties/name"),
    source="Pregón",
    title=Texts("Organizations have one name", "Cada organización tiene un solo nombre"),
    message=Texts(
        "this id has names that differ by more than spelling; behind each is the number of processes",
        "este id tiene nombres que difieren en más que la escritura; tras cada uno, el número de procesos",
    ),
    cost=Texts(
        "Either the company was renamed, or two companies share an id and their contracts are added up as one's.",
        "O la empresa cambió de nombre, o dos empresas comparten un id y sus contratos se suman como de una sola.",
    ),
    run=_run,
)
