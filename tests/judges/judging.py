"""Runs a program that judges files, in which the references of equal schemas are replaced once, and not for each file.

`python judging.py PROGRAM FILE…`, with a Python that has what the program needs. Files of a city have their schema in
common, and most of the time of judging a small one went into this; nobody changes a schema whose references are gone.
"""

import json
import runpy
import sys
from typing import Any

import jsonref

_replace = jsonref.replace_refs
_replaced: dict[str, Any] = {}


def replace_refs(schema: Any, **options: Any) -> Any:
    """Replace as jsonref does, and give for an equal schema what was given for it before."""
    try:
        asked = json.dumps([schema, options])
    except (TypeError, ValueError):
        # References were replaced in parts of it, and lead round in a circle or stand for themselves.
        return _replace(schema, **options)
    if asked not in _replaced:
        _replaced[asked] = _replace(schema, **options)
    return _replaced[asked]


if __name__ == "__main__":
    jsonref.replace_refs = replace_refs
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
