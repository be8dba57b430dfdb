"""The command line as a person uses it: `main()` with arguments, its output and its exit code."""

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest.mock import patch

from pregon.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


def pregon(*arguments: object) -> Outcome:
    """Run `pregon ARGUMENTS` in this process. An exception that the command line lets through ends the test."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch.object(sys, "argv", ["pregon", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Outcome(code, out.getvalue(), err.getvalue())
