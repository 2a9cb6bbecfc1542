"""An installation under fault: servers, processes, and a proxy on every way between them."""

import asyncio
import http.client
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from causerie.chaos.evidence import Struck
from causerie.chaos.plan import FAULTS, MODELS, Setup, Strike
from causerie.chaos.processes import Process, answers, free_port, own_environment, watched
from causerie.chaos.proxy import Proxy
from causerie.chaos.reading import PostgresReader, Reader, SqliteReader
from causerie.chaos.servers.postgres import PostgresCluster, PostgresDatabase, PostgresServer, postgres_cluster
from causerie.chaos.servers.valkey import ValkeyServer, valkey_server

START_SECONDS = 60.0
WAKE_SECONDS = 20.0
IN_FLIGHT_SECONDS = 0.1
"""After a wake: what was written before the sleep may be stored only then."""
DELAY_SECONDS = 0.15
CONCURRENCY = 256
MOST_CONNECTIONS = 400
"""PostgreSQL does not learn that a black hole took its clients, and goes on counting them."""


@dataclass(frozen=True, slots=True)
class Servers:
    """What a set-up's processes are started on; None is what it does without."""

    setup: Setup
    cluster: PostgresCluster | None = None
    database: PostgresDatabase | None = None
    redis: ValkeyServer | None = None


@contextmanager
def servers(setup: Setup) -> Iterator[Servers]:
    """Run the servers that a set-up needs."""
    if setup is Setup.EMBEDDED:
        yield Servers(setup)
        return
    with postgres_cluster({"max_connections": str(MOST_CONNECTIONS)}) as cluster:
        server = PostgresServer(cluster.admin)
        with server.roles(), server.database() as database:
            if setup is Setup.POSTGRES:
                yield Servers(setup, cluster, database)
                return
            with valkey_server() as redis:
                yield Servers(setup, cluster, database, redis)


@dataclass(slots=True)
class Installation:
    """Running processes, and how each of them and each way is harmed."""

    servers: Servers
    reader: Reader
    record: Path
    web: list[Process]
    workers: list[Process]
    web_ports: list[int]
    web_ways: list[Proxy]
    provider_way: Proxy
    sql_way: Proxy | None
    redis_way: Proxy | None
    models: dict[str, str] = field(default_factory=dict)
    _busy: dict[str, asyncio.Lock] = field(default_factory=dict)

    @property
    def processes(self) -> list[Process]:
        """All of Causerie's."""
        return [*self.web, *self.workers]

    @property
    def ports(self) -> list[int]:
        """Where clients connect: one port a node, each with a way to the others when its own node is gone."""
        return [way.port for way in self.web_ways]

    async def strike(self, strike: Strike) -> Struck:
        """Do what is planned, and return how it went when it is over."""
        part = FAULTS[strike.fault].hits
        kind = strike.fault.partition("-")[2]
        victims = {"web": self.web, "worker": self.workers}.get(part, [])
        victim = victims[strike.target % len(victims)] if victims else None
        async with self._busy.setdefault(victim.name if victim else part, asyncio.Lock()):
            began = time.time()
            recovery = None
            if victim is not None and kind in _ON_PROCESSES:
                recovery = await _ON_PROCESSES[kind](self, victim, strike)
            else:
                await _ON_PARTS[strike.fault](self, strike)
            return Struck(strike, began, time.time(), recovery)

    @property
    def ways(self) -> list[Proxy]:
        """The proxies between its parts."""
        ways = (*self.web_ways, self.provider_way, self.sql_way, self.redis_way)
        return [way for way in ways if way is not None]

    async def heal(self) -> None:
        """Let everything run and every way be free."""
        for way in self.ways:
            way.heal()
        for process in self.processes:
            if process.pid is None:
                process.start()
        for port in self.web_ports:
            await answers(port, "/readyz", START_SECONDS)

    def metrics(self, node: int) -> dict[str, float]:
        """Return a web node's figures that have no labels."""
        lines = _call(self.web_ports[node], "GET", "/metrics").splitlines()
        pairs = (line.split() for line in lines if not line.startswith("#") and "{" not in line)
        return {name: float(value) for name, value in pairs}

    async def worked_since(self, process: Process, moment: float, within: float) -> float | None:
        """Return how long after `moment` a worker told that it is there; None if it did not in time."""
        statement = "SELECT extract(epoch FROM max(seen_at)) FROM worker WHERE pid = :pid"
        while time.time() < moment + within:
            seen = None
            with suppress(OSError, SQLAlchemyError):  # the database may be down as well
                ((seen,),) = await self.reader.rows(statement, pid=process.pid or 0)
            if seen is not None and float(seen) > moment + IN_FLIGHT_SECONDS:
                return float(seen) - moment
            await asyncio.sleep(0.2)
        return None


