"""A house of many processes to measure: PostgreSQL that syncs, Redis, web nodes and workers, each where it is put."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx
import psutil
from redis.asyncio import Redis
from sqlalchemy import NullPool, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.node import Node
from bench.processes import SERVER_CORE, START_SECONDS, STOP_SECONDS, free_port, pinned, running
from bench.transactions import SETTINGS, Transaction, transactions_of
from causerie.chaos.servers.postgres import PostgresCluster, PostgresDatabase, PostgresServer, postgres_cluster
from causerie.chaos.servers.valkey import valkey_server

CAUSERIE = str(Path(sys.executable).with_name("causerie"))
CONCURRENCY = 1_000
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "256MB", "max_connections": "200"}

_LOG = "SELECT pg_read_file(pg_current_logfile('jsonlog'))"
_END_OF_LOG = "SELECT 'here ends what is counted'"
_LONGEST_REPLY = """
    SELECT extract(epoch FROM max(session_event.created_at - generation.queued_at))::float8
    FROM session_event JOIN generation USING (user_id, message_id)
    WHERE session_event.kind = 'chat:stream:end' AND session_event.session_id = ANY(:sessions)
"""


class WorkerProcess:
    """A worker under measurement."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._system = psutil.Process(process.pid)

    def cpu_seconds(self) -> float:
        times = self._system.cpu_times()
        return times.user + times.system

    def memory_bytes(self) -> int:
        resident: int = self._system.memory_info().rss
        return resident


