"""Airflow's settings for the tests, in a folder of its own; imported before Airflow, which reads them once."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

_airflow_home = Path(tempfile.mkdtemp(prefix="pregon-airflow-"))
atexit.register(shutil.rmtree, _airflow_home, ignore_errors=True)
os.environ.update(
    {
        "AIRFLOW_HOME": str(_airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    }
)
