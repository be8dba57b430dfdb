"""`bin/run`: Airflow on this machine, a city's two DAGs run and watched, the publication served.

`stack` starts and stops the processes, `api` talks to Airflow, `watch` follows a DAG run, `__main__` sets the
order.
"""
