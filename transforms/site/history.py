"""The page of a process's history: one file for internal use, without scripts or anything from elsewhere."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from transforms.releases.changes import Change, fields
from transforms.releases.process_history import ProcessHistory, Step
from transforms.releases.rules import MergeRules
from transforms.site.environment import environment
from transforms.site.profile import printable
from transforms.texts import texts
from transforms.texts.numbers import date, number

_LONGEST = 5_000
"""Characters of a value on the page: longer ones are no reading matter, and are whole in the JSON."""


def history_page(
    history: ProcessHistory,
    rules: MergeRules,
    *,
    language: str,
    country: str,
    time_zone: str,
    titles: Mapping[str, str],
    at: str | None = None,
) -> bytes:
    """Render a history. `titles` are those of fields by OCDS path; `at` is the time at which the history was cut."""
    words, common = texts(language, "history"), texts(language)

    def day(moment: str) -> str:
        return date(datetime.fromisoformat(moment), time_zone, common)

    page: str = (
        environment()
        .get_template("history.html.jinja")
        .render(
            history=history,
            words=words,
            city=history.name[language],
            title=_title(history),
            state=fields(history.state, rules),
            rows=_rows(history),
            steps=list(reversed(list(enumerate(history.steps, 1)))),
            at=at,
            day=day,
            number=lambda value: number(value, language, country),
            told=lambda value: told(value, _LONGEST),
            printable=lambda text: printable(text, _LONGEST),
            title_of=lambda change: titles.get(change.field, ""),
        )
    )
    return page.encode()


def told(value: Any, longest: int = 160) -> str:
    """Write a JSON value for people, on one line: texts as they are, all else as JSON."""
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), longest)


def _title(history: ProcessHistory) -> str:
    title = history.state.get("tender", {}).get("title") or history.state.get("title") or ""
    return title if isinstance(title, str) else ""


def _rows(history: ProcessHistory) -> Callable[[Step | None, Change], list[str]]:
    """Give the source rows of a change; none of what a release took away, for they are of what is there now."""

    def rows(step: Step | None, change: Change) -> list[str]:
        return [] if step is not None and change.kind == "removed" else history.rows(change)

    return rows
