"""The users: many sessions at once, each read by several clients on different nodes, over the real socket protocol."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from random import Random
from typing import Literal, TypeVar

from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import WebSocketException

from causerie.chaos.evidence import Contradiction, Evidence, LateJoin, Said, Seen, Verb
from causerie.chaos.listening import Listener, Progress
from causerie.chaos.plan import Conversation, Turn, conversation
from causerie.chaos.provider import Script
from causerie.client.reducer import SessionState
from causerie.client.socket import Ack, Client, ClientError, Refused, connect
from causerie.ids import new_id

TABS_A_NODE = 6
ANSWER_SECONDS = 300.0
"""What a frame, a reply or a client that catches up may need at most, whatever happens meanwhile.

Replies wait behind each other, and a provider that is gone costs each of them a minute.
"""
RETRY_SECONDS = (0.3, 1.0)
STALLED_SECONDS = 90.0

Answer = TypeVar("Answer")


class Tab:
    """One client: a connection to one node, over which several sessions are read."""

    def __init__(self, name: str, client: Client, listener: Listener) -> None:
        self.name = name
        self.client = client
        self.listener = listener

    def forget(self, session_id: str) -> None:
        """Drop what was noted of a session."""
        self.listener.forget(session_id)


class Crowd:
    """All users of a run."""

    def __init__(self, seed: int, names: Collection[str], models: dict[str, str], evidence: Evidence) -> None:
        self.done = 0
        self.talking = 0
        self._seed = seed
        self._names = names
        self._models = models
        self._evidence = evidence
        self._progress = Progress(evidence)
        self._nodes: list[list[Tab]] = []
        self._late: set[tuple[str, Tab]] = set()  # sessions that a client of each is about to join, or has joined, late

    @asynccontextmanager
    async def connected(self, ports: Sequence[int]) -> AsyncIterator[None]:
        """Open the clients' connections to the nodes."""
        async with AsyncExitStack() as stack:
            for node, port in enumerate(ports):
                tabs = []
                for number in range(TABS_A_NODE):
                    name = f"client {node}.{number}"
                    listener = Listener(name, self._evidence, self._progress)
                    client = await stack.enter_async_context(connect(_address(port), observe=listener))
                    tabs.append(Tab(name, client, listener))
                self._nodes.append(tabs)
            if "stalled-reader" in self._names:
                reader = asyncio.create_task(self._stall(ports[0]))
                stack.push_async_callback(_ended, reader)
            yield

    async def talk(self, sessions: int, *, at_once: int, over_seconds: float) -> None:
        """Hold so many conversations, begun evenly over some time, and at most so many at once."""
        room = asyncio.Semaphore(at_once)

        async def hold(number: int) -> None:
            try:
                await self._hold(conversation(self._seed, number, self._names))
            finally:
                self.done += 1
                self.talking -= 1
                room.release()

        async with asyncio.TaskGroup() as conversations:
            for number in range(sessions):
                await room.acquire()
                self.talking += 1
                conversations.create_task(hold(number))
                await asyncio.sleep(over_seconds / sessions)

    async def join_late(self, most: int, *, after_flush: bool) -> None:
        """Let new clients join sessions whose replies run, and note how long they need for all of the text."""
        running = [found for message in self._progress.running() if (found := self._reader_of(message))]
        async with asyncio.TaskGroup() as joins:
            for message_id, tab in running[:most]:
                joins.create_task(self._join_late(message_id, tab, after_flush=after_flush))

    # One conversation.

    async def _hold(self, plan: Conversation) -> None:
        chance = Random(f"crowd/{self._seed}/{plan.number}")
        nodes = chance.sample(self._nodes, min(2, len(self._nodes)))
        tabs = [chance.choice(node) for node in nodes]
        if len(nodes) == 1:
            tabs = chance.sample(nodes[0], 2)
        speaker, watcher = tabs
        session_id: str | None = None
        for place, turn in enumerate(plan.turns):
            name = f"{plan.number}.{place}"
            said = await self._say(speaker, session_id, name, turn, plan.model)
            if said.reply_id is None or said.session_id is None:
                break
            session_id = said.session_id
            if place == 0:
                await self._patiently(speaker, partial(watcher.client.join, session_id))
            await self._answered(said.reply_id, name, turn, session_id, speaker, watcher)
            await self._repeat(said, turn, watcher)
        if session_id is not None:
            await self._compare(session_id, [speaker, watcher])

    async def _say(self, tab: Tab, session_id: str | None, name: str, turn: Turn, model: str) -> Said:
        script = Script(name, turn.words, turn.pace, turn.trouble, turn.after, turn.calls)
        content = f"Tell me something. {script.written()}"
        said = Said(str(new_id()), name, content, time.time())
        self._evidence.said.append(said)

        async def send() -> Ack:
            return await tab.client.say(
                session_id, content, message_id=said.message_id, ai_model_id=self._models[model]
            )

        ack = await self._patiently(tab, send, said.refusals)
        if ack is not None:
            said.acked_at, said.session_id, said.reply_id = time.time(), ack.session_id, ack.reply_id
            if ack.reply_id is not None:
                self._progress.begin(ack.reply_id, name)
        return said

    async def _answered(
        self, reply_id: str, name: str, turn: Turn, session_id: str, speaker: Tab, watcher: Tab
    ) -> None:
        """Read a reply to its end, and do with it what the plan wants."""
        if turn.stops_after is not None:
            await self._reach(speaker, session_id, reply_id, turn.stops_after)
            await self._ask("stop", watcher, reply_id, name)
        elif turn.reconnects:
            await self._reach(speaker, session_id, reply_id, turn.words)
            await speaker.client.drop()
        elif turn.joins_late:
            await self._reach(speaker, session_id, reply_id, turn.words * 2)
            await self._join_late(reply_id, speaker, after_flush=False)
        if not await self._finished(speaker, session_id, reply_id):
            return
        again = await self._again(turn, session_id, reply_id, name, speaker, watcher)
        if again is not None:
            await self._finished(speaker, session_id, again)

    async def _again(
        self, turn: Turn, session_id: str, reply_id: str, name: str, speaker: Tab, watcher: Tab
    ) -> str | None:
        """Ask for another answer where the plan wants one; return the reply that runs then."""
        if turn.again is None:
            return None
        if turn.again == "swipe":
            ack = await self._ask("swipe", watcher, reply_id, name)
            if ack is None:
                return None
            self._progress.begin(ack.message_id, name)
            return ack.message_id
        state = speaker.client.sessions.get(session_id)
        status = state.messages[reply_id]["status"] if state and reply_id in state.messages else "complete"
        attempt = state.known(reply_id).attempt if state else 0
        kind: Literal["retry", "continue"] = "continue" if status == "complete" or turn.after % 2 else "retry"
        ack = await self._ask(kind, watcher, reply_id, name, attempt)
        if ack is None or ack.duplicate:
            return None
        self._progress.begin(reply_id, name)
        with suppress(TimeoutError, ClientError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await speaker.client.until(session_id, lambda state: state.known(reply_id).attempt > attempt)
        return reply_id

    async def _ask(
        self, kind: Literal["stop", "retry", "continue", "swipe"], tab: Tab, reply_id: str, name: str, attempt: int = 0
    ) -> Ack | None:
        verb = Verb(kind, reply_id, name, time.time())
        self._evidence.verbs.append(verb)
        client, sibling = tab.client, new_id()

        async def send() -> Ack:
            match kind:
                case "stop":
                    return await client.stop(reply_id)
                case "retry":
                    return await client.retry(reply_id, attempt=attempt)
                case "continue":
                    return await client.carry_on(reply_id, attempt=attempt)
                case "swipe":
                    return await client.swipe(reply_id, new=sibling)

        ack = await self._patiently(tab, send)
        if ack is not None:
            verb.acked_at = time.time()
        return ack

    async def _repeat(self, said: Said, turn: Turn, tab: Tab) -> None:
        """Say the same again elsewhere, and something else under the same id."""
        if turn.says_twice:
            for _ in range(2):
                again = await self._patiently(
                    tab, lambda: tab.client.say(said.session_id, said.content, message_id=said.message_id)
                )
                if again is not None and again.reply_id is not None and again.reply_id != said.reply_id:
                    said.other_replies.add(again.reply_id)
        if turn.says_otherwise:
            codes: list[str] = []
            ack = await self._patiently(
                tab,
                lambda: tab.client.say(said.session_id, said.content + " Or not.", message_id=said.message_id),
                codes,
            )
            if ack is not None or "id_conflict" in codes:
                self._evidence.contradictions.append(
                    Contradiction(said.message_id, None if ack is not None else "id_conflict")
                )

    async def _compare(self, session_id: str, tabs: list[Tab]) -> None:
        """Let all clients of a session come to its head, note what they have, and leave."""
        states = [tab.client.sessions.get(session_id) for tab in tabs]
        head = max((state.seq or 0 for state in states if state), default=0)
        for tab in tabs:
            with suppress(TimeoutError, ClientError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await tab.client.until(session_id, lambda state: (state.seq or 0) >= head and not _running(state))
            state = tab.client.sessions.get(session_id, SessionState(session_id))
            texts = {message_id: state.text_of(message_id) for message_id in state.messages}
            self._evidence.seen.append(Seen(tab.name, session_id, state.seq or 0, texts))
            await tab.client.leave(session_id)
            tab.forget(session_id)

    async def _join_late(self, message_id: str, tab: Tab, *, after_flush: bool) -> None:
        found = next((state for state in tab.client.sessions.values() if message_id in state.messages), None)
        if found is None:
            return
        session_id, wanted = found.session_id, len(found.text_of(message_id))
        others = [
            other
            for node in self._nodes
            for other in node
            if session_id not in other.client.sessions and (session_id, other) not in self._late
        ]
        if not others:
            return
        late = Random(f"{self._seed}/{message_id}").choice(others)
        self._late.add((session_id, late))
        began, seconds = time.time(), None
        with suppress(TimeoutError, ClientError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._patiently(late, lambda: late.client.join(session_id))
                await late.client.until(
                    session_id,
                    lambda state: state.has_ended(message_id) or len(state.text_of(message_id)) >= wanted,
                )
                seconds = time.time() - began
        self._evidence.late_joins.append(LateJoin(message_id, began, seconds, after_flush))
        await late.client.leave(session_id)
        late.forget(session_id)
        self._late.discard((session_id, late))

    def _reader_of(self, message_id: str) -> tuple[str, Tab] | None:
        for node in self._nodes:
            for tab in node:
                states = tab.client.sessions.values()
                if any(message_id in state.messages and not state.has_ended(message_id) for state in states):
                    return message_id, tab
        return None

    # Waiting, always with a limit.

    async def _finished(self, tab: Tab, session_id: str, reply_id: str) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await tab.client.finished(session_id, reply_id)
        except (TimeoutError, ClientError):
            self._evidence.unfinished.append(reply_id)
            return False
        return True

    async def _reach(self, tab: Tab, session_id: str, reply_id: str, length: int) -> None:
        with suppress(TimeoutError, ClientError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await tab.client.until(
                    session_id, lambda state: state.has_ended(reply_id) or len(state.text_of(reply_id)) >= length
                )

    async def _patiently(
        self, tab: Tab, send: Callable[[], Awaitable[Answer]], refusals: list[str] | None = None
    ) -> Answer | None:
        """Send until it is answered; what the server refuses for the moment is sent again, with the same ids.

        Returns:
            None when it was refused for good, or never answered.
        """
        chance = Random(tab.name)
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                while True:
                    try:
                        return await send()
                    except Refused as refusal:
                        if refusals is not None:
                            refusals.append(refusal.problem["code"])
                        if refusal.problem["status"] < 500 and refusal.problem["status"] != 429:
                            return None
                    except ClientError:
                        return None
                    await asyncio.sleep(chance.uniform(*RETRY_SECONDS))
        return None

    async def _stall(self, port: int) -> None:
        """Be a client that joins what is going on and reads nothing of it, again and again."""
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                async with open_socket(_address(port), compression=None, proxy=None, max_queue=1) as socket:
                    until = time.monotonic() + STALLED_SECONDS
                    while time.monotonic() < until:
                        for session_id in list(self._nodes[0][0].client.sessions)[:2]:
                            await socket.send(json.dumps({"type": "session:join", "session_id": session_id}))
                        await asyncio.sleep(STALLED_SECONDS / 10)
            await asyncio.sleep(1)


def _running(state: SessionState) -> bool:
    return any(not state.has_ended(row["id"]) for row in state.messages.values() if row["role"] == "assistant")


def _address(port: int) -> str:
    return f"ws://127.0.0.1:{port}/ws"


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
