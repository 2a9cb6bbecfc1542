"""Web nodes and workers as processes: what one says the others show, and any of them may come and go."""

import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from causerie.chaos.servers.valkey import RedisServer
from causerie.db.upgrading import HEAD
from tests.contract import behaviours
from tests.contract.making import FINAL, speaking_to
from tests.contract.problems import refusal
from tests.contract.providing import Provider
from tests.contract.serving import CAUSERIE, DRAIN_SECONDS, START_SECONDS, Server, environment, serving, working
from tests.contract.sockets import connected
from tests.postgres import PostgresDatabase, PostgresServer
from tests.setups import Installation
from tests.waiting import until

pytestmark = pytest.mark.setups("served")

LEASE_SECONDS = 20.0
"""A killed worker's reply is taken over by then."""
FIRST_CONSUMER = "return redis.call('XINFO', 'CONSUMERS', 'chat:jobs', 'workers')[1][2]"


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    """A database without a schema."""
    with postgres.database() as database:
        yield database


def run(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CAUSERIE, *arguments],
        env=environment(data, settings),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def until_ready(server: Server, seconds: float) -> None:
    """Wait until the node says that it can serve."""
    until(lambda: httpx.get(f"{server.url}/readyz").status_code == 200, seconds, server.printed)


def first_worker(server: Server) -> dict[str, Any]:
    """Return the first worker of which the node knows, as soon as there is one."""
    health = f"{server.url}/api/health"
    workers = until(lambda: httpx.get(health).json()["parts"]["workers"], START_SECONDS, server.printed)
    worker: dict[str, Any] = workers[0]
    return worker


@pytest.fixture
def settings(installation: Installation) -> dict[str, Any]:
    """What all processes of the installation are told, one master key among it."""
    return {**installation.settings, "SECRET_KEY": "5e" * 32}


def test_what_is_said_on_one_node_is_seen_on_the_other(
    tmp_path: Path, settings: dict[str, Any], provider: Provider
) -> None:
    with ExitStack() as stack:
        nodes = [stack.enter_context(serving(tmp_path / f"node-{number}", **settings)) for number in range(2)]
        stack.enter_context(working(tmp_path / "worker", **settings)).wait_until_ready()
        here, there = (stack.enter_context(speaking_to(server.url, provider)) for server in nodes)
        session = here.session(behaviours.STEADY)
        sockets = [stack.enter_context(connected(server.socket_url)) for server in nodes]
        for socket in sockets:
            socket.expect("welcome")
            socket.join(session["id"])

        answer = here.start_reply(session["id"], "A story?")
        ends = [socket.expect("chat:stream:end") for socket in sockets]

        assert ends[0] == ends[1]
        reply = there.message(answer["ai_message"]["id"])
        assert (reply["status"], reply["content"]) == ("complete", behaviours.STEADY_TEXT)
        assert here.branch(session["id"]) == there.branch(session["id"])


def test_a_worker_has_one_name(
    tmp_path: Path, settings: dict[str, Any], provider: Provider, redis_server: RedisServer
) -> None:
    with (
        serving(tmp_path / "node", **settings) as server,
        working(tmp_path / "worker", **settings) as worker,
        speaking_to(server.url, provider) as api,
    ):
        printed = worker.wait_until_ready()
        reply = api.start_reply(api.session(behaviours.STEADY)["id"], "A story?")["ai_message"]
        api.until_status(reply["id"], FINAL)
        shown = first_worker(server)
        database = int(settings["REDIS_URL"].rpartition("/")[2])
        consumer = redis_server.command("EVAL", FIRST_CONSUMER, 0, database=database)

    assert consumer.decode() == printed
    assert UUID(printed).hex.endswith(shown["id"])


def test_a_client_goes_on_at_another_node_when_its_own_is_killed(
    tmp_path: Path, settings: dict[str, Any], provider: Provider
) -> None:
    model = provider.one_of_its_own(text=behaviours.STEADY_TEXT, fault="hold", after=120)
    with ExitStack() as stack:
        first, second = (stack.enter_context(serving(tmp_path / f"node-{number}", **settings)) for number in range(2))
        stack.enter_context(working(tmp_path / "worker", **settings)).wait_until_ready()
        api = stack.enter_context(speaking_to(second.url, provider))
        session = api.session(ai_model_id=api.model(model))
        with connected(first.socket_url) as socket:
            socket.expect("welcome")
            joined = socket.join(session["id"])
            socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")
            socket.text_reaches(120)
            first.kill()

        socket = stack.enter_context(connected(second.socket_url))
        socket.expect("welcome")
        again = socket.join(session["id"], epoch=joined["epoch"], after=joined["seq"])
        assert [reply["text"] for reply in again["live"]] == [behaviours.STEADY_TEXT[:120]]
        provider.release(model)
        socket.expect("chat:stream:end")

        assert api.leaf(session["id"])["content"] == behaviours.STEADY_TEXT
        assert len(provider.asked(model)) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["told to stop", "killed"])
