"""What Causerie is measured at as many processes on PostgreSQL and Redis."""

import asyncio
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from bench.clients import StampedSocket
from bench.figures import Figure
from bench.house import House, WorkerProcess, idle
from bench.measuring import RATE, Chat, first_tokens, percentile
from bench.node import Node
from bench.processes import LOAD_CORE
from bench.talking import crowd_of_people
from causerie.db.across import NOBODY

SENDERS = 16
TURNS_A_SENDER = 25
BEGINNING = 0.5
"""Share of the turns that the house can take at which a crowd of streams begins."""
STAMPED_CHATS = 20
WARM_UP_TURNS = 60
LONG_REPLY = 500
"""Tokens of a reply whose cost is counted."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    turns: int = 400
    clients: int = 1_500
    clients_a_session: int = 100
    streams: int = 800
    seconds: float = 12.0
    """For how long all clients, or all streams, are there."""
    replies: int = 20
    reply_rate: float = 50.0
    takeovers: int = 3
    warm_up: float = 60.0
    load: float = 600.0
    """Seconds of load between both looks at the memory."""


FULL = Size()
QUICK = Size(
    turns=60,
    clients=60,
    clients_a_session=20,
    streams=40,
    seconds=3.0,
    replies=4,
    reply_rate=250.0,
    takeovers=1,
    warm_up=10.0,
    load=20.0,
)


@dataclass(slots=True)
class Outcome:
    """Times in seconds."""

    first: dict[int, list[float]] = field(default_factory=dict)
    turns_a_second: dict[int, float] = field(default_factory=dict)
    cpu_of_a_turn: dict[str, float] = field(default_factory=dict)
    first_byte: list[float] = field(default_factory=list)
    every_byte: list[float] = field(default_factory=list)
    clients_a_core: float = 0.0
    clients_late: float = 0.0
    streams_a_core: float = 0.0
    streams_late: float = 0.0
    transactions: float = 0.0
    writes: float = 0.0
    shared_transactions: float = 0.0
    redis_bytes: float = 0.0
    redis_cpu: float = 0.0
    killed: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    load_minutes: float = 0.0
    memory: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Resident bytes of each kind of process at rest, before and after the load."""


async def measure(folder: Path, mock: int, size: Size) -> Outcome:
    """Measure one house: with one worker, with two, then each kind of process by itself on a core."""
    outcome = Outcome()
    folder = folder / "served"
    folder.mkdir()
    async with House.on(folder, mock) as house:
        async with AsyncExitStack() as stack:
            web = await stack.enter_async_context(house.web())
            one = await stack.enter_async_context(house.worker())
            await first_tokens(web.opened, WARM_UP_TURNS)
            await house.analyze()
            await _turns(outcome, house, web, [one], size)
            await _long_replies(outcome, house, web, size)
            await _stamped(outcome, web)
            two = await stack.enter_async_context(house.worker())
            await _turns(outcome, house, web, [one, two], size)
        async with house.web() as web, house.worker(core=LOAD_CORE):
            await _clients(outcome, web, size)
        async with house.web(core=LOAD_CORE) as web, house.worker() as worker:
            await _streams(outcome, house, web, worker, size)
        async with house.web() as web:
            for number, times in ((signal.SIGKILL, outcome.killed), (signal.SIGTERM, outcome.told)):
                for _ in range(size.takeovers):
                    times.append(await _takeover(house, web, number))
        async with house.web() as web, house.worker() as worker:
            await _memory(outcome, web, worker, size)
    return outcome


async def _turns(outcome: Outcome, house: House, web: Node, workers: Sequence[WorkerProcess], size: Size) -> None:
    count = len(workers)
    outcome.first[count] = await first_tokens(web.opened, size.turns)
    chats = [await web.opened() for _ in range(SENDERS)]
    await asyncio.gather(*(chat.ask("flood:4") for chat in chats))
    clocks: dict[str, Callable[[], float]] = {
        "web": web.server.cpu_seconds,
        "worker": lambda: sum(worker.cpu_seconds() for worker in workers),
        "postgres": house.postgres_cpu_seconds,
    }
    before = {name: clock() for name, clock in clocks.items()}
    started = time.perf_counter()
    await asyncio.gather(*(_talk(chat) for chat in chats))
    turns = SENDERS * TURNS_A_SENDER
    outcome.turns_a_second[count] = turns / (time.perf_counter() - started)
    if count == 1:
        outcome.cpu_of_a_turn = {name: (clock() - before[name]) / turns for name, clock in clocks.items()}


