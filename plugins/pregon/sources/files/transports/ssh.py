"""A connection to an SFTP server whose key is the one that was pinned."""

import base64
import binascii
import hashlib
import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pregon.sources.base import SourceConfigurationError, SourceSpec, TableSpec
from pregon.sources.connections import ConnectionFields, connection_fields, variable_of
from pregon.sources.files.transports.errors import HostKeyDiffers, LoginRefused, TransferFailed
from pregon.sources.http.errors import PrivateAddressRefused
from pregon.sources.http.safety import PrivateAddressError, check_public, resolve

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient, Transport

KINDS = frozenset({"sftp", "ssh", "generic"})
PORT = 22
CONNECT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Login:
    """What a connection says of a server: where it is, which key it shows, and who asks."""

    host: str
    port: int
    host_key: bytes
    user: str
    password: str | None = field(default=None, repr=False)
    private_key: "PKey | None" = field(default=None, repr=False)

    @property
    def key_kind(self) -> str:
        """Name of the pinned key's algorithm: the first field of its bytes (RFC 4253, 6.6)."""
        length = int.from_bytes(self.host_key[:4], "big")
        return self.host_key[4 : 4 + length].decode("ascii", "replace")


def login_of(source: SourceSpec, table: TableSpec, place: str) -> Login:
    """Read the connection of a source; `place` is the host, and perhaps the port, that its address names.

    Raises:
        SourceConfigurationError: it is not defined, lacks something, or is for another host.
    """
    fields = _fields(source, table)
    host, port = _host_and_port(place)
    problem, hint = None, None
    if fields.host and host and fields.host != host:
        problem = f"is for the host {fields.host}, not {host}"
        hint = "remove the host from the address (sftp:///…) or from the connection"
    elif not (host or fields.host):
        problem, hint = "has no host, and the address of the file has none", "set one of them"
    elif not fields.login:
        problem, hint = "has no login", "set it to the account on the server"
    elif not fields.extra.get("host_key"):
        problem = "pins no key of the server, so that anybody could answer in its place"
        hint = "set host_key in its extra to what `ssh-keyscan -t ed25519 HOST` prints after the name, once compared"
    elif not (fields.password or fields.extra.get("private_key")):
        problem, hint = "has neither a password nor a private_key in its extra", "set one of them"
    if problem is None:
        try:
            return Login(
                host=host or str(fields.host),
                port=port or fields.port or PORT,
                host_key=_host_key(str(fields.extra["host_key"])),
                user=str(fields.login),
                password=None if fields.extra.get("private_key") else fields.password,
                private_key=_private_key(fields.extra),
            )
        except ValueError as error:
            problem, hint = f"has {error}", "see the reference of city.yaml"
    raise SourceConfigurationError(
        f"the connection {source.connection!r} {problem}", source=source.name, table=table.name, hint=hint
    )


def _fields(source: SourceSpec, table: TableSpec) -> ConnectionFields:
    place = {"source": source.name, "table": table.name}
    if source.connection is None:
        raise SourceConfigurationError(
            "lies on an SFTP server, which asks for a login",
            **place,
            hint="set `connection:` of the source",
        )
    fields = connection_fields(source.connection, source=source.name)
    if fields is None:
        raise SourceConfigurationError(
            f"the connection {source.connection!r} is not defined",
            **place,
            hint=f"add it in Airflow, or set {variable_of(source.connection)}",
        )
    if fields.kind not in KINDS:
        problem = f"the connection {source.connection!r} is of type {fields.kind}, not sftp"
        raise SourceConfigurationError(problem, **place)
    return fields


def _host_and_port(place: str) -> tuple[str, int | None]:
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = place.partition(":")
    return host, int(port) if port.isascii() and port.isdigit() else None


def _host_key(text: str) -> bytes:
    """Read a public key as OpenSSH writes it, `ssh-ed25519 AAAA…`; what stands before and after does not count."""
    for word in text.split():
        if word.startswith("AAAA"):
            try:
                return base64.b64decode(word, validate=True)
            except binascii.Error:
                break
    raise ValueError("a host_key that is no public key: it looks like ssh-ed25519 AAAA…")


def _private_key(extra: Any) -> "PKey | None":
    text = extra.get("private_key")
    if not text:
        return None
    from paramiko import ECDSAKey, Ed25519Key, RSAKey, SSHException

    kinds: tuple[type[PKey], ...] = (Ed25519Key, RSAKey, ECDSAKey)
    for kind in kinds:
        try:
            return kind.from_private_key(io.StringIO(str(text)), extra.get("private_key_passphrase"))
        except (SSHException, ValueError, IndexError):
            # Each kind refuses the others; the error's text could hold a part of the key.
            continue
    raise ValueError("a private_key that can't be read: OpenSSH's format, and private_key_passphrase if it has one")


