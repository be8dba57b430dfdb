"""The declarative mapping from prepared tables to OCDS: its model, its compiler, and the assembly of states.

mapping = read_mapping(text, "cities/riverbend/mapping.yaml")
plan = compile_mapping(mapping, schema=prepared_columns, codelists=codelists, field_table=table, city=facts)
states = assemble(plan, rows)
"""

from transforms.mapping.compiler import InvalidMapping, Plan, compile_mapping
from transforms.mapping.model import Mapping, read_mapping

__all__ = ["InvalidMapping", "Mapping", "Plan", "compile_mapping", "read_mapping"]
