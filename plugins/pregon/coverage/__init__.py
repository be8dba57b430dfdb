"""The quality of a city's publication, seen from its sources: what is mapped, and what could be."""
