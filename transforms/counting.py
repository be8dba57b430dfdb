"""Numbers with their nouns, as people write them."""


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """Give `1 file`, `2,000 files`; `nouns` is the plural where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"