def test_another_worker_continues_what_one_leaves(
    tmp_path: Path, settings: dict[str, Any], provider: Provider, number: signal.Signals
) -> None:
    model = provider.one_of_its_own(text=behaviours.STEADY_TEXT, fault="hold", after=120)
    with ExitStack() as stack:
        server = stack.enter_context(serving(tmp_path / "node", **settings))
        api = stack.enter_context(speaking_to(server.url, provider))
        leaving = stack.enter_context(working(tmp_path / "worker-1", **settings))
        leaving.wait_until_ready()
        session = api.session(ai_model_id=api.model(model, continue_prefix=True))
        socket = stack.enter_context(connected(server.socket_url))
        socket.expect("welcome")
        socket.join(session["id"])
        reply_id = api.start_reply(session["id"], "A story?")["ai_message"]["id"]
        socket.text_reaches(120)
        stack.enter_context(working(tmp_path / "worker-2", **settings)).wait_until_ready()

        leaving.process.send_signal(number)
        status = leaving.process.wait(DRAIN_SECONDS)
        provider.release(model)
        reply = api.until_status(reply_id, FINAL, within=LEASE_SECONDS)

    assert status == (0 if number is signal.SIGTERM else -signal.SIGKILL)
    assert (reply["status"], reply["content"], reply["attempt"]) == ("complete", behaviours.STEADY_TEXT, 2)


@pytest.mark.parametrize(
    ("signals", "took"),
    [([signal.SIGTERM], DRAIN_SECONDS), ([signal.SIGTERM] * 2, DRAIN_SECONDS), ([signal.SIGINT] * 2, 3.0)],
    ids=["SIGTERM", "SIGTERM twice", "Ctrl+C twice"],
)
def test_a_worker_that_is_told_to_stop_ends_cleanly(
    tmp_path: Path, settings: dict[str, Any], provider: Provider, signals: list[signal.Signals], took: float
) -> None:
    model = provider.one_of_its_own(text=behaviours.STEADY_TEXT, fault="hold", after=40)
    with (
        serving(tmp_path / "node", **settings) as server,
        working(tmp_path / "worker", **settings) as worker,
        speaking_to(server.url, provider) as api,
    ):
        worker.wait_until_ready()
        api.start_reply(None, "A story?", ai_model_id=api.model(model, paid=True))
        until(lambda: provider.asked(model), START_SECONDS, worker.printed)

        started = time.monotonic()
        for number in signals:
            worker.process.send_signal(number)
            time.sleep(0.2)  # two at once would be one
        status = worker.process.wait(DRAIN_SECONDS)

        assert status == 0
        assert time.monotonic() - started < took
        assert "Traceback" not in worker.printed()
        assert api.http.get("/health").status_code == 200


def test_processes_that_start_together_begin_one_installation(tmp_path: Path, settings: dict[str, Any]) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(3) as threads:
        starts = [
            threads.submit(stack.enter_context, serving(tmp_path / f"node-{number}", OPENAI_API_KEY="sk-1", **settings))
            for number in range(3)
        ]
        servers = [start.result() for start in starts]
        told = [
            [httpx.get(f"{server.url}/api/{path}").json() for path in ("auth/me", "characters", "models")]
            for server in servers
        ]

    owner, characters, models = told[0]
    assert told == [[owner, characters, models]] * 3
    assert [row["name"] for row in characters["items"]] == ["Wren", "Pip", "Captain Marrow"]
    assert sorted(row["provider"] for row in models["items"]) == ["local", "openai"]


def test_a_node_on_an_old_schema_waits_for_the_migration(tmp_path: Path, empty: PostgresDatabase) -> None:
    before = run(tmp_path / "data", "migrate", "--check", DATABASE_URL=empty.url)
    with serving(tmp_path / "data", until="livez", DATABASE_URL=empty.url) as server:
        problem = refusal(httpx.get(f"{server.url}/readyz"), 503, "schema_behind")
        refusal(httpx.get(f"{server.url}/api/sessions"), 503, "schema_behind")
        alive = httpx.get(f"{server.url}/livez")
        health = httpx.get(f"{server.url}/api/health")
        migrated = run(tmp_path / "data", "migrate", DATABASE_URL=empty.url, MIGRATION_URL=empty.owner_url)
        until_ready(server, START_SECONDS)
        sessions = httpx.get(f"{server.url}/api/sessions")

    assert (before.returncode, before.stdout) == (1, f"schema none, newest {HEAD}\n")
    assert problem["retryable"] is True
    assert (alive.status_code, health.json()["status"]) == (200, "degraded")
    assert (migrated.returncode, migrated.stdout) == (0, f"schema {HEAD}\n")
    assert (sessions.status_code, sessions.json()["items"]) == (200, [])


@pytest.mark.req("S27")
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_the_owner_of_the_tables_may_not_serve(
    tmp_path: Path, postgres_database: PostgresDatabase, command: str
) -> None:
    port = ("--port", "0") if command == "serve" else ()
    refused = run(tmp_path / "data", command, *port, DATABASE_URL=postgres_database.owner_url)

    assert refused.returncode == 2
    assert refused.stderr.startswith("causerie: The role ")
    assert refused.stderr.count("\n") == 1
