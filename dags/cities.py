"""Two Airflow DAGs per city: `<city>_collect` and `<city>_publish`, built from the folders of cities/.

Only city.yaml is read here. A worker says which DAG it is about to run; then no other city is looked at.
"""

from airflow.sdk import DAG, get_parsing_context

from pregon.city import slugs
from pregon.orchestration.city_dags import city_dags

_wanted = get_parsing_context().dag_id
_dags: list[DAG] = [dag for slug in slugs() for dag in city_dags(slug, only=_wanted)]

globals().update({dag.dag_id: dag for dag in _dags})
