"""People who talk: their chats begin, are read along, left in the middle and come back to, and are deleted."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from bench.clients import TryAgain
from bench.measuring import Chat
from bench.node import Node

PEOPLE = 50
LONGEST_PAUSE_SECONDS = 1.0
MOST_TURNS = 6
ORDERS = ("paced:40:40", "paced:80:200", "flood:300", "paced:20:15")


@dataclass(slots=True)
class Talked:
    """What came of it: turns taken, and chats that were given up since the server could not answer at that moment."""

    turns: int = 0
    given_up: int = 0


async def crowd_of_people(nodes: Sequence[Node], seconds: float, chance: random.Random) -> Talked:
    """Let `PEOPLE` talk for so long, at any of the nodes."""
    until = time.perf_counter() + seconds
    talked = Talked()
    await asyncio.gather(*(_person(nodes, until, random.Random(chance.random()), talked) for _ in range(PEOPLE)))
    return talked


async def _person(nodes: Sequence[Node], until: float, chance: random.Random, talked: Talked) -> None:
    while time.perf_counter() < until:
        node = chance.choice(nodes)
        session_id = await node.new_session()
        try:
            async with AsyncExitStack() as sockets:
                await _chat(nodes, session_id, chance, talked, sockets)
        except TryAgain:
            talked.given_up += 1
        await node.forget(session_id)


async def _chat(
    nodes: Sequence[Node], session_id: str, chance: random.Random, talked: Talked, sockets: AsyncExitStack
) -> None:
    async def joined() -> Chat:
        chat = await chance.choice(nodes).joined(session_id)
        sockets.callback(chat.close)
        return chat

    chat = await joined()
    for _ in range(chance.randint(1, MOST_TURNS)):
        order = chance.choice(ORDERS)
        await chat.prepare(order)
        if chance.random() < 0.5:
            await joined()  # who reads along stays until the end
        if chance.random() < 0.1:
            await _leave_in_the_middle(chat, order)
            chat = await joined()
        else:
            await chat.ask(order)
        talked.turns += 1
        await asyncio.sleep(chance.uniform(0.0, LONGEST_PAUSE_SECONDS))


async def _leave_in_the_middle(chat: Chat, order: str) -> None:
    asking = asyncio.create_task(chat.ask(order))
    await asyncio.sleep(0.1)
    chat.close()
    with suppress(ConnectionError):
        await asking
