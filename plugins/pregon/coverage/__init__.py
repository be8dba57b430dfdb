"""Coverage of publications and files: what is filled, what is mapped, and what could be."""
