"""The lists of words in lists.yaml."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def _lists() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("lists.yaml").read_text(encoding="utf-8"))
    return found


@cache
def listed(name: str) -> frozenset[str]:
    """Give a list of words."""
    return frozenset(_lists()[name])


@cache
def listed_by(name: str) -> Mapping[str, frozenset[str]]:
    """Give the lists below a name."""
    return {below: frozenset(words) for below, words in _lists()[name].items()}
