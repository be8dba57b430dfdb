"""Copies of the cities' folders that a test may spoil."""

import shutil
from pathlib import Path

CITIES = Path(__file__).resolve().parents[1] / "cities"


def copy_city(slug: str, target: Path, **replaced: tuple[str, str]) -> Path:
    """Copy `cities/<slug>` below a folder that stands in for `cities/`; give the copy.

    `replaced` names files by their stem (`mapping`, `city`, `prepare`): (old text, new text), found exactly once.
    """
    copy = target / slug
    shutil.copytree(CITIES / slug, copy)
    for stem, (old, new) in replaced.items():
        edit(next(copy.glob(f"{stem}.*")), old, new)
    return copy


def unjudged_city(slug: str, target: Path, **replaced: tuple[str, str]) -> Path:
    """Copy a city as `copy_city`, but one that asks nothing of Great Expectations: half of a small run's time."""
    copy = copy_city(slug, target, **replaced)
    with (copy / "city.yaml").open("a", encoding="utf-8") as file:
        file.write("\nexpectations: {enabled: false}\n")
    return copy


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that stands in a file exactly once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")
