"""Sources: one connector per kind of system, and the extract stage that turns what they give into parts and images."""
