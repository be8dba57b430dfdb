"""Source profiles: what the tables of a city's sources hold, without extracting anything into the lake.

`cities.profile_city` reads each table into a scratch folder and has DuckDB count; what the counts mean is decided by
`transforms.profile`.
"""

from pregon.profiling.cities import profile_city

__all__ = ["profile_city"]
