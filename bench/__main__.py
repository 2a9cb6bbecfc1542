"""`make bench`: measures, prints the table, and writes docs/benchmarks.md and the tables of docs/scale.md.

Takes about twenty minutes, with `--quick` about four; the machine has to be quiet.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop

from bench import fleet, search, served
from bench.bare_sqlite import cpu_of_a_turn
from bench.clients import Pages, Socket
from bench.figures import PAGE, WEB, Figure, page, section_of, with_section
from bench.measuring import Chat, Opener, crowd, first_tokens, saturated, streams_to
from bench.node import Node
from bench.processes import Measured, free_port, mock_provider, pin_load, running
from bench.results import Opened, Program, figures_of
from bench.stock import stock

CHAT_LENGTHS = (10, 1_000, 10_000)
SESSIONS = 10_000
TURNS_A_CHAT = 20


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: turns one after the other, seconds of a crowd, tokens of a flood, repeated openings."""

    turns: int = 400
    seconds: float = 8.0
    flood_chats: int = 8
    flood_tokens: int = 40_000
    repeats: int = 60
    idle_sockets: int = 1_000
    crowds: tuple[int, ...] = (100, 400, 600, 800)
    house: served.Size = served.FULL
    searched: search.Size = search.FULL


QUICK = Size(
    turns=80,
    seconds=3.0,
    flood_tokens=10_000,
    repeats=10,
    idle_sockets=100,
    crowds=(20, 40),
    house=served.QUICK,
    searched=search.QUICK,
)
ONE_PROCESS, SERVED, SEARCH = "one process", "served", "search"
PARTS = frozenset({ONE_PROCESS, SERVED, SEARCH})


async def measure(size: Size, parts: frozenset[str] = PARTS) -> list[Figure]:
    """Measure everything, or some parts of it, one program after the other."""
    pin_load()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="causerie-bench-") as name:
        folder = Path(name)
        async with mock_provider() as mock:
            direct = median(await first_tokens(streams_to(mock), size.turns))
            if ONE_PROCESS in parts:
                figures += await one_process(folder, mock, size, direct)
            if SEARCH in parts:
                figures += await search.on_sqlite(folder, mock, size.searched)
            if SERVED in parts:
                figures += served.figures_of(await served.measure(folder, mock, size.house), direct)
            if SEARCH in parts:
                figures += await search.on_postgres(folder, mock, size.searched)
    return figures


async def one_process(folder: Path, mock: int, size: Size, direct: float) -> list[Figure]:
    """Measure Causerie as one process, beside the proxies. `direct`: seconds to the mock's first token."""
    aiohttp = await _proxy("aiohttp", mock, size, size.crowds)
    causerie, opened = await _causerie(folder, mock, size)
    pages = [length for _, length in (*opened.chats.values(), opened.sessions)]
    httpx = await _proxy("httpx", mock, size, size.crowds[:2], pages)
    opened.bare_database_cpu = cpu_of_a_turn(folder, size.turns)
    return figures_of(causerie, opened, aiohttp, httpx, direct)


async def _proxy(kind: str, mock: int, size: Size, crowds: Sequence[int], pages: list[int] | None = None) -> Program:
    port = free_port()
    async with running(["-m", "bench.proxies", kind, str(mock), str(port)], port) as server:
        program = Program(ready=server.ready_seconds, memory=server.memory_bytes())
        await _stream(program, streams_to(port), server, size, crowds)
        connection = await Pages.open(port)
        for length in pages or []:
            program.pages[length] = median([(await connection.get(f"/bytes/{length}"))[0] for _ in range(size.repeats)])
        connection.close()
        if kind == "httpx":
            program.socket_memory = await _idle(server, size.idle_sockets)
    return program


