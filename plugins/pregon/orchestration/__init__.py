"""Pregón in Airflow: the DAGs of a city, their tasks and retry policy, and the driver of `bin/run`.

Modules here are imported when DAG files are parsed: none may import a heavy module at its top.
"""