async def _talk(chat: Chat) -> None:
    for _ in range(TURNS_A_SENDER):
        await chat.ask("flood:4")
    chat.close()


async def _long_replies(outcome: Outcome, house: House, web: Node, size: Size) -> None:
    """Count what long replies cost the database and Redis.

    What serves one user's turn runs as that user; what nodes and workers do for all replies together runs as nobody.
    """
    order = f"paced:{size.reply_rate}:{LONG_REPLY}"
    chats = [await web.opened() for _ in range(size.replies)]
    for chat in chats:
        await chat.prepare(order)
    sessions = [chat.session_id for chat in chats]
    await house.log_statements()
    cpu, started = await house.redis_cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(chat.ask(order) for chat in chats))
    outcome.redis_bytes = await house.redis_text_bytes(sessions) / size.replies
    tokens = size.replies * LONG_REPLY
    outcome.redis_cpu = (await house.redis_cpu_seconds() - cpu) / tokens * 1_000
    seconds = time.perf_counter() - started
    transactions = await house.logged_transactions()
    own = [transaction for transaction in transactions if transaction.actor != NOBODY.user_id]
    outcome.transactions = len(own) / size.replies
    outcome.writes = sum(transaction.writes for transaction in own) / size.replies
    outcome.shared_transactions = (len(transactions) - len(own)) / seconds
    for chat in chats:
        chat.close()


async def _stamped(outcome: Outcome, web: Node) -> None:
    """Measure the way of each token from the provider's write to the client's read."""
    chats = [await web.opened(StampedSocket) for _ in range(STAMPED_CHATS)]
    await asyncio.gather(*(chat.ask(f"stamped:{RATE}:100") for chat in chats))
    for chat in chats:
        assert isinstance(chat.socket, StampedSocket)
        outcome.first_byte.append(chat.socket.ways[0])
        outcome.every_byte += chat.socket.ways
        chat.close()
    for _ in range(9):  # many first tokens, because nothing gathers them into a window
        chats = [await web.opened(StampedSocket) for _ in range(STAMPED_CHATS)]
        await asyncio.gather(*(chat.ask(f"stamped:{RATE}:4") for chat in chats))
        for chat in chats:
            assert isinstance(chat.socket, StampedSocket)
            outcome.first_byte.append(chat.socket.ways[0])
            chat.close()


async def _clients(outcome: Outcome, web: Node, size: Size) -> None:
    """Let many clients read a few sessions; the web node has a core to itself."""
    sessions = size.clients // size.clients_a_session
    order = f"paced:{RATE}:{round(size.seconds * RATE)}"
    chats = [await web.opened() for _ in range(sessions)]
    async with AsyncExitStack() as stack:
        for chat in chats:
            stack.callback(chat.close)
            await chat.prepare(order)
            for _ in range(size.clients_a_session - 1):
                stack.callback((await web.joined(chat.session_id)).close)
        cpu, started = web.server.cpu_seconds(), time.perf_counter()
        turns = await asyncio.gather(*(chat.ask(order) for chat in chats))
        share = (web.server.cpu_seconds() - cpu) / (time.perf_counter() - started)
    outcome.clients_a_core = size.clients / share
    outcome.clients_late = max(turn.lateness(RATE) for turn in turns)


async def _streams(outcome: Outcome, house: House, web: Node, worker: WorkerProcess, size: Size) -> None:
    """Let a worker write many replies that nobody reads; it has a core to itself.

    They begin one after the other, at half the turns a second that were measured: how fast turns are taken is a figure
    of its own, and of the database. The core is looked at while all of them stream.
    """
    chats = [await web.opened() for _ in range(size.streams)]
    pause = 1 / (BEGINNING * outcome.turns_a_second[1])
    beginning = size.streams * pause
    tokens = round((beginning + size.seconds) * RATE)
    for chat in chats:
        await chat.prepare(f"paced:{RATE}:{tokens}")
        chat.close()
    started = time.perf_counter()
    async with asyncio.TaskGroup() as saying:
        for place, chat in enumerate(chats):
            await asyncio.sleep(started + place * pause - time.perf_counter())
            saying.create_task(web.say_and_leave(chat.session_id))
    cpu, whole = worker.cpu_seconds(), time.perf_counter()
    left = started + beginning + size.seconds - 1 - whole
    assert left > 0, "the first streams end before the last ones have begun"
    await asyncio.sleep(left)
    outcome.streams_a_core = size.streams / (worker.cpu_seconds() - cpu) * (time.perf_counter() - whole)
    await idle(web)
    longest = await house.longest_reply([chat.session_id for chat in chats])
    outcome.streams_late = longest - (tokens - 1) / RATE