async def _causerie(folder: Path, mock: int, size: Size) -> tuple[Program, Opened]:
    async with Node.on(folder, mock):
        pass  # the first start makes the database
    chats = stock(folder / "causerie.db", CHAT_LENGTHS, SESSIONS)
    opened = Opened()
    async with Node.on(folder, mock) as node:
        server = node.server
        program = Program(ready=server.ready_seconds, memory=server.memory_bytes())
        for length, session_id in zip(CHAT_LENGTHS, chats, strict=True):
            opened.chats[length] = await _joining(server, str(session_id), size.repeats)
        opened.sessions = await _listing(server, size.repeats)
        opened.database_cpu = await _database_cpu(node, size.turns)
        await _stream(program, node.opened, server, size, size.crowds)
    async with Node.on(folder, mock) as node:
        program.socket_memory = await _idle(node.server, size.idle_sockets, join=str(chats[0]))
    return program, opened


async def _stream(
    program: Program,
    opener: Opener,
    server: Measured,
    size: Size,
    crowds: Sequence[int],
) -> None:
    program.first = await first_tokens(opener, size.turns)
    program.saturated = await saturated(opener, size.flood_chats, size.flood_tokens)
    for chats in crowds:
        program.crowds[chats] = await crowd(opener, server, chats, size.seconds, probe=chats == size.crowds[1])


async def _database_cpu(node: Node, turns: int) -> float:
    """Return the processor time (seconds) of a turn's transactions while several chats keep the server busy."""
    chats = [await node.opened() for _ in range(max(1, turns // TURNS_A_CHAT))]
    await asyncio.gather(*(chat.ask("flood:4") for chat in chats))
    before = await node.database_cpu_seconds()
    await asyncio.gather(*(_talk(chat) for chat in chats))
    return (await node.database_cpu_seconds() - before) / (len(chats) * TURNS_A_CHAT)


async def _talk(chat: Chat) -> None:
    for _ in range(TURNS_A_CHAT):
        await chat.ask("flood:4")
    chat.close()


async def _joining(server: Measured, session_id: str, repeats: int) -> tuple[float, int]:
    socket = await Socket.open(server.port)
    times, length = [], 0
    for _ in range(repeats):
        started = time.perf_counter()
        frame = await socket.exchange({"type": "session:join", "session_id": session_id}, "session:joined")
        times.append(time.perf_counter() - started)
        length = len(frame)
        socket.send({"type": "session:leave", "session_id": session_id})
    socket.close()
    return median(times), length


async def _listing(server: Measured, repeats: int) -> tuple[float, int]:
    connection = await Pages.open(server.port)
    answers = [await connection.get("/api/sessions") for _ in range(repeats)]
    connection.close()
    return median([seconds for seconds, _ in answers]), len(answers[0][1])


async def _idle(server: Measured, sockets: int, *, join: str | None = None) -> float:
    """Return how many bytes an open socket keeps resident; the first ones, which fill caches, do not count."""
    async with AsyncExitStack() as stack:
        await _open_sockets(server, sockets // 10, join, stack)
        before = server.memory_bytes()
        await _open_sockets(server, sockets, join, stack)
        return (server.memory_bytes() - before) / sockets


async def _open_sockets(server: Measured, count: int, join: str | None, stack: AsyncExitStack) -> None:
    for _ in range(count):
        socket = await Socket.open(server.port)
        stack.callback(socket.close)
        if join:
            await socket.exchange({"type": "session:join", "session_id": join}, "session:joined")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure a little of everything and write nothing")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--served", action="store_true", help="measure only many processes and write nothing")
    only.add_argument("--search", action="store_true", help="measure only the search and write nothing")
    chosen = parser.parse_args()
    parts = frozenset({SERVED}) if chosen.served else frozenset({SEARCH}) if chosen.search else PARTS
    started, load = time.perf_counter(), os.getloadavg()[0]
    figures = uvloop.run(measure(QUICK if chosen.quick else Size(), parts))
    for figure in figures:
        print(figure.row(), flush=True)
    print(f"in {time.perf_counter() - started:.0f} s")
    if parts != PARTS:
        return
    benchmarks = page(figures, time.perf_counter() - started, load)
    scale = fleet.document(benchmarks)
    if not chosen.quick:
        PAGE.write_text(with_section(benchmarks, section_of(PAGE.read_text(), WEB)))
        fleet.DOCUMENT.write_text(scale)


if __name__ == "__main__":
    main()
