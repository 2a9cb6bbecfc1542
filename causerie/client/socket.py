"""The connection to `/ws`: made again whenever it is lost, resuming each session where it was.

    async with connect("ws://127.0.0.1:8000/ws") as client:
        said = await client.say(None, "What do you see from your window?", character_id=wren)
        async for state in client.follow(said.session_id):
            print(state.text_of(said.reply_id))
            if state.has_ended(said.reply_id):
                break

What was said is sent again under the same id until the server acknowledges it, so it is stored once. Replies go on
without this client: leaving, or losing the connection, stops nothing.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from causerie.client.reducer import Diverged, Effect, Fetch, Frame, Left, Row, Send, SessionState, reduce
from causerie.ids import new_id

ACK_SECONDS = 5.0
GREETING_SECONDS = 10.0
BACKOFF_SECONDS = (0.25, 15.0)
MISSED_PINGS = 3
RETRY_SECONDS = 1.0
"""When a join was refused that another try may bring."""
LARGEST_FRAME_BYTES = 16 * 2**20
NOT_SIGNED_IN, SIGNED_OUT = 4408, 4401

Observer = Callable[[Frame, list[Effect]], None]


class ClientError(Exception):
    """What the server or the way to it made impossible."""


class Refused(ClientError):
    """The server refused a frame; `problem` is its RFC 9457 document."""

    def __init__(self, problem: Frame) -> None:
        super().__init__(f"{problem['code']}: {problem.get('detail') or problem['title']}")
        self.problem = problem


class NotSignedIn(ClientError):
    """The server does not know this client (any more); connecting again cannot help."""


class SessionLeft(ClientError):
    """The session was deleted, or this client left it."""


@dataclass(frozen=True, slots=True)
class Ack:
    """What the server committed for a frame: the message, and the reply that answers it if there is one."""

    session_id: str
    message_id: str
    reply_id: str | None
    duplicate: bool
    seq: int | None


@dataclass(slots=True)
class _Request:
    frame: dict[str, Any]
    answer: asyncio.Future[Frame] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    sent_at: float = 0.0
    """By the loop's clock: the last time."""