@asynccontextmanager
async def installation(parts: Servers, folder: Path, *, web: int, workers: int) -> AsyncIterator[Installation]:
    """Start everything in `folder`, wait until it answers, and end it with the block."""
    if parts.setup is Setup.EMBEDDED:
        web, workers = 1, 0
    async with AsyncExitStack() as stack:
        provider_way = await stack.enter_async_context(Proxy(await stack.enter_async_context(_provider(folder))))
        sql_way = redis_way = None
        settings = {"DATA_DIR": str(folder / "data"), "LOG_FORMAT": "json"}
        if parts.cluster and parts.database:
            sql_way = await stack.enter_async_context(Proxy(parts.cluster.port))
            settings["DATABASE_URL"] = _through(parts.database.url, sql_way.port)
        if parts.redis:
            redis_way = await stack.enter_async_context(Proxy(parts.redis.port))
            settings["REDIS_URL"] = f"redis://127.0.0.1:{redis_way.port}"
        environment = own_environment(settings)
        if parts.database:
            await _migrate({**environment, **own_environment({"MIGRATION_URL": parts.database.owner_url} | settings)})
        web_ports = [free_port() for _ in range(web)]
        ways = []
        for number in range(web):
            targets = web_ports[number:] + web_ports[:number]
            ways.append(await stack.enter_async_context(Proxy(*targets)))
        own = [] if parts.setup is Setup.EMBEDDED else ["--no-worker"]
        it = Installation(
            servers=parts,
            reader=_reader(parts, folder),
            record=folder / "provider.jsonl",
            web=[
                Process(f"web{n}", ["serve", *own, "--port", str(port)], environment, folder / f"web{n}.log")
                for n, port in enumerate(web_ports)
            ],
            workers=[
                Process(
                    f"worker{n}", ["worker", "--concurrency", str(CONCURRENCY)], environment, folder / f"worker{n}.log"
                )
                for n in range(workers)
            ],
            web_ports=web_ports,
            web_ways=ways,
            provider_way=provider_way,
            sql_way=sql_way,
            redis_way=redis_way,
        )
        await stack.enter_async_context(watched(it.processes))
        for process in it.processes:
            process.start()
        for process, port in zip(it.web, web_ports, strict=True):
            if await answers(port, "/readyz", START_SECONDS) is None:
                raise RuntimeError(f"{process.name} does not start: {process.printed()}")
        for name, facts in MODELS.items():
            body = {"name": name, "provider": "openai", "model": name, **facts}
            body["base_url"] = f"http://127.0.0.1:{provider_way.port}/v1"
            made = await asyncio.to_thread(_call, web_ports[0], "POST", "/api/models", body)
            it.models[name] = json.loads(made)["id"]
        yield it


def _through(url: str, port: int) -> str:
    return make_url(url).set(port=port).render_as_string(hide_password=False)


def _reader(parts: Servers, folder: Path) -> Reader:
    if parts.cluster and parts.database:
        login: URL = parts.cluster.admin.set(database=make_url(parts.database.url).database)
        return PostgresReader(login)
    return SqliteReader(folder / "data" / "causerie.db")


async def _migrate(environment: dict[str, str]) -> None:
    command = [str(Path(sys.executable).with_name("causerie")), "migrate"]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(f"causerie migrate failed: {done.stdout}{done.stderr}")


