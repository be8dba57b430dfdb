"""A person's wish to stop `bin/run`: Ctrl-C, a closed terminal, or `kill`.

Kept light: it has to be in force before anything that takes time is imported.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """The command was asked to stop by the signal `number`; unwinding the stack stops every process it started."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def status(self) -> int:
        """The command's exit status, as shells have it: 128 and the number of the signal."""
        return 128 + self.number


class Interruption:
    """Raises Stopped at the first signal, and only then: whatever stops the processes is never interrupted itself.

    A later signal makes `hurry` true: what is still alive is to be killed.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._signals = 0
        self._depth = 0

    def install(self) -> None:
        """Take the signals over for the rest of the process, even from a shell that ignores them in the background."""
        for number in SIGNALS:
            signal.signal(number, self.receive)

    def end(self) -> None:
        """Ignore signals from now on: nothing is left to stop, and Python's own end must not change the exit status."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @property
    def hurry(self) -> bool:
        """Whether somebody asked a second time."""
        return self._signals > 1

    def check(self) -> None:
        """Raise Stopped if that was asked for: an exception raised inside a callback or destructor is lost."""
        if self._number is not None and not self._depth:
            raise Stopped(self._number)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let a signal wait until the end: between the start of a process and the note of its number."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        self.check()

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        self._signals += 1
        if number == signal.SIGHUP:
            _write_to_nobody()
        if self._number is None:
            self._number = number
            self.check()


def _write_to_nobody() -> None:
    """Lead the output away from a terminal that is gone, where writing is an error."""
    nobody = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nobody, stream)
    os.close(nobody)
