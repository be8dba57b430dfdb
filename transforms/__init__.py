"""Pure functions from source records to OCDS: no Airflow, no network, no clock, no global state."""