@asynccontextmanager
async def _provider(folder: Path) -> AsyncIterator[int]:
    """Run the scripted provider; give its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "causerie.chaos.provider",
        str(folder / "provider.jsonl"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the provider has no pipes")
    try:
        yield int(await asyncio.wait_for(process.stdout.readline(), START_SECONDS))
        if process.returncode is not None:  # what it had not written down yet is unknown: nothing can be judged
            raise RuntimeError(f"the provider ended by itself, with status {process.returncode}")
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), START_SECONDS)


def _call(port: int, method: str, path: str, body: Any = None) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text}")
        return text
    finally:
        connection.close()


# What the faults do.


async def _kill(_: Installation, victim: Process, strike: Strike) -> None:
    victim.kill()
    await asyncio.sleep(strike.lasts)
    victim.start()


async def _terminate(_: Installation, victim: Process, __: Strike) -> None:
    await victim.terminate()
    victim.start()


async def _freeze(it: Installation, victim: Process, strike: Strike) -> float | None:
    victim.freeze()
    await asyncio.sleep(strike.lasts)
    victim.wake()
    if victim in it.workers:
        return await it.worked_since(victim, time.time(), WAKE_SECONDS)
    return await answers(it.web_ports[it.web.index(victim)], "/livez", WAKE_SECONDS)


async def _arm(_: Installation, victim: Process, strike: Strike) -> None:
    victim.kill()
    victim.failpoint_freeze = strike.lasts
    victim.start(strike.failpoint)


_ON_PROCESSES: dict[str, Callable[[Installation, Process, Strike], Awaitable[float | None]]] = {
    "kill": _kill,
    "term": _terminate,
    "stop": _freeze,
    "failpoint": _arm,
}


async def _delay_web(it: Installation, strike: Strike) -> None:
    for way in it.web_ways:
        way.delay_seconds = DELAY_SECONDS
    await asyncio.sleep(strike.lasts)
    for way in it.web_ways:
        way.heal()


async def _reset_clients(it: Installation, _: Strike) -> None:
    for way in it.web_ways:
        way.reset()


async def _kill_redis(it: Installation, strike: Strike) -> None:
    redis = _redis(it)
    await asyncio.to_thread(redis.kill)
    await asyncio.sleep(strike.lasts)
    await asyncio.to_thread(redis.start)


async def _flush_redis(it: Installation, _: Strike) -> None:
    await asyncio.to_thread(_redis(it).command, "FLUSHALL")


async def _pause_redis(it: Installation, strike: Strike) -> None:
    await asyncio.to_thread(_redis(it).command, "CLIENT", "PAUSE", int(strike.lasts * 1000))
    await asyncio.sleep(strike.lasts)


async def _terminate_backends(it: Installation, _: Strike) -> None:
    await it.reader.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def _restart_sql(it: Installation, strike: Strike) -> None:
    cluster = it.servers.cluster
    if cluster is None:
        raise RuntimeError("this set-up has no PostgreSQL")
    await asyncio.to_thread(cluster.crash)
    await asyncio.sleep(strike.lasts)
    await asyncio.to_thread(cluster.start)


def _hole(way_of: Callable[[Installation], Proxy]) -> Callable[[Installation, Strike], Awaitable[None]]:
    async def hole(it: Installation, strike: Strike) -> None:
        way_of(it).black_hole()
        await asyncio.sleep(strike.lasts)
        way_of(it).heal()

    return hole


def _reset(way_of: Callable[[Installation], Proxy]) -> Callable[[Installation, Strike], Awaitable[None]]:
    async def reset(it: Installation, _: Strike) -> None:
        way_of(it).reset()

    return reset


def _redis(it: Installation) -> ValkeyServer:
    if it.servers.redis is None:
        raise RuntimeError("this set-up has no Redis")
    return it.servers.redis


def _redis_way(it: Installation) -> Proxy:
    if it.redis_way is None:
        raise RuntimeError("this set-up has no Redis")
    return it.redis_way


def _sql_way(it: Installation) -> Proxy:
    if it.sql_way is None:
        raise RuntimeError("this set-up has no PostgreSQL")
    return it.sql_way


def _provider_way(it: Installation) -> Proxy:
    return it.provider_way


_ON_PARTS: dict[str, Callable[[Installation, Strike], Awaitable[None]]] = {
    "web-delay": _delay_web,
    "client-reset": _reset_clients,
    "redis-kill": _kill_redis,
    "redis-hole": _hole(_redis_way),
    "redis-reset": _reset(_redis_way),
    "redis-flush": _flush_redis,
    "redis-pause": _pause_redis,
    "sql-terminate": _terminate_backends,
    "sql-reset": _reset(_sql_way),
    "sql-hole": _hole(_sql_way),
    "sql-restart": _restart_sql,
    "provider-reset": _reset(_provider_way),
    "provider-hole": _hole(_provider_way),
}