@asynccontextmanager
async def connect(url: str, *, token: str | None = None, observe: Observer | None = None) -> AsyncIterator["Client"]:
    """Keep one connection to `url` for as long as the block runs.

    Args:
        token: an API token; without one the server must be in `local` mode.
        observe: is called with each frame after it was applied, and with what the reducer made of it.
    """
    client = Client(url, token=token, observe=observe)
    running = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class Client:
    """Sessions followed over one connection; `sessions` holds the state of each that is joined."""

    def __init__(self, url: str, *, token: str | None = None, observe: Observer | None = None) -> None:
        self.sessions: dict[str, SessionState] = {}
        self.divergences: list[Diverged] = []
        self._url = url
        self._token = token
        self._observe = observe
        self._socket: ClientConnection | None = None
        self._requests: dict[str, _Request] = {}
        self._followers: dict[str, set[asyncio.Event]] = {}
        self._pause: float | None = None
        self._tries = 0
        self._refusal: ClientError | None = None

    async def join(self, session_id: UUID | str) -> SessionState:
        """Follow a session and return it as it is now.

        Raises:
            Refused: there is no such session for this user.
            SessionLeft: it was deleted meanwhile.
        """
        key = str(session_id)
        self.sessions.setdefault(key, SessionState(key))
        try:
            await self._ask(_join_ref(key), self.sessions[key].join_frame())
        except Refused:
            self._forget(key)
            raise
        if key not in self.sessions:
            raise SessionLeft(key)
        return self.sessions[key]

    async def leave(self, session_id: UUID | str) -> None:
        """Follow a session no longer; its replies go on."""
        self._forget(str(session_id))
        await self._send({"type": "session:leave", "session_id": str(session_id)})

    async def say(
        self, session_id: UUID | str | None, content: str, *, message_id: UUID | str | None = None, **facts: Any
    ) -> Ack:
        """Say something and return once it is stored; the session is joined by that.

        Args:
            session_id: None makes a new session.
            message_id: a UUIDv7; saying the same one again changes nothing and answers with the first reply.
            facts: further fields of `chat:message`: `character_id`, `parent_id`, `generate`, …

        Raises:
            Refused: nothing was stored.
        """
        identity = str(message_id or new_id())
        session = None if session_id is None else str(session_id)
        frame = {"type": "chat:message", "id": identity, "session_id": session, "content": content}
        return _ack(await self._ask(identity, frame | {key: _plain(value) for key, value in facts.items()}))

    async def stop(self, message_id: UUID | str) -> Ack:
        """End a reply; the text so far is kept."""
        return await self._verb("stop", message_id)

    async def retry(self, message_id: UUID | str, *, attempt: int | None = None) -> Ack:
        """Make a failed or stopped reply again; `attempt` is the one that the caller saw, else the newest known."""
        return await self._verb("retry", message_id, attempt=attempt or self._attempt(str(message_id)))

    async def carry_on(self, message_id: UUID | str, *, attempt: int | None = None) -> Ack:
        """Continue a reply after its last word (`chat:continue`)."""
        return await self._verb("continue", message_id, attempt=attempt or self._attempt(str(message_id)))

    async def swipe(
        self, message_id: UUID | str, *, new: UUID | str | None = None, instruction: str | None = None
    ) -> Ack:
        """Ask for another answer beside this one; the new sibling's id is in the acknowledgement."""
        facts = {} if instruction is None else {"instruction": instruction}
        return await self._verb("swipe", message_id, id=str(new or new_id()), **facts)

    async def follow(self, session_id: UUID | str) -> AsyncGenerator[SessionState]:
        """Yield the state now, and again after changes; a slow reader misses states in between, never the last.

        Raises:
            SessionLeft: the session was deleted, or left.
        """
        key, news = str(session_id), asyncio.Event()
        self._followers.setdefault(key, set()).add(news)
        try:
            while True:
                if self._refusal:
                    raise self._refusal
                if key not in self.sessions:
                    raise SessionLeft(key)
                yield self.sessions[key]
                await news.wait()
                news.clear()
        finally:
            self._followers[key].discard(news)

    async def until(self, session_id: UUID | str, condition: Callable[[SessionState], bool]) -> SessionState:
        """Return the first state of a session that fulfils `condition`."""
        async with aclosing(self.follow(session_id)) as states:
            async for state in states:
                if condition(state):
                    return state
        raise SessionLeft(str(session_id))

    async def finished(self, session_id: UUID | str, message_id: UUID | str) -> Row:
        """Return the row of a reply once it is final, however it ended."""
        key = str(message_id)
        state = await self.until(session_id, lambda state: key in state.messages and state.has_ended(key))
        return state.messages[key]

    async def drop(self) -> None:
        """Close the connection as a failing network would; the next one resumes."""
        if self._socket:
            await self._socket.close()

    async def run(self) -> None:
        """Connect, and connect again, until cancelled or refused; `connect` runs this."""
        while not self._refusal:
            try:
                await self._converse()
            except (OSError, WebSocketException, TimeoutError) as error:
                self._refusal = _refusal(error)
            if not self._refusal:
                await asyncio.sleep(self._wait())
        for request in self._requests.values():
            if not request.answer.done():
                request.answer.set_exception(self._refusal)
        for session_id in self._followers:
            self._tell(session_id)

    async def _converse(self) -> None:
        """Hold one connection until it is lost."""
        async with open_socket(
            self._url, compression=None, proxy=None, ping_interval=None, max_size=LARGEST_FRAME_BYTES
        ) as socket:
            if self._token is not None:
                await socket.send(json.dumps({"type": "hello", "token": self._token}))
            async with asyncio.timeout(GREETING_SECONDS):
                welcome = json.loads(await socket.recv())
            self._socket, self._tries = socket, 0
            try:
                await self._resume()
                await self._read(socket, welcome["heartbeat"])
            finally:
                self._socket = None

    async def _resume(self) -> None:
        for state in list(self.sessions.values()):
            await self._send(state.join_frame() | {"ref": _join_ref(state.session_id)})
        for ref, request in list(self._requests.items()):
            request.sent_at = asyncio.get_running_loop().time()
            if request.frame["type"] != "session:join":
                await self._send(request.frame | {"ref": ref})

    async def _read(self, socket: ClientConnection, heartbeat: float) -> None:
        """Apply frames as they come and ping at every heartbeat; give up when three pings met nothing but silence."""
        clock = asyncio.get_running_loop()
        number = unheard = 0
        due = clock.time() + heartbeat
        while True:
            try:
                async with asyncio.timeout_at(due):
                    frame = json.loads(await socket.recv())
            except TimeoutError:
                if unheard == MISSED_PINGS:
                    raise
                number, unheard = number + 1, unheard + 1
                due = clock.time() + heartbeat
                await self._send({"type": "ping", "n": number})
            else:
                unheard = 0
                await self._take(frame)

    async def _take(self, frame: Frame) -> None:
        effects: list[Effect] = []
        if frame["type"] == "bye":
            self._pause = frame["retry_after"]
        if frame["type"] == "session:joined":
            self.sessions.setdefault(frame["session_id"], SessionState(frame["session_id"]))
        for state in self._concerned(frame):
            self.sessions[state.session_id], more = reduce(state, frame)
            effects += more
            for effect in more:
                await self._do(state.session_id, effect)
            self._tell(state.session_id)
        if self._observe:
            self._observe(frame, effects)
        if not self._answer(frame) and frame["type"] == "error":
            await self._follow_again(frame)

    def _concerned(self, frame: Frame) -> list[SessionState]:
        if frame["type"] in ("pong", "bye"):
            return list(self.sessions.values())
        state = self.sessions.get(frame.get("session_id", ""))
        return [state] if state else []

    async def _do(self, session_id: str, effect: Effect) -> None:
        match effect:
            case Send(frame):
                await self._send(frame | {"ref": _join_ref(session_id)})
            case Fetch():
                self.sessions[session_id] = SessionState(session_id)
                await self._send(self.sessions[session_id].join_frame() | {"ref": _join_ref(session_id)})
            case Diverged():
                self.divergences.append(effect)
            case Left():
                self._forget(session_id)

    async def _follow_again(self, refusal: Frame) -> None:
        """After a refused join that nobody waits for: forget the session, or try over another connection."""
        session_id = next((key for key in self.sessions if _join_ref(key) == refusal.get("ref")), None)
        if session_id is None:
            return
        if refusal.get("retryable"):
            self._pause = refusal.get("retry_after") or RETRY_SECONDS
            await self.drop()
        else:
            self._forget(session_id)

    def _answer(self, frame: Frame) -> bool:
        """Hand an answer to whoever waits for it; return whether somebody does."""
        ref = _join_ref(frame["session_id"]) if frame["type"] == "session:joined" else frame.get("ref")
        request = self._requests.get(ref or "")
        if request is None or request.answer.done():
            return False
        if frame["type"] == "error":
            request.answer.set_exception(Refused(frame))
        elif frame["type"] in ("ack", "session:joined"):
            request.answer.set_result(frame)
        return True

    async def _ask(self, ref: str, frame: dict[str, Any]) -> Frame:
        """Send a frame until it is answered: over the next connection when five seconds pass without."""
        if self._refusal:
            raise self._refusal
        clock = asyncio.get_running_loop()
        request = self._requests.setdefault(ref, _Request(frame))
        request.sent_at = clock.time()
        await self._send(frame | {"ref": ref})
        try:
            while True:
                due = request.sent_at + ACK_SECONDS
                answered, _ = await asyncio.wait([request.answer], timeout=max(0, due - clock.time()))
                if answered:
                    return request.answer.result()
                if request.sent_at + ACK_SECONDS <= due:  # a new connection, which sent it again, has its own time
                    request.sent_at = clock.time()
                    await self.drop()
        finally:
            self._requests.pop(ref, None)

    async def _verb(self, verb: str, message_id: UUID | str, **fields: Any) -> Ack:
        return _ack(await self._ask(str(new_id()), {"type": f"chat:{verb}", "message_id": str(message_id)} | fields))

    async def _send(self, frame: dict[str, Any]) -> None:
        if self._socket:
            # What is lost here is sent again by the next connection.
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps(frame))

    def _attempt(self, message_id: str) -> int:
        return max((state.known(message_id).attempt for state in self.sessions.values()), default=0)

    def _forget(self, session_id: str) -> None:
        self.sessions.pop(session_id, None)
        self._tell(session_id)

    def _tell(self, session_id: str) -> None:
        for news in self._followers.get(session_id, ()):
            news.set()

    def _wait(self) -> float:
        """Return the seconds until the next try: as a planned close asked, else full jitter over a doubling span."""
        planned, self._pause = self._pause, None
        if planned is not None:
            return planned * random.uniform(1, 2)
        shortest, longest = BACKOFF_SECONDS
        self._tries += 1
        return random.uniform(shortest, min(longest, shortest * 2**self._tries))


def _refusal(error: Exception) -> ClientError | None:
    """Return why connecting again cannot help, or None where it can."""
    if isinstance(error, ConnectionClosed) and error.rcvd and error.rcvd.code in (NOT_SIGNED_IN, SIGNED_OUT):
        return NotSignedIn(error.rcvd.reason or "The server closed the connection: not signed in.")
    if isinstance(error, InvalidStatus) and 400 <= error.response.status_code < 500:
        return NotSignedIn(f"The server answered {error.response.status_code}.")
    return None


def _ack(frame: Frame) -> Ack:
    reply = frame.get("reply")
    return Ack(
        session_id=frame["session_id"],
        message_id=frame["message_id"],
        reply_id=reply["id"] if reply else None,
        duplicate=frame["duplicate"],
        seq=frame.get("seq"),
    )


def _join_ref(session_id: str) -> str:
    return f"join:{session_id}"


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
