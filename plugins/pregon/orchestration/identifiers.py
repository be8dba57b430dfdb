"""Names of a city's DAGs, for whoever asks Airflow about them without importing it."""

import re


def dag_ids(slug: str) -> tuple[str, str]:
    """Ids of the collecting and the publishing DAG of a city."""
    # The folder's name may be what is wrong with a city; Airflow takes no spaces or accents in an id.
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", slug)
    return f"{name}_collect", f"{name}_publish"
