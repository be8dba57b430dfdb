"""The collector is paused for a block and is afterwards what it was; the memory of a query can be set."""

import ctypes
import gc
import subprocess
import sys

import pytest

from pregon.memory import InvalidMemory, memory_limit, paused_collection


@pytest.mark.parametrize("enabled", [True, False])
def test_collection_is_paused_and_then_as_before(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    try:
        with paused_collection():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
        with pytest.raises(ZeroDivisionError), paused_collection():
            _ = 1 / 0
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


@pytest.mark.parametrize(("given", "limit"), [(None, "512MB"), ("", "512MB"), ("2GB", "2GB"), (" 1 GiB ", "1 GiB")])
def test_the_memory_of_a_query_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, given: str | None, limit: str
) -> None:
    monkeypatch.delenv("PREGON_MEMORY", raising=False)
    if given is not None:
        monkeypatch.setenv("PREGON_MEMORY", given)
    assert memory_limit() == limit


@pytest.mark.parametrize("given", ["lots", "2", "-1GB", "0GB", "2GB; DROP"])
def test_what_is_no_size_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PREGON_MEMORY", given)
    with pytest.raises(InvalidMemory, match="is not a size"):
        memory_limit()


PIECES = """
import resource
from pregon.memory import keep_freed
keep_freed()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
bytearray(4 << 20)
before = faults()
for _ in range(100):
    bytearray(4 << 20)
print(faults() - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library has no such setting")
def test_memory_that_was_freed_serves_the_next_piece() -> None:
    done = subprocess.run([sys.executable, "-c", PIECES], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 10_000, "100 pieces of 1,024 pages each"