class Session:
    """One connection with its channel for files."""

    def __init__(self, sock: socket.socket, transport: "Transport", files: "SFTPClient") -> None:
        self._sock = sock
        self._transport = transport
        self.files = files
        self._late = threading.Event()

    def close(self) -> None:
        """End it."""
        self.files.close()
        _close(self._transport, self._sock)

    @contextmanager
    def within(self, seconds: float) -> Iterator[threading.Event]:
        """Let the block take so long: then the connection is cut, however steadily bytes drip, and the event is set."""

        def cut() -> None:
            self._late.set()
            self._transport.close()

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield self._late
        finally:
            timer.cancel()
            timer.join()


def connect(login: Login, place: Any, *, private_addresses: bool, read_seconds: float) -> Session:
    """Connect to the pinned server, and log in.

    Args:
        login: who, and where.
        place: what errors say of where they happened.
        private_addresses: the server may lie in a private network.
        read_seconds: so long may pass without a byte.

    Raises:
        PrivateAddressRefused, HostKeyDiffers, LoginRefused: it must not, or can't be, spoken to.
        TransferFailed: it does not answer.
    """
    import paramiko

    try:
        sock = _socket(login, private_addresses=private_addresses)
    except PrivateAddressError as error:
        raise PrivateAddressRefused(error.host, **place) from None
    except OSError as error:
        raise TransferFailed(f"can't be reached at {login.host}:{login.port} ({error})", **place) from error
    transport = paramiko.Transport(sock)
    try:
        _only_key_kinds(transport, login, place)
        transport.start_client(timeout=CONNECT_SECONDS)
        _check_key(transport, login, place)
        if login.private_key is not None:
            transport.auth_publickey(login.user, login.private_key)
        else:
            transport.auth_password(login.user, str(login.password))
        return Session(sock, transport, _files(transport, read_seconds))
    except paramiko.AuthenticationException as error:
        _close(transport, sock)
        # The server's own words may repeat what was sent.
        raise LoginRefused(f"the server does not accept the login ({type(error).__name__})", **place) from None
    except paramiko.ssh_exception.IncompatiblePeer as error:
        _close(transport, sock)
        raise HostKeyDiffers(fingerprint(login.host_key), f"of no kind in common ({error})", **place) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        _close(transport, sock)
        raise TransferFailed(f"the server does not answer as SSH does ({error})", **place) from error
    except BaseException:
        _close(transport, sock)
        raise


def _close(transport: "Transport", sock: socket.socket) -> None:
    transport.close()
    sock.close()  # which a transport that failed leaves open


def _files(transport: "Transport", read_seconds: float) -> "SFTPClient":
    from paramiko import SFTPClient, SSHException

    files = SFTPClient.from_transport(transport)
    channel = files.get_channel() if files else None
    if files is None or channel is None:
        raise SSHException("it offers no SFTP")
    channel.settimeout(read_seconds)
    return files


def fingerprint(key: bytes) -> str:
    """Give a public key's fingerprint as OpenSSH shows it."""
    return f"SHA256:{base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip('=')}"


def _socket(login: Login, *, private_addresses: bool) -> socket.socket:
    look_up = resolve if private_addresses else check_public
    last: OSError | None = None
    for address in look_up(login.host, login.port):
        try:
            return socket.create_connection((address, login.port), CONNECT_SECONDS)
        except OSError as error:
            last = error
    raise last or OSError("it has no address")


def _only_key_kinds(transport: "Transport", login: Login, place: Any) -> None:
    """Have the server show the key that is pinned, of all that it has."""
    options = transport.get_security_options()
    # One RSA key signs in several ways (RFC 8332).
    wanted = ("rsa-sha2-512", "rsa-sha2-256") if login.key_kind == "ssh-rsa" else (login.key_kind,)
    known = tuple(kind for kind in wanted if kind in options.key_types)
    if not known:
        raise SourceConfigurationError(
            f"the pinned host_key is of the kind {login.key_kind!r}, which is not spoken here",
            source=place["source"],
            table=place["table"],
            hint=f"pin a key of one of: {', '.join(options.key_types)}",
        )
    options.key_types = known


def _check_key(transport: "Transport", login: Login, place: Any) -> None:
    shown = transport.get_remote_server_key().asbytes()
    if shown != login.host_key:
        raise HostKeyDiffers(fingerprint(login.host_key), fingerprint(shown), **place)
