"""An SFTP server on loopback that knows passwords, and has bad days: it breaks off, is slow, and forbids.

OpenSSH's server (`servers.sshd`) does none of that on demand.
"""

import errno
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import paramiko
from paramiko import SFTPAttributes, SFTPHandle, SFTPServer, SFTPServerInterface

USER, PASSWORD = "made-up", "made-up-password"


@dataclass
class FaultySftp:
    """The server at work, and what it is to do.

    `files`: path → content. `drops`: so many reads break the connection off. `wait`: seconds before each read.
    `forbidden` paths can't be read. `renamed`: path → the name under which it is listed.
    """

    port: int
    host_key: paramiko.PKey
    files: dict[str, bytes] = field(default_factory=dict)
    drops: int = 0
    wait: float = 0.0
    forbidden: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)

    def connection(self, **changes: Any) -> dict[str, Any]:
        """Give an Airflow connection to it, as JSON."""
        key = f"{self.host_key.get_name()} {self.host_key.get_base64()}"
        return {"conn_type": "sftp", "login": USER, "password": PASSWORD, "extra": {"host_key": key}, **changes}

    def address(self, pattern: str) -> str:
        """Give the address of its files."""
        return f"sftp://127.0.0.1:{self.port}/{pattern}"


@contextmanager
def faulty_sftp() -> Iterator[FaultySftp]:
    """Serve until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = FaultySftp(listening.getsockname()[1], paramiko.ECDSAKey.generate())
        opened: list[tuple[paramiko.Transport, socket.socket]] = []

        def accept() -> None:
            while True:
                try:
                    connected, _ = listening.accept()
                except OSError:
                    return
                transport = paramiko.Transport(connected)
                opened.append((transport, connected))
                transport.add_server_key(server.host_key)
                transport.set_subsystem_handler("sftp", SFTPServer, _Files, server, transport)
                with suppress(paramiko.SSHException, EOFError, OSError):
                    transport.start_server(server=_Door(server))

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for transport, connected in opened:
                transport.close()
                connected.close()  # which a transport that failed leaves open


class _Door(paramiko.ServerInterface):
    def __init__(self, server: FaultySftp) -> None:
        self._server = server

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the base class has it
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self._server.logins.append(username)
        right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        return paramiko.OPEN_SUCCEEDED


class _Files(SFTPServerInterface):
    def __init__(self, _: object, server: FaultySftp, transport: paramiko.Transport) -> None:
        self._server = server
        self._transport = transport

    def list_folder(self, path: str) -> Any:
        folder = path.rstrip("/")
        found = [name for name in self._server.files if os.path.dirname(name) == folder]  # noqa: PTH120 - no local path
        return [_attributes(self._server.renamed.get(name, name), self._server.files[name]) for name in found]

    def stat(self, path: str) -> Any:
        content = self._server.files.get(path)
        return paramiko.SFTP_NO_SUCH_FILE if content is None else _attributes(path, content)

    lstat = stat

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> Any:  # noqa: ARG002
        if path in self._server.forbidden:
            return SFTPServer.convert_errno(errno.EACCES)
        if path not in self._server.files:
            return paramiko.SFTP_NO_SUCH_FILE
        return _Handle(self._server, self._transport, path)


class _Handle(SFTPHandle):
    def __init__(self, server: FaultySftp, transport: paramiko.Transport, path: str) -> None:
        super().__init__(0)
        self._server = server
        self._transport = transport
        self._path = path

    def stat(self) -> Any:
        return _attributes(self._path, self._server.files[self._path])

    def read(self, offset: int, length: int) -> Any:
        time.sleep(self._server.wait)
        if self._server.drops:
            self._server.drops -= 1
            self._transport.close()
            return paramiko.SFTP_FAILURE
        return self._server.files[self._path][offset : offset + length]


def _attributes(path: str, content: bytes) -> SFTPAttributes:
    attributes = SFTPAttributes()
    attributes.filename = path.rpartition("/")[2] if "\0" not in path else path
    attributes.st_size, attributes.st_mtime, attributes.st_atime = len(content), 1_760_000_000, 1_760_000_000
    attributes.st_mode = stat.S_IFREG | 0o644
    return attributes
