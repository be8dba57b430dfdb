"""The folders of cities that may be asked for."""

from pathlib import Path


def public_folder(public: Path, city: str) -> Path | None:
    """Give the public folder of a city that somebody asks for; None where the name can't be a city's."""
    if not city or city.startswith(".") or any(sign in city for sign in "/\\\0"):
        return None
    return public / city
