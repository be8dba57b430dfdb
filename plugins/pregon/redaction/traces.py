"""Where else a text that was taken back may stand: quarantine, accounts of runs, profiles, other published values."""

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from pregon.ledger import Ledger, QuarantineRow
from pregon.stages.redacted import REDACTED

MANY = 1_000
"""So many different texts are looked for within others."""

CLEARED = "taken back by a redaction"
"""What stands for the message of a quarantine row, or the example of a finding, that told it."""


def tells_of(texts: Collection[str]) -> Callable[[str], bool]:
    """Give a function that says whether a text holds one of these, as it is or as JSON writes it.

    Of more than `MANY` it says whether the text is one of them: to look for each in everything would take days.
    """
    if len(texts) > MANY:
        whole = frozenset(texts)
        return lambda found: found in whole
    forms = {form for text in texts for form in (text, orjson.dumps(text)[1:-1].decode(), ascii_json(text))}
    return lambda found: any(form in found for form in forms)


def ascii_json(text: str) -> str:
    """Write a text as JSON that holds ASCII only."""
    import json

    return json.dumps(text)[1:-1]


def clear_quarantine(
    ledger: Ledger, rows: Collection[str], ocids: Collection[str], tells: Callable[[str], bool]
) -> int:
    """Empty what quarantine keeps of these source rows (`table:key`) and processes, or tells of the texts."""

    def telling(held: QuarantineRow) -> bool:
        if held.reason == REDACTED:
            return False
        name = f"{held.table}:{held.row.partition('#')[0]}"
        return name in rows or held.ocid in ocids or tells(held.value or "") or tells(held.message)

    return ledger.redacting.clear_quarantine(telling, CLEARED)


def clear_accounts(folder: Path, rows: Collection[str], tells: Callable[[str], bool]) -> int:
    """Empty examples in the accounts of runs (`runs/*/summary.json`) that tell it; give how many files had some."""
    count = 0
    for path in sorted(folder.glob("runs/*/summary.json")):
        before = orjson.loads(path.read_bytes())
        after = _cleared(before, rows, tells)
        if after != before:
            _put(path, orjson.dumps(after, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def clear_expectations(folder: Path) -> int:
    """Remove what runs found of expectations, and their Data Docs: they name rows, and show values in other forms.

    Gives how many runs had some. `pregon expectations run` makes them again.
    """
    count = 0
    for account in sorted([*folder.glob("runs/*/expectations.json"), *folder.glob("expectations/expectations.json")]):
        account.unlink()
        count += 1
    for docs in sorted([*folder.glob("runs/*/data_docs"), *folder.glob("expectations/data_docs")]):
        shutil.rmtree(docs)
    return count


def _put(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_bytes(data)
    temporary.replace(path)


def _cleared(value: Any, rows: Collection[str], tells: Callable[[str], bool]) -> Any:
    if isinstance(value, str):
        return CLEARED if tells(value) else value
    if isinstance(value, list):
        return [_cleared(member, rows, tells) for member in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _cleared(member, rows, tells) for name, member in value.items()}
    if value.get("row") in rows and value.get("value") is not None:
        kept["value"] = CLEARED
        if "message" in kept:
            kept["message"] = CLEARED
    return kept


def files_with(folder: Path, tells: Callable[[str], bool], *, beside: Iterable[Path]) -> Iterator[Path]:
    """Give the other files below an internal folder that hold a text: profiles, Data Docs, notes of people."""
    passed = {path.resolve() for path in beside}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve() not in passed and tells(path.read_bytes().decode("utf-8", "replace")):
            yield path


def still_published(ledger: Ledger, texts: Collection[str], tells: Callable[[str], bool]) -> dict[str, list[str]]:
    """Give where a published process still holds one of the texts: path without ids → ocids."""
    found: dict[str, list[str]] = {}
    for process in ledger.processes(with_releases=False) if texts else ():
        if len(texts) > MANY or tells(process.compiled.decode()):
            for path in sorted(set(_places(orjson.loads(process.compiled), "", tells))):
                found.setdefault(path, []).append(process.ocid)
    return found


def _places(value: Any, path: str, tells: Callable[[str], bool]) -> Iterator[str]:
    if isinstance(value, str):
        if tells(value):
            yield path
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _places(member, f"{path}/{name}" if path else name, tells)
    elif isinstance(value, list):
        for member in value:
            yield from _places(member, path, tells)
