"""A house of many processes to measure: PostgreSQL that syncs, Redis, web nodes and workers, each where it is put."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
from redis.asyncio import Redis
from sqlalchemy import CursorResult, TextClause, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.node import Node
from bench.processes import SERVER_CORE, START_SECONDS, STOP_SECONDS, free_port, pinned, running
from causerie.chaos.servers.postgres import PostgresDatabase, PostgresServer, postgres_cluster
from causerie.chaos.servers.valkey import valkey_server

CAUSERIE = str(Path(sys.executable).with_name("causerie"))
CONCURRENCY = 1_000
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "256MB", "max_connections": "200"}


_TRANSACTIONS = text("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")


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
        self, folder: Path, mock_port: int, database: PostgresDatabase, redis_url: str, postmaster: int
    ) -> None:
        self._mock = mock_port
        self._database = database
        self.redis_url = redis_url
        self._postmaster = psutil.Process(postmaster)
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

            cluster = await enter(postgres_cluster(DURABLE))
            server = PostgresServer(cluster.admin)
            await enter(server.roles())
            database = await enter(server.database())
            redis = await enter(valkey_server())
            house = cls(folder, mock_port, database, redis.url, cluster.pid)
            await house._run_to_its_end("migrate")
            yield house

    @contextlib.asynccontextmanager
    async def web(self, *, core: int = SERVER_CORE) -> AsyncIterator[Node]:
        """Run a web node without a worker until the block ends."""
        port = free_port()
        command = [CAUSERIE, "serve", "--no-worker", "--port", str(port)]
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

    async def transactions(self) -> int:
        """Return how many transactions the database has seen, this look included."""
        await asyncio.sleep(1.2)  # a busy connection tells its counts once a second
        count: int = (await self._ask(_TRANSACTIONS)).scalar_one()
        return count

    async def analyze(self) -> None:
        """Give the planner its statistics, as the server does by itself about a minute after the first rows."""
        await self._ask(text("ANALYZE"))

    async def _ask(self, statement: TextClause) -> CursorResult[Any]:
        engine = create_async_engine(
            make_url(self._database.owner_url).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT"
        )
        try:
            async with engine.connect() as connection:
                return await connection.execute(statement)
        finally:
            await engine.dispose()

    async def redis_info(self) -> dict[str, float]:
        """Return Redis' own counters: `used_memory` bytes, `cpu` seconds, `keys`."""
        async with Redis.from_url(self.redis_url) as redis:
            info = await redis.info()
            return {
                "used_memory": float(info["used_memory"]),
                "cpu": float(info["used_cpu_user"]) + float(info["used_cpu_sys"]),
                "keys": float(await redis.dbsize()),
            }

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
