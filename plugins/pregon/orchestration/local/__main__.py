"""`bin/run [--once] [CITY]`: see `command`. Here only what must come first."""

import contextlib
import sys
from collections.abc import Sequence

from pregon.orchestration.local.interruption import Interruption, Stopped


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    interruption = Interruption()
    interruption.install()
    try:
        # Half a second of imports, in which Ctrl-C is no error either.
        from pregon.orchestration.local.command import main as command

        return command(arguments, interruption)
    except Stopped as stopped:
        with contextlib.suppress(OSError):
            sys.stdout.write("interrupted\n")
            sys.stdout.flush()
        return stopped.status
    finally:
        interruption.end()


if __name__ == "__main__":
    sys.exit(main())
