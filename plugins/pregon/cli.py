"""The command line `pregon`: from the shell to a command of `commands`, and from its errors to words and exit codes.

Exit codes: 0 done, 1 findings or a run that failed, 2 a command that can't be understood, 3 a run about which a person
is asked, 130 after Ctrl-C.
"""

import os
import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""


def main() -> None:
    """Run the command line; an error that a person can mend is printed without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding shows a question mark for what it does not have.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        # A third of a second of imports, in which Ctrl-C is no error either.
        from pregon.commands import app

        app()
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as end:
        # This is what typer makes of Ctrl-C.
        if end.code == INTERRUPTED:
            _interrupted()
        raise
    except Exception as error:
        from pregon.failures import explain, show_defects
        from pregon.printing import print_error

        told = explain(error)
        if told is None or os.environ.get("PREGON_TRACEBACK"):
            show_defects()
            raise
        print_error(*told)
        raise SystemExit(getattr(error, "exit_code", 1)) from None


def _interrupted() -> None:
    sys.stderr.write("interrupted; the same command may be given again at any time\n")
    raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
