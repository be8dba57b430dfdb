import os
import signal
from collections.abc import Iterator

import pytest

from pregon.orchestration.local.interruption import SIGNALS, Interruption, Stopped


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    installed = Interruption()
    installed.install()
    yield installed
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_ends_what_is_going_on(interruption: Interruption, number: int, status: int) -> None:
    with pytest.raises(Stopped) as stopped:
        os.kill(os.getpid(), number)
    assert stopped.value.status == status
    assert not interruption.hurry


def test_the_second_signal_interrupts_nothing_and_hurries(interruption: Interruption) -> None:
    with pytest.raises(Stopped):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    assert interruption.hurry


def test_a_signal_waits_for_what_must_not_be_cut(interruption: Interruption) -> None:
    deferral = interruption.deferred()
    deferral.__enter__()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Stopped):
        deferral.__exit__(None, None, None)


def test_an_exception_that_got_lost_comes_again(interruption: Interruption) -> None:
    interruption.check()
    with pytest.raises(Stopped):
        os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(Stopped):
        interruption.check()
