"""An address is taken before it is announced, and one that can't be had is named."""

import socket

import pytest

from pregon.web.serving import AddressUnusable, listen


def test_any_free_port_can_be_had() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0


def test_a_port_that_is_taken_is_named() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(AddressUnusable, match=f"can't serve at 127.0.0.1, port {port}: Address already") as refused:
            listen("127.0.0.1", port)
    assert refused.value.hint is not None
    assert "--port" in refused.value.hint


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(AddressUnusable, match=r"can't serve at 192\.0\.2\.1, port 8090: "):
        listen("192.0.2.1", 8090)


def test_a_name_that_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(AddressUnusable, match="can't serve at lampton, port 8090: Name or service not known"):
        listen("lampton", 8090)
