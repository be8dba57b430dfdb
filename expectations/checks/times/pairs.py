"""What several checks over time ask: the processes of both publications, side by side."""

from expectations.checks.model import Query


def paired(*columns: str) -> str:
    """Give the FROM of processes in both publications: ocid, and each column as `old_…` and `new_…`.

    Where an ocid stands in several rows, which is a fault of its own, its first row by these columns counts.
    """
    old, new = (
        f"(SELECT {', '.join(('ocid', *columns))} FROM {table} WHERE ocid IS NOT NULL"
        f" QUALIFY row_number() OVER (PARTITION BY ocid ORDER BY {', '.join(columns)}) = 1)"
        for table in ("previous", "facts")
    )
    shown = ", ".join(f"old.{column} AS old_{column}, new.{column} AS new_{column}" for column in columns)
    return f"(SELECT old.ocid AS ocid, {shown} FROM {old} AS old JOIN {new} AS new ON old.ocid = new.ocid)"


def count(query: Query, sql: str) -> int:
    """Give the one number that a SELECT counts."""
    ((number,),) = query(sql)
    return int(number or 0)
