"""The collector is paused for a block and is afterwards what it was; the memory of a query can be set."""

import gc

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
