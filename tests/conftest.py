"""What every tier of tests shares."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of the reference material (official schemas, conformance fixtures, real data), read only."""
    folder = Path(os.environ.get("PREGON_REFERENCE", REPOSITORY.parent / "shared")).resolve()
    if not (folder / "ocds").is_dir():
        pytest.skip(f"reference material is not at {folder}: set PREGON_REFERENCE to its folder")
    return folder