class House:
    """PostgreSQL and Redis that run, with the newest schema and nothing in it."""

    def __init__(
        self, folder: Path, mock_port: int, cluster: PostgresCluster, database: PostgresDatabase, redis_url: str
    ) -> None:
        self._mock = mock_port
        self._superuser = cluster.admin.set(drivername="postgresql+asyncpg", database=make_url(database.url).database)
        self.redis_url = redis_url
        self.database_url = database.url
        self.postgres_port = cluster.port
        self._postmaster = psutil.Process(cluster.pid)
        self._environment = {
            "CAUSERIE_DATA_DIR": str(folder),
            "CAUSERIE_DATABASE_URL": database.url,
            "CAUSERIE_MIGRATION_URL": database.owner_url,
            "CAUSERIE_REDIS_URL": redis_url,
            "CAUSERIE_LOG_FORMAT": "json",
        }

    @classmethod
    @contextlib.asynccontextmanager
    async def on(cls, folder: Path, mock_port: int) -> AsyncIterator[Self]:
        """Start both servers and migrate; they end with the block."""
        async with AsyncExitStack() as stack:

            async def enter(context: contextlib.AbstractContextManager[Any]) -> Any:
                # These contexts run commands and loops of their own, so they are entered on a thread.
                entered = await asyncio.to_thread(context.__enter__)
                stack.push_async_callback(asyncio.to_thread, context.__exit__, None, None, None)
                return entered

            cluster = await enter(postgres_cluster(DURABLE | SETTINGS))
            server = PostgresServer(cluster.admin)
            await enter(server.roles())
            database = await enter(server.database())
            redis = await enter(valkey_server())
            house = cls(folder, mock_port, cluster, database, redis.url)
            await house._run_to_its_end("migrate")
            yield house

    @contextlib.asynccontextmanager
    async def web(self, *, core: int = SERVER_CORE, worker: bool = False) -> AsyncIterator[Node]:
        """Run a web node, with a worker in it or without, until the block ends."""
        port = free_port()
        command = [CAUSERIE, "serve", "--worker" if worker else "--no-worker", "--port", str(port)]
        async with (
            running(command, port, core=core, environment=self._environment) as server,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as rest,
        ):
            yield Node(server, self._mock, rest)

    @contextlib.asynccontextmanager
    async def worker(self, *, core: int = SERVER_CORE) -> AsyncIterator[WorkerProcess]:
        """Run a worker until the block ends."""
        process = await asyncio.create_subprocess_exec(
            *pinned(core, [sys.executable, CAUSERIE, "worker", "--concurrency", str(CONCURRENCY)]),
            env={**os.environ, **self._environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                while b"is ready" not in (line := await process.stdout.readline()):
                    assert line, "the worker ended while starting"
            yield WorkerProcess(process)
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), STOP_SECONDS)
                except TimeoutError:
                    process.kill()
                    await process.wait()

    def postgres_cpu_seconds(self) -> float:
        """Return the processor time of the server's processes that live."""
        total = 0.0
        for process in (self._postmaster, *self._postmaster.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    async def log_statements(self) -> None:
        """Let the server log every statement that begins from now on."""
        await self._ask("ALTER SYSTEM SET log_statement = 'all'")
        await self._ask("SELECT pg_reload_conf()")
        logged = "none"
        async with asyncio.timeout(START_SECONDS):
            while logged != "all":  # each look is a connection of its own
                logged = await self._ask("SHOW log_statement")

    async def logged_transactions(self) -> list[Transaction]:
        """Return the transactions of which a statement was logged until now, and log no more."""
        await self._ask(_END_OF_LOG)
        log = ""
        async with asyncio.timeout(START_SECONDS):
            while _END_OF_LOG not in log:  # its collector is a process of its own
                log = await self._ask(_LOG)
        await self._ask("ALTER SYSTEM RESET log_statement")
        await self._ask("SELECT pg_reload_conf()")
        return transactions_of(log)

    async def longest_reply(self, session_ids: Sequence[str]) -> float:
        """Return the seconds from queueing to the end of the reply of these sessions that took longest."""
        seconds: float = await self._ask(_LONGEST_REPLY, sessions=[UUID(session_id) for session_id in session_ids])
        return seconds

    async def analyze(self) -> None:
        """Give the planner its statistics, as the server does by itself about a minute after the first rows."""
        await self._ask("ANALYZE")

    async def seconds(self, statement: str, **parameters: Any) -> float:
        """Return how long PostgreSQL takes for a statement and all its rows."""
        engine = create_async_engine(self._superuser, poolclass=NullPool)
        async with engine.connect() as connection:
            started = time.perf_counter()
            (await connection.execute(text(statement), parameters)).all()
            return time.perf_counter() - started

    async def _ask(self, statement: str, **parameters: Any) -> Any:
        """Execute a statement, and return the first value of the first row, if it returns rows."""
        engine = create_async_engine(self._superuser, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        async with engine.connect() as connection:
            result = await connection.execute(text(statement), parameters)
            return result.scalar() if result.returns_rows else None

    async def redis_text_bytes(self, session_ids: Sequence[str]) -> int:
        """Return what Redis holds of the text of these sessions' replies, which it keeps for some seconds."""
        async with Redis.from_url(self.redis_url) as redis:
            keys = [key for session_id in session_ids async for key in redis.scan_iter(f"chat:{{{session_id}}}:*")]
            return sum([await redis.memory_usage(key, samples=0) or 0 for key in keys])

    async def redis_cpu_seconds(self) -> float:
        """Return the processor time of Redis."""
        async with Redis.from_url(self.redis_url) as redis:
            info = await redis.info("cpu")
            return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])

    async def _run_to_its_end(self, command: str) -> None:
        process = await asyncio.create_subprocess_exec(
            CAUSERIE, command, env={**os.environ, **self._environment}, stdout=asyncio.subprocess.DEVNULL
        )
        status = await asyncio.wait_for(process.wait(), START_SECONDS)
        assert status == 0, f"causerie {command} ended with {status}"


async def idle(node: Node) -> None:
    """Wait until nothing is queued and nothing runs."""
    deadline = time.perf_counter() + 120
    while time.perf_counter() < deadline:
        queue = (await node.health())["queue"]
        if not queue["queued"] and not queue["running"]:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("replies still run")