async def _takeover(house: House, web: Node, number: signal.Signals) -> float:
    """Return how long a reader of a continuable reply waits when the worker that writes it gets a signal."""
    async with house.worker() as first:
        chat = await web.opened(StampedSocket)
        asking = asyncio.create_task(chat.ask("stamped:20:200"))
        assert isinstance(chat.socket, StampedSocket)
        await chat.socket.reached(30)
        async with house.worker():
            first.process.send_signal(number)
            struck = time.perf_counter()
            await chat.socket.reset()
            await chat.socket.reached(len(chat.socket.ways) + 1)
            waited = time.perf_counter() - struck
            await asking
            chat.close()
            return waited


async def _memory(outcome: Outcome, web: Node, worker: WorkerProcess, size: Size) -> None:
    """Look at the memory at rest, before and after people talked for long."""
    outcome.load_minutes = size.load / 60
    chance = random.Random(1)
    looks = []
    for seconds in (size.warm_up, size.load):
        await crowd_of_people([web], seconds, chance)
        await idle(web)
        looks.append((web.server.memory_bytes(), worker.memory_bytes()))
    (web_before, worker_before), (web_after, worker_after) = looks
    outcome.memory = {"a web node": (web_before, web_after), "a worker": (worker_before, worker_after)}


def figures_of(outcome: Outcome, direct: float) -> list[Figure]:
    """Return the rows of the table. `direct`: seconds to the first token without anything between."""
    rows = []
    for workers, times in outcome.first.items():
        name = "one worker" if workers == 1 else f"{workers} workers"
        rows += [
            Figure(
                f"Served, {name}: added time to first token, p50", "ms", (percentile(times, 50) - direct) * 1e3, 5.0
            ),
            Figure(
                f"Served, {name}: added time to first token, p99", "ms", (percentile(times, 99) - direct) * 1e3, 25.0
            ),
            Figure(f"Served, {name}: turns a second, {SENDERS} senders", "", outcome.turns_a_second[workers]),
        ]
    first, every = outcome.first_byte, outcome.every_byte
    cpu = outcome.cpu_of_a_turn
    return [
        *rows,
        Figure("Served: provider byte to client frame, window off, p50", "ms", percentile(first, 50) * 1e3),
        Figure("Served: provider byte to client frame, window off, p99", "ms", percentile(first, 99) * 1e3, 25.0),
        Figure("Served: provider byte to client frame, 15 ms window, p50", "ms", percentile(every, 50) * 1e3),
        Figure("Served: provider byte to client frame, 15 ms window, p99", "ms", percentile(every, 99) * 1e3),
        Figure("Served: clients at 20 frames/s a core of a web node", "", outcome.clients_a_core, 1_500, at_least=True),
        Figure("Served: those clients: the last end is late by", "s", outcome.clients_late, 1.0),
        Figure(
            "Served: provider streams at 20 tokens/s a core of a worker", "", outcome.streams_a_core, 800, at_least=True
        ),
        Figure("Served: those streams: the last end is late by", "s", outcome.streams_late, 1.0),
        Figure("Served: CPU of a turn on a web node", "ms", cpu["web"] * 1e3),
        Figure("Served: CPU of a turn on a worker", "ms", cpu["worker"] * 1e3),
        Figure("Served: PostgreSQL CPU of a turn", "ms", cpu["postgres"] * 1e3),
        Figure(
            f"Served: database transactions of its own for a {LONG_REPLY}-token reply", "", outcome.transactions, 8.0
        ),
        Figure("Served: database writes of a turn", "", outcome.writes),
        Figure("Served: database transactions a second for all replies together", "", outcome.shared_transactions),
        Figure(f"Served: Redis bytes of a {LONG_REPLY}-token reply", "B", outcome.redis_bytes),
        Figure("Served: Redis CPU of 1,000 tokens", "s", outcome.redis_cpu),
        Figure("Served: worker killed (SIGKILL): its reply goes on after", "s", mean(outcome.killed), 20.0),
        Figure("Served: worker told to stop (SIGTERM): its reply goes on after", "s", mean(outcome.told), 2.0),
        *(
            Figure(
                f"Served: memory of {kind} after {outcome.load_minutes:.3g} minutes of load",
                "MiB",
                after / 2**20,
                baselines={"before": before / 2**20},
            )
            for kind, (before, after) in outcome.memory.items()
        ),
    ]
