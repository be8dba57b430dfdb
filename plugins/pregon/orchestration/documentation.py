"""What the Airflow UI says about a city's DAGs. Only from city.yaml: no other file is opened when DAGs are parsed."""

from pregon.city import City
from pregon.errors import PregonError

_COLLECT = """\
Copies what changed at the sources, maps it to OCDS and appends new releases to the ledger.

`extract` → `prepare` → per bucket `map` → `release` → `check` → `gate` → `commit`

When nothing changed the bucket stages are skipped. Only a commit of at least one release wakes `{publish}`.
Every task may be cleared and run again: the run keeps its clock, and the same input gives the same bytes.
"""

_PUBLISH = """\
Builds a snapshot from the ledger, makes it current and pushes it to the targets.

`build` → `promote` → per target `push`{announced}

Runs once a day and after every commit of `{collect}`. When nothing changed no new snapshot is made.
"""


def collect_doc(city: City) -> str:
    """Markdown for the collecting DAG."""
    text = _COLLECT.format(publish=f"{city.slug}_publish")
    sources = [
        f"| `{name}` | {source.kind} | {', '.join(f'`{table}`' for table in source.tables)} |"
        for name, source in city.sources.items()
    ]
    table = ["| source | kind | tables |", "|---|---|---|", *sources]
    return "\n".join([*_head(city), text, *table, ""])


def publish_doc(city: City) -> str:
    """Markdown for the publishing DAG."""
    told = city.announce.recipients
    announced = f" → `announce` ({', '.join(told)}), whose failure fails nothing" if told else ""
    text = _PUBLISH.format(collect=f"{city.slug}_collect", announced=announced)
    targets = [f"- `{name}` ({target.kind})" for name, target in city.targets.items()] or ["- none configured"]
    return "\n".join([*_head(city), text, "Targets:", "", *targets, ""])


def broken_doc(slug: str, error: Exception) -> str:
    """Markdown for a DAG of a city that can't be used: the error, and the hint if there is one."""
    lines = [f"# cities/{slug} can't be used", "", "What was published before stays as it is.", ""]
    lines += [f"    {line}" for line in str(error).splitlines()]
    if isinstance(error, PregonError) and error.hint:
        lines += ["", f"Hint: {error.hint}"]
    return "\n".join([*lines, ""])


def _head(city: City) -> list[str]:
    facts = [
        ("Owner", f"{city.contacts.owner} ({city.contacts.email})"),
        ("Publisher", city.publisher.name),
        ("Schedule", f"`{city.schedule}` {city.time_zone}"),
        ("OCID prefix", f"`{city.ocid_prefix}`" + ("" if city.official else " (unofficial: for documentation only)")),
        ("Publication", city.base_url),
        ("More", f"`cities/{city.slug}/README.md`"),
    ]
    synthetic = ["**Synthetic data: this city does not exist.**", ""] if city.synthetic else []
    return [f"# {city.name.en}", "", *synthetic, *(f"- {name}: {value}" for name, value in facts), ""]
