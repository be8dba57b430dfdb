"""A real CKAN on loopback, with PostgreSQL and Redis, an organization, and an account that may publish there.

CKAN is AGPL: it has an environment of its own (`.venv-ckan`, made by bin/test), and is only run as processes.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
from servers.postgresql import postgresql_server
from servers.programs import ServerMissing, found, free_port
from servers.redis import redis_server
from servers.solr import solr_server
from sqlalchemy import create_engine, make_url, text

REPOSITORY = Path(__file__).resolve().parents[2]
ORGANIZATION, GROUP, ACCOUNT = "city-of-lindenau", "procurement", "publisher"

_PLUGINS = "activity datastore datatables_view dcat"
_SETTINGS = """[DEFAULT]
debug = false
[app:main]
use = egg:ckan
SECRET_KEY = made-up-key-of-a-test-portal
ckan.site_id = lindenau
ckan.site_title = Open data of Lindenau
ckan.auth.create_user_via_api = true
ckan.views.default_views = datatables_view
ckanext.dcat.rdf.profiles = euro_dcat_ap_3
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(levelname)s %(name)s %(message)s
"""


@dataclass(frozen=True)
class CkanPortal:
    """A CKAN at work: `token` is that of an editor of the organization, `sysadmin` may do anything."""

    url: str
    token: str
    sysadmin: str
    python: Path
    settings: Path

    def connection(self, **extra: Any) -> dict[str, Any]:
        """Give an Airflow connection to it, as JSON."""
        return {"conn_type": "http", "host": self.url, "password": self.token, "extra": extra}

    def action(self, name: str, /, **parameters: Any) -> Any:
        """Do something as the portal's own staff."""
        return _action(self.url, self.sysadmin, name, parameters)


def portal_environment() -> Path:
    """Give the folder of programs of CKAN's environment; `PREGON_CKAN` may name its Python.

    Raises:
        ServerMissing: it is not made.
    """
    python = Path(os.environ.get("PREGON_CKAN") or REPOSITORY / ".venv-ckan" / "bin" / "python")
    if not (python.parent / "ckan").exists():
        raise ServerMissing("CKAN", "none: bin/test makes .venv-ckan, and so does setup_portal of bin/setup")
    return python.parent


@contextmanager
def ckan_portal(postgresql: str | None = None, port: int = 0) -> Iterator[CkanPortal]:
    """Serve until the block ends, in databases of its own on a PostgreSQL server, or on one that is started for it.

    Raises:
        ServerMissing: CKAN's environment, Redis or PostgreSQL is not there.
        RuntimeError: it does not start.
    """
    programs = portal_environment()
    found("file", "file")  # CKAN loads libmagic, which this Debian package brings
    port = port or free_port()
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="pregon-ckan-")))
        redis = opened.enter_context(redis_server())
        schema = next(programs.parent.glob("lib/python*/site-packages/ckan/config/solr/schema.xml"))
        solr = opened.enter_context(solr_server(schema))
        server = postgresql or opened.enter_context(postgresql_server())
        main, datastore, reader = opened.enter_context(_databases(server, f"ckan{port}"))
        settings = folder / "ckan.ini"
        url = f"http://127.0.0.1:{port}"
        values = {
            "sqlalchemy.url": main,
            "ckan.datastore.write_url": datastore,
            "ckan.datastore.read_url": reader,
            "solr_url": solr,
            "ckan.redis.url": redis,
            "ckan.site_url": url,
            "ckan.storage_path": str(folder / "storage"),
            "ckan.plugins": _PLUGINS,
        }
        lines = "".join(f"{name} = {value}\n" for name, value in values.items())
        settings.write_text(_SETTINGS.replace("[loggers]\n", f"{lines}[loggers]\n"))
        sysadmin = _prepared(programs, settings, datastore)
        with _running(programs, settings, port, folder / "log"):
            token = _with_an_organization(url, sysadmin)
            yield CkanPortal(url, token, sysadmin, programs / "python", settings)


@contextmanager
def _databases(server: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Make CKAN's two databases, and the role that only reads; gives their addresses."""
    base = make_url(server).set(drivername="postgresql")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    names = (name, f"{name}_datastore")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE ROLE {name}_reader LOGIN"))
            for one in names:
                connection.execute(text(f"CREATE DATABASE {one}"))
        main, datastore = (base.set(database=one) for one in names)
        reader = datastore.set(username=f"{name}_reader")
        yield tuple(one.render_as_string(hide_password=False) for one in (main, datastore, reader))  # type: ignore[misc]
        with engine.connect() as connection:
            for one in names:
                connection.execute(text(f"DROP DATABASE {one} WITH (FORCE)"))
            connection.execute(text(f"DROP ROLE {name}_reader"))
    finally:
        engine.dispose()


def _prepared(programs: Path, settings: Path, datastore: str) -> str:
    """Fill the databases and make the first account; gives its token."""

    def ckan(*arguments: str) -> str:
        done = subprocess.run(
            [programs / "ckan", "-c", settings, *arguments], cwd=settings.parent, check=False, capture_output=True,
            text=True, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"ckan {' '.join(arguments[:2])}: {done.stdout}{done.stderr}")
        return done.stdout

    with ThreadPoolExecutor() as pool:
        permissions = pool.submit(ckan, "datastore", "set-permissions")
        ckan("db", "init")
        ckan("sysadmin", "add", "--create", "admin", "email=admin@lindenau.example", "password=made-up-password")
        token = ckan("user", "token", "add", "admin", "tests").split()[-1]
        statements = [line for line in permissions.result().splitlines() if not line.startswith("\\")]
    with psycopg.connect(datastore, autocommit=True) as connection:
        connection.execute("\n".join(statements).encode())
    return token


@contextmanager
def _running(programs: Path, settings: Path, port: int, log: Path) -> Iterator[None]:
    command = [
        programs / "ckan",
        "-c",
        settings,
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--disable-reloader",
    ]
    with log.open("wb") as written:
        process = subprocess.Popen(
            command,
            cwd=settings.parent,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(f"CKAN ended with {process.returncode}: {log.read_text()}")
            try:
                if httpx.get(f"http://127.0.0.1:{port}/api/3/action/status_show", timeout=30).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            raise RuntimeError(f"CKAN does not answer: {log.read_text()}")
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _action(url: str, token: str, name: str, parameters: dict[str, Any]) -> Any:
    answer = httpx.post(f"{url}/api/3/action/{name}", json=parameters, headers={"Authorization": token}, timeout=120)
    if answer.status_code != 200:
        raise RuntimeError(f"{name}: {answer.status_code} {answer.text[:2000]}")
    return answer.json()["result"]


def _with_an_organization(url: str, sysadmin: str) -> str:
    """Make what a portal's staff makes for a city: an organization, a group, an account; gives its token."""

    def action(name: str, /, **parameters: Any) -> Any:
        return _action(url, sysadmin, name, parameters)

    action("user_create", name=ACCOUNT, email="publisher@lindenau.example", password="made-up-password")  # noqa: S106
    users = [{"name": ACCOUNT, "capacity": "editor"}]
    action("organization_create", name=ORGANIZATION, title="City of Lindenau", users=users)
    action("group_create", name=GROUP, title="Procurement", users=users)
    token: str = action("api_token_create", user=ACCOUNT, name="pregon")["token"]
    return token
